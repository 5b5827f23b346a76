import type { ManPage, ManPart } from './man.ts';

/** Help texts as the programs print them. */
export interface HelpTexts {
  readonly collector: string;
  readonly controller: string;
  readonly ctl: string;
  /** Help of each command of wca-ctl, by its name. */
  readonly commands: ReadonlyMap<string, string>;
}

export interface Edition {
  readonly version: string;
  readonly date: string;
}

const text = (words: string): ManPart => ({ kind: 'text', text: words });
const verbatim = (lines: string): ManPart => ({ kind: 'verbatim', text: lines });
const terms = (list: readonly (readonly [string, string])[]): ManPart => ({ kind: 'terms', terms: list });

/** `wca-ctl status   How …` lines of a help text → the names, in their order. Pure. */
export function parseCommandNames(help: string): readonly string[] {
  return [...help.matchAll(/^ {2}wca-ctl ([a-z-]+)/gm)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

/** wca-collector(8), wca-controller(8), wca-ctl(1). Pure. */
export function makeManPages(help: HelpTexts, edition: Edition): readonly ManPage[] {
  return [collectorPage(help, edition), controllerPage(help, edition), ctlPage(help, edition)];
}

function collectorPage(help: HelpTexts, edition: Edition): ManPage {
  return {
    ...edition,
    name: 'wca-collector',
    section: 8,
    summary: 'measures the cgroups of this host and writes what is allocated',
    sections: [
      { title: 'Synopsis', parts: [text('wca-collector [options]')] },
      {
        title: 'Description',
        parts: [
          text(
            'The privileged half of WCA. It reads performance counters and kernel files of cgroups and serves them over gRPC on a Unix socket. On request of an operator it writes CPU, memory and cache settings of cgroups, within a policy; the original of everything it changes is in a ledger and comes back.',
          ),
          text('As a service it is wca-collector.service, started by wca-collector.socket.'),
        ],
      },
      { title: 'Options', parts: [verbatim(help.collector)] },
      {
        title: 'Signals',
        parts: [
          terms([
            ['SIGTERM, SIGINT', 'Stops, and restores what --restore-on-stop says. A second one ends it at once.'],
            ['SIGUSR2', 'Stops and keeps what is allocated, for a collector that is started again.'],
          ]),
        ],
      },
      {
        title: 'Files',
        parts: [
          terms([
            ['/etc/wca/collector.json', 'Options of the service. Only root may write it.'],
            ['/run/wca/collector.sock', 'Where it serves. Members of the group wca may connect.'],
            ['/run/wca/ledger', 'Original values of what is allocated.'],
          ]),
        ],
      },
      {
        title: 'Exit status',
        parts: [
          terms([
            ['0', 'Stopped as asked.'],
            ['1', 'Failed; the last line says why.'],
            ['2', 'Wrong options or configuration.'],
          ]),
        ],
      },
      {
        title: 'Examples',
        parts: [
          text('Restart without giving up what is allocated:'),
          verbatim('systemctl kill -s USR2 --kill-who=main wca-collector.service'),
          text('Put every original back after the collector has died:'),
          verbatim('wca-collector --config /etc/wca/collector.json --restore-now all'),
        ],
      },
      { title: 'See also', parts: [text('wca-controller(8), wca-ctl(1), /usr/share/doc/wca/install.md')] },
    ],
  };
}

function controllerPage(help: HelpTexts, edition: Edition): ManPage {
  return {
    ...edition,
    name: 'wca-controller',
    section: 8,
    summary: 'discovers tasks, stores their metrics, detects and decides',
    sections: [
      { title: 'Synopsis', parts: [text('wca-controller -c FILE [options]')] },
      {
        title: 'Description',
        parts: [
          text(
            'The unprivileged half of WCA. It finds the tasks of this host, has them measured by wca-collector(8), and does with the metrics what its configuration says: stores them, looks for contention, asks for other allocations.',
          ),
          text('As a service it is wca-controller.service, which runs as the user wca without any capability.'),
        ],
      },
      { title: 'Options', parts: [verbatim(help.controller)] },
      {
        title: 'Signals',
        parts: [
          terms([
            ['SIGHUP', 'Loads the configuration anew. One that is wrong changes nothing; the log says why.'],
            ['SIGTERM, SIGINT', 'Stores what is under way and stops, within 5 s. A second one ends it at once.'],
          ]),
        ],
      },
      {
        title: 'Files',
        parts: [
          terms([
            ['/etc/wca/config.yaml', 'Configuration of the service.'],
            ['/run/wca/controller.sock', 'Where wca-ctl(1) asks.'],
            ['/var/lib/wca', 'Working folder of the service; files of storages go below it.'],
          ]),
        ],
      },
      {
        title: 'Exit status',
        parts: [
          terms([
            ['0', 'Stopped as asked, or done.'],
            ['1', 'Failed; the last line says why.'],
            ['2', 'Wrong options.'],
          ]),
        ],
      },
      { title: 'See also', parts: [text('wca-collector(8), wca-ctl(1), /usr/share/doc/wca/configuration.md')] },
    ],
  };
}

function ctlPage(help: HelpTexts, edition: Edition): ManPage {
  const commands = [...help.commands].flatMap(([name, lines]) => [text(`wca-ctl ${name}`), verbatim(lines)]);
  return {
    ...edition,
    name: 'wca-ctl',
    section: 1,
    summary: 'shows what WCA measures and allocates, and how it is doing',
    sections: [
      { title: 'Synopsis', parts: [text('wca-ctl COMMAND [options]')] },
      {
        title: 'Description',
        parts: [
          text(
            'Asks the collector and the controller of this host. Looking needs the group wca; allocating needs root or a user that the collector has as operator.',
          ),
          verbatim(help.ctl),
        ],
      },
      { title: 'Commands', parts: commands },
      {
        title: 'Environment',
        parts: [
          terms([
            ['WCA_COLLECTOR', 'Socket of the collector.'],
            ['WCA_CONTROLLER', 'Socket of the controller.'],
            ['NO_COLOR', 'Set: no colours.'],
          ]),
        ],
      },
      { title: 'See also', parts: [text('wca-collector(8), wca-controller(8), /usr/share/doc/wca')] },
    ],
  };
}
