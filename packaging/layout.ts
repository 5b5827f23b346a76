import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseProductionPackages, isShipped, type LockedPackage } from './dependencies.ts';
import { copyEntry, type Entry, textEntry } from './entry.ts';
import { formatManPage } from './man.ts';
import { makeManPages, parseCommandNames } from './man-pages.ts';
import { runProgram } from './program.ts';
import { listFiles } from './tree.ts';

/** Where the programs are; ExecStart= of the units says the same. */
const home = 'usr/lib/wca';
const doc = 'usr/share/doc/wca';

export interface Sources {
  /** Folder of package.json. */
  readonly root: string;
  /** The compiled project. */
  readonly dist: string;
  readonly version: string;
  /** Day of the sources, for manual pages: `2026-01-31`. */
  readonly date: string;
}

/** Programs by their modules, with what Node is told: small young generation, bounded heap. As in the units. */
const programs = [
  ['wca-collector', 'collector/main.js', '--max-semi-space-size=1 --max-old-space-size=256 '],
  ['wca-controller', 'controller/main.js', '--max-semi-space-size=1 --max-old-space-size=512 '],
  ['wca-ctl', 'controller/ctl/main.js', ''],
] as const;

/** Everything that is installed. Throws when something is missing, such as a package that npm did not install. */
export function planLayout(sources: Sources): readonly Entry[] {
  return [
    ...programEntries(),
    ...compiledEntries(sources),
    ...packageEntries(sources),
    ...serviceEntries(sources),
    ...documentEntries(sources),
    ...generatedEntries(sources),
  ];
}

function programEntries(): readonly Entry[] {
  return programs.map(([name, module, flags]) =>
    textEntry(`usr/bin/${name}`, `#!/bin/sh\nexec /usr/bin/node ${flags}/${home}/dist/${module} "$@"\n`, 0o755),
  );
}

function compiledEntries({ root, dist }: Sources): readonly Entry[] {
  const code = ['shared', 'collector', 'controller'].flatMap((part) =>
    listFiles(join(dist, part))
      .filter((file) => file.endsWith('.js'))
      .map((file) => copyEntry(`${home}/dist/${part}/${file}`, join(dist, part, file))),
  );
  const contract = listFiles(join(root, 'proto')).map((file) =>
    copyEntry(`${home}/proto/${file}`, join(root, 'proto', file)),
  );
  return [...code, ...contract, textEntry(`${home}/package.json`, formatManifest(root))];
}

/** package.json of what is installed: no scripts, nothing for development. */
function formatManifest(root: string): string {
  const { scripts: _, devDependencies: __, ...kept } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return `${JSON.stringify(kept, undefined, 2)}\n`;
}

function packageEntries({ root }: Sources): readonly Entry[] {
  const lock: { readonly packages?: Readonly<Record<string, LockedPackage>> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  return chooseProductionPackages(lock.packages ?? {}).flatMap(({ path, optional }) => {
    const files = listPackage(join(root, path));
    if (files.length === 0 && !optional) throw new Error(`${path} is not installed: run npm ci`);
    return files.filter(isShipped).map((file) => copyEntry(`${home}/${path}/${file}`, join(root, path, file)));
  });
}

/** Files of one package without those of packages inside of it, which the lock names themselves. */
function listPackage(folder: string): readonly string[] {
  try {
    return listFiles(folder).filter((file) => !file.includes('node_modules/'));
  } catch {
    return [];
  }
}

function serviceEntries({ root }: Sources): readonly Entry[] {
  const systemd = (name: string): string => join(root, 'systemd', name);
  const units = ['wca-collector.socket', 'wca-collector.service', 'wca-controller.service'];
  return [
    ...units.map((name) => copyEntry(`usr/lib/systemd/system/${name}`, systemd(name))),
    copyEntry('usr/lib/sysusers.d/wca.conf', systemd('wca.sysusers')),
    copyEntry('usr/lib/tmpfiles.d/wca.conf', systemd('wca.tmpfiles')),
    copyEntry('etc/wca/collector.json', join(root, 'packaging/etc/collector.json')),
    // Storages' passwords may be in there.
    copyEntry('etc/wca/config.yaml', join(root, 'packaging/etc/config.yaml')),
  ];
}

function documentEntries({ root }: Sources): readonly Entry[] {
  const folder = (from: string, to: string): readonly Entry[] =>
    listFiles(join(root, from)).map((file) => copyEntry(`${doc}/${to}${file}`, join(root, from, file)));
  return [
    copyEntry(`${doc}/README.md`, join(root, 'README.md')),
    copyEntry(`${doc}/copyright`, join(root, 'LICENSE')),
    ...folder('docs', ''),
    ...folder('examples', 'examples/'),
    ...folder('systemd/drop-ins', 'examples/systemd/'),
  ];
}

/** What the programs say of themselves: manual pages and completions. */
function generatedEntries({ dist, version, date }: Sources): readonly Entry[] {
  const ask = (module: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string =>
    runProgram(process.execPath, [join(dist, module), ...args], { env: { PATH: process.env['PATH'], ...env } });
  const [[, collector], [, controller], [, ctl]] = programs;
  const help = ask(ctl, ['--help']);
  const commands = new Map(parseCommandNames(help).map((name) => [name, ask(ctl, [name, '--help'])] as const));
  commands.delete('completion');
  const texts = { collector: ask(collector, ['--help']), controller: ask(controller, ['--help']), ctl: help, commands };
  return [
    ...makeManPages(texts, { version, date }).map((page) =>
      textEntry(`usr/share/man/man${page.section}/${page.name}.${page.section}`, formatManPage(page)),
    ),
    textEntry('usr/share/bash-completion/completions/wca-ctl', ask(ctl, ['completion'], { SHELL: '/bin/bash' })),
    textEntry('usr/share/zsh/vendor-completions/_wca-ctl', ask(ctl, ['completion'], { SHELL: '/bin/zsh' })),
  ];
}
