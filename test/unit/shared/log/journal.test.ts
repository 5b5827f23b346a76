import assert from 'node:assert/strict';
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isJournal, journalDestination } from '../../../../shared/log/journal.ts';
import { LogFactory } from '../../../../shared/log/logger.ts';

test('each line begins with the priority of its level', () => {
  const lines: string[] = [];
  const out = { write: (line: string) => lines.push(line) };
  const levels = new Map([['', 'trace' as const]]);
  const logs = new LogFactory({ levels, fd: 2, pretty: false }, journalDestination(out));
  const logger = logs.logger('a');
  logger.fatal('x');
  logger.error('x');
  logger.warn('x');
  logger.info('x');
  logger.debug('x');
  logger.trace('x');
  assert.deepEqual(
    lines.map((line) => line.slice(0, 4)),
    ['<2>{', '<3>{', '<4>{', '<6>{', '<7>{', '<7>{'],
  );
  assert.equal(JSON.parse(lines[2]?.slice(3) ?? '').level, 'warn');
});

test('isJournal compares device and inode', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wca-journal-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const fd = openSync(join(folder, 'a'), 'w');
  const { dev, ino } = fstatSync(fd);
  assert.equal(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` }), true);
  assert.equal(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino + 1}` }), false);
  assert.equal(isJournal(fd, { JOURNAL_STREAM: 'x' }), false);
  assert.equal(isJournal(fd, {}), false);
  closeSync(fd);
  assert.equal(isJournal(fd, { JOURNAL_STREAM: `${dev}:${ino}` }), false);
});
