import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { escapeRoff, formatManPage } from '../../../packaging/man.ts';
import { makeManPages, parseCommandNames } from '../../../packaging/man-pages.ts';

test('escapeRoff takes away what roff would read as its own', () => {
  assert.equal(escapeRoff(".SH a\n'x\n--all \\n it’s"), "\\&.SH a\n\\&'x\n\\-\\-all \\en it's");
});

test('no text becomes a request', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('.', "'", '\n', '\\', '-', 'a', ' ', '’') }), (text) => {
      for (const line of escapeRoff(text).split('\n')) assert.doesNotMatch(line, /^[.']/);
    }),
  );
});

test('formatManPage writes a page that man(7) knows', () => {
  const page = formatManPage({
    name: 'wca-x',
    section: 8,
    summary: 'does it',
    version: '1.2.3',
    date: '2026-01-31',
    sections: [
      { title: 'Options', parts: [{ kind: 'verbatim', text: '  --all  yes\n' }] },
      { title: 'Files', parts: [{ kind: 'terms', terms: [['/etc/x', 'its file']] }] },
    ],
  });
  const lines = [
    '.TH WCA-X 8 2026-01-31 "wca 1.2.3" "Workload Collocation Agent"',
    '.SH NAME',
    'wca\\-x \\- does it',
    '.SH OPTIONS',
    '.nf',
    '  \\-\\-all  yes',
    '.fi',
    '.SH FILES',
    '.TP',
    '\\fB/etc/x\\fR',
    'its file',
    '',
  ];
  assert.equal(page, lines.join('\n'));
});

test('parseCommandNames finds the commands of a help text', () => {
  const help =
    'wca-ctl <command>\n\nCommands:\n  wca-ctl status    How\n  wca-ctl tasks  [a]\n\nOptions:\n  -o  wca-ctl no\n';
  assert.deepEqual(parseCommandNames(help), ['status', 'tasks']);
  assert.deepEqual(parseCommandNames(''), []);
});

test('the page of wca-ctl has each command with its help', () => {
  const commands = new Map([['status', 'help of status']]);
  const help = { collector: 'c', controller: 'd', ctl: 'e', commands };
  const pages = makeManPages(help, { version: '1', date: '2026-01-31' });
  assert.deepEqual(
    pages.map(({ name, section }) => `${name}.${section}`),
    ['wca-collector.8', 'wca-controller.8', 'wca-ctl.1'],
  );
  assert.match(formatManPage(pages[2] ?? assert.fail()), /wca\\-ctl status\n\.nf\nhelp of status/);
});
