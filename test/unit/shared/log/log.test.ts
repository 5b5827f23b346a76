import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { Episodes } from '../../../../shared/log/episodes.ts';
import { LogFactory, parseLevel } from '../../../../shared/log/logger.ts';
import { formatLogLine } from '../../../../shared/log/pretty.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';

function factory(levels: Record<string, 'info' | 'debug' | 'error' | 'warn'>) {
  const lines: Record<string, unknown>[] = [];
  const logs = new LogFactory(
    { levels: new Map(Object.entries(levels)), fd: 2, pretty: false },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  return { logs, lines };
}

test('a module takes the level of its longest configured prefix', () => {
  const { logs, lines } = factory({ '': 'error', wca: 'info', 'wca.runners': 'debug' });
  logs.logger('wca.runners.measurement').debug('a');
  logs.logger('wca.nodes').debug('b');
  logs.logger('other').warn('c');
  assert.deepEqual(
    lines.map(({ module, msg }) => [module, msg]),
    [['wca.runners.measurement', 'a']],
  );
});

test('changing the levels reaches loggers that are in use', () => {
  const { logs, lines } = factory({ wca: 'error' });
  const logger = logs.logger('wca.nodes');
  logger.info('before');
  logs.setLevels(new Map([['wca', 'info']]));
  logger.info('after');
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['after'],
  );
});

test('warnings and errors are counted by module; what a level hides is not', () => {
  const { logs } = factory({ wca: 'warn' });
  logs.logger('wca.b').warn('w');
  logs.logger('wca.b').child({ target: 't' }).error('e');
  logs.logger('wca.a').error('e');
  logs.logger('wca.c').info('hidden');
  assert.deepEqual(logs.counts(), [
    { module: 'wca.a', warnings: 0, errors: 1 },
    { module: 'wca.b', warnings: 1, errors: 1 },
  ]);
});

for (const [text, level] of [
  ['WARNING', 'warn'],
  ['critical', 'fatal'],
  ['Trace', 'trace'],
  ['verbose', undefined],
  ['constructor', undefined],
] as const) {
  test(`parseLevel takes ${text} as ${level}`, () => assert.equal(parseLevel(text), level));
}

test('an episode is logged when it begins and when it ends, and counted each time', () => {
  const { logs, lines } = factory({ wca: 'info' });
  const clock = new FakeClock();
  const episodes = new Episodes(logs.logger('wca.x'), clock);
  const error = new WcaError('UNAVAILABLE', { subject: 'broker', message: 'refused' });
  for (let i = 0; i < 3; i += 1)
    episodes.failed('storage kafka', error, { source: 'storage', doing: 'dropping the batch' });
  assert.equal(episodes.open().length, 1);
  clock.advanceMs(2500);
  episodes.ended('storage kafka');
  episodes.ended('storage kafka');
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['trouble with storage kafka, dropping the batch', 'storage kafka works again'],
  );
  assert.deepEqual([lines[1]?.['seconds'], lines[1]?.['repeats']], [2.5, 2]);
  assert.deepEqual(episodes.counts(), [{ code: 'UNAVAILABLE', source: 'storage', count: 3 }]);
  assert.deepEqual(episodes.open(), []);
});

test('an episode that changes its reason is logged again', () => {
  const { logs, lines } = factory({ wca: 'info' });
  const episodes = new Episodes(logs.logger('wca.x'), new FakeClock());
  const options = { source: 's', doing: 'waiting' };
  episodes.failed('k', new WcaError('UNAVAILABLE', { subject: 'a', message: 'b' }), options);
  episodes.failed('k', new WcaError('DEADLINE', { subject: 'a', message: 'b' }), options);
  assert.equal(lines.length, 2);
});

test('formatLogLine makes one readable line and leaves what is not JSON alone', () => {
  const line = formatLogLine(
    '{"level":"warn","time":"2026-11-23T01:02:03.456Z","module":"wca.x","msg":"hello","n":1}\n',
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  assert.equal(line.replace(/\u001b\[[0-9;]*m/g, ''), '01:02:03.456 WARN  wca.x: hello  n=1\n');
  assert.equal(formatLogLine('plain\n'), 'plain\n');
});
