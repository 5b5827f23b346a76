import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../kit/package-root.ts';

/** The rules of docs/architecture.md, "Directions", held against the imports of every source file. */

const root = packageRoot();
const halves = ['shared', 'collector', 'controller'];

interface Import {
  readonly from: string;
  /** Path of the imported file from the root, or the name of a package. */
  readonly to: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const pattern = /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm;
  return [...text.matchAll(pattern)].map(([, target = '']) => ({
    from: file,
    to: target.startsWith('.')
      ? relative(root, resolve(root, dirname(file), target))
          .split(sep)
          .join('/')
      : target,
  }));
}

const files = halves.flatMap(sourceFiles);
const imports = files.flatMap(importsOf);
const local = imports.filter(({ to }) => to.endsWith('.ts'));
const packages = imports.filter(({ to }) => !to.endsWith('.ts') && !to.startsWith('node:'));

function offenders(wrong: (edge: Import) => boolean, edges: readonly Import[] = local): string[] {
  return edges.filter(wrong).map(({ from, to }) => `${from} -> ${to}`);
}

const within = (folder: string) => (path: string) => path.startsWith(`${folder}/`);

test('the import graph is read', () => {
  assert.ok(files.length > 50, `${files.length} source files`);
  assert.ok(local.length > 100, `${local.length} imports`);
});

test('shared/ imports neither half and no test', () => {
  assert.deepEqual(
    offenders(({ from, to }) => within('shared')(from) && !within('shared')(to)),
    [],
  );
});

test('collector/ and controller/ never import each other', () => {
  assert.deepEqual(
    offenders(
      ({ from, to }) =>
        (within('collector')(from) && within('controller')(to)) ||
        (within('controller')(from) && within('collector')(to)),
    ),
    [],
  );
});

test('product code imports no test code', () => {
  assert.deepEqual(
    offenders(({ to }) => within('test')(to)),
    [],
  );
});

test('inside the collector imports run kernel <- watch, apply <- service <- main', () => {
  const floor = (path: string): number =>
    [/^collector\/kernel\//, /^collector\/(watch|apply)\//, /^collector\/service\//, /^collector\//].findIndex((of) =>
      of.test(path),
    );
  assert.deepEqual(
    offenders(({ from, to }) => within('collector')(from) && within('collector')(to) && floor(from) < floor(to)),
    [],
  );
});

test('measuring and allocating do not import each other', () => {
  assert.deepEqual(
    offenders(
      ({ from, to }) =>
        (within('collector/watch')(from) && within('collector/apply')(to)) ||
        (within('collector/apply')(from) && within('collector/watch')(to)),
    ),
    [],
  );
});

test('kernel facilities do not import each other', () => {
  const facility = (path: string): string | undefined => /^collector\/kernel\/([a-z]+)\//.exec(path)?.[1];
  // platform/ describes the whole host and so reads the others' files.
  assert.deepEqual(
    offenders(({ from, to }) => {
      const [a, b] = [facility(from), facility(to)];
      return a !== undefined && b !== undefined && a !== b && a !== 'platform';
    }),
    [],
  );
});

test('wca-ctl uses nothing of the controller but its configuration language, its recordings and how it writes', () => {
  assert.deepEqual(
    offenders(
      ({ from, to }) =>
        within('controller/ctl')(from) &&
        within('controller')(to) &&
        !within('controller/ctl')(to) &&
        !within('controller/config')(to) &&
        !within('controller/replay')(to) &&
        !within('controller/terminal')(to),
    ),
    [],
  );
});

test('nobody but wca-ctl imports wca-ctl', () => {
  assert.deepEqual(
    offenders(({ from, to }) => within('controller/ctl')(to) && !within('controller/ctl')(from)),
    [],
  );
});

test('components do not import the runners', () => {
  const component = /^controller\/(nodes|labels|storages|derived|collectors|model|allocators|plugins)\//;
  assert.deepEqual(
    offenders(({ from, to }) => component.test(from) && within('controller/runners')(to)),
    [],
  );
});

test('no import runs in a circle', () => {
  const next = new Map<string, string[]>();
  for (const { from, to } of local) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const circle = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const to of next.get(file) ?? []) {
      const found = circle(to, [...path, file]);
      if (found !== undefined) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of files) assert.equal(circle(file, []), undefined);
});

test('the collector needs five packages at run time and no others', () => {
  const reached = new Set(['collector/main.ts']);
  for (const file of reached) for (const { from, to } of local) if (from === file) reached.add(to);
  const used = new Set(
    packages
      .filter(({ from }) => reached.has(from))
      .map(({ to }) =>
        to
          .split('/')
          .slice(0, to.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
  );
  const allowed = ['@grpc/grpc-js', '@grpc/proto-loader', 'koffi', 'pino', 'protobufjs'];
  assert.deepEqual(
    [...used].filter((name) => !allowed.includes(name)),
    [],
  );
});

const owners: readonly (readonly [name: string, allowed: RegExp])[] = [
  ['koffi', /^(collector\/kernel\/libc|shared\/lifecycle\/notify-socket)\.ts$/],
  ['yargs', /^controller\/(ctl\/|main\.ts|options\.ts)/],
  ['yaml', /^controller\/config\//],
  [
    '@grpc/grpc-js',
    /^(shared\/rpc\/|shared\/errors\/grpc-status|collector\/service\/|controller\/(collectors|admin|ctl)\/)/,
  ],
];
for (const [name, allowed] of owners) {
  test(`${name} is imported only where it belongs`, () => {
    assert.deepEqual(
      offenders(({ from, to }) => (to === name || to.startsWith(`${name}/`)) && !allowed.test(from), packages),
      [],
    );
  });
}

test('a file stays below 300 lines unless it is a flat table', () => {
  const tables = new Set(['shared/metrics/catalog.ts']);
  const long = files
    .filter((file) => !file.startsWith('shared/rpc/gen/') && !tables.has(file))
    .filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 300);
  assert.deepEqual(long, []);
});
