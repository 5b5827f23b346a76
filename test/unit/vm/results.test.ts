import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { FollowedFile, type GuestEvent, parseGuestEvent } from '../../vm/results.ts';

const pass: GuestEvent = { kind: 'pass', text: 'a name', file: 'a.test.js', durationMs: 1234, detail: '' };

test('an event is what it was before it became a line', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
      (text, detail, durationMs) => {
        const event = { ...pass, text, detail, durationMs };
        assert.deepEqual(parseGuestEvent(JSON.stringify(event)), event);
      },
    ),
  );
});

for (const line of ['', '{"kind":"pa', 'null', '7', 'Segmentation fault']) {
  test(`the line ${JSON.stringify(line)} is a note, not the end of the run`, () => {
    assert.deepEqual(parseGuestEvent(line), { kind: 'note', text: line, file: '', durationMs: 0, detail: '' });
  });
}

test('a followed file gives each line once and whole, also one written in two parts', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wca-follow-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'events');
  const file = new FollowedFile(path);
  t.after(() => file.close());
  assert.deepEqual(file.readLines(), [], 'not there yet');
  appendFileSync(path, 'one\ntw');
  assert.deepEqual(file.readLines(), ['one']);
  appendFileSync(path, 'o\nthree\n');
  assert.deepEqual(file.readLines(), ['two', 'three']);
  assert.deepEqual(file.readLines(), []);
});

test('a followed file keeps a character that lies on the border of two readings', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wca-follow-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'events');
  const file = new FollowedFile(path);
  t.after(() => file.close());
  const line = `${'x'.repeat(65_535)}é`;
  appendFileSync(path, `${line}\n`);
  assert.deepEqual(file.readLines(), [line]);
});
