import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { batchOf } from '../../controller/model/group-metrics.ts';
import { LogStorage } from '../../controller/storages/log-storage.ts';
import { readExposition } from '../kit/exposition-reader.ts';

/** LogStorage on a file system that is really full and on pipes of real processes. */

const folder = mkdtempSync(join(tmpdir(), 'wca-log-storage-'));
const disk = join(folder, 'disk');
const { signal } = new AbortController();
let mounted = false;

before(() => {
  mkdirSync(disk);
  mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status === 0;
});
after(() => {
  if (mounted) spawnSync('umount', [disk]);
  rmSync(folder, { recursive: true });
});

/** A batch of about `bytes` bytes of text. */
const batch = (bytes: number) =>
  batchOf(
    Array.from({ length: Math.ceil(bytes / 100) }, (_, i) => ({
      name: 'a',
      value: i,
      labels: { i: 'x'.repeat(90) + i },
    })),
    1,
  );

test('a batch that does not fit is taken back whole and the next smaller one is stored', async (context) => {
  if (!mounted) return context.skip('a file system cannot be mounted here');
  const outputFilename = join(disk, 'append.prom');
  const storage = new LogStorage({ outputFilename });
  await storage.start();
  await storage.store(batch(20_000), signal);
  const first = readFileSync(outputFilename, 'utf8');
  await assert.rejects(storage.store(batch(80_000), signal), {
    code: 'STORAGE_FAILED',
    subject: outputFilename,
    errno: 'ENOSPC',
    remedy: 'free space on its file system',
  });
  assert.equal(readFileSync(outputFilename, 'utf8'), first);
  await storage.store(batch(1_000), signal);
  await storage.stop();
  const text = readFileSync(outputFilename, 'utf8');
  assert.ok(text.startsWith(first) && text.length > first.length);
  assert.equal(readExposition(text).length, 210);
  rmSync(outputFilename);
});

test('a full disk leaves the last batch that fitted, and no temporary file', async (context) => {
  if (!mounted) return context.skip('a file system cannot be mounted here');
  const outputFilename = join(disk, 'replace.prom');
  const storage = new LogStorage({ outputFilename, overwrite: true });
  await storage.start();
  await storage.store(batch(1_000), signal);
  const first = readFileSync(outputFilename, 'utf8');
  await assert.rejects(storage.store(batch(80_000), signal), { code: 'STORAGE_FAILED', errno: 'ENOSPC' });
  assert.equal(readFileSync(outputFilename, 'utf8'), first);
  assert.deepEqual(readdirSync(disk).sort(), ['replace.prom']);
});

/** A process that stores batches of 500 kB on stdout and tells on stderr how each went. */
function startWriter(batches: number) {
  const modules = ['../../controller/storages/log-storage.js', '../../controller/model/group-metrics.js'];
  const [storage, model] = modules.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const program = `
    const { LogStorage } = await import(${JSON.stringify(storage)});
    const { batchOf } = await import(${JSON.stringify(model)});
    const metrics = Array.from({ length: 5000 }, (_, i) => ({ name: 'a', value: i, labels: { i: 'x'.repeat(90) + i } }));
    const storage = new LogStorage({ stream: 'stdout' });
    await storage.start();
    for (let i = 0; i < ${batches}; i += 1) {
      const stored = storage.store(batchOf(metrics, i), new AbortController().signal);
      console.error('offered');
      await stored.then(() => console.error('stored'), (error) => console.error(error.code, error.errno));
    }
    await storage.stop();
  `;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] });
}

test('a slow reader of stdout gets every byte and holds up only the batch', async () => {
  const writer = startWriter(2);
  const told: string[] = [];
  const lines = createInterface({ input: writer.stderr });
  const closed = once(lines, 'close');
  lines.on('line', (line) => told.push(line));
  await once(lines, 'line');
  assert.deepEqual(told, ['offered'], 'the process goes on while nobody reads');
  const chunks: Buffer[] = [];
  for await (const chunk of writer.stdout) chunks.push(chunk);
  assert.equal(readExposition(Buffer.concat(chunks).toString()).length, 10_000);
  await closed;
  assert.deepEqual(told, ['offered', 'stored', 'offered', 'stored']);
});

test('when the reader of stdout ends, batches fail and the process goes on', async () => {
  const writer = startWriter(3);
  writer.stdout.destroy();
  const told: string[] = [];
  for await (const line of createInterface({ input: writer.stderr })) told.push(line);
  assert.deepEqual(told.filter((line) => line === 'offered').length, 3);
  assert.match(told[1] ?? '', /^STORAGE_FAILED EPIPE$/);
  assert.ok(!told.includes('stored'));
  if (writer.exitCode === null) await once(writer, 'exit');
  assert.equal(writer.exitCode, 0);
});
