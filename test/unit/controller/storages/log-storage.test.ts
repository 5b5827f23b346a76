import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, test } from 'node:test';
import { batchOf } from '../../../../controller/model/group-metrics.ts';
import { LogStorage, type LogStorageOptions } from '../../../../controller/storages/log-storage.ts';
import { StreamSink } from '../../../../controller/storages/stream-sink.ts';

const folder = mkdtempSync(join(tmpdir(), 'wca-log-storage-'));
after(() => rmSync(folder, { recursive: true }));

const { signal } = new AbortController();
const batch = (value: number) => batchOf([{ name: 'a', value, labels: { host: 'n1', cpu: '0' } }], 1_600_000_000_000.9);

let files = 0;
/** A storage that writes to a new file. */
function setUp(options: LogStorageOptions = {}): { path: string; storage: LogStorage; text: () => string } {
  files += 1;
  const path = join(folder, `metrics-${files}.prom`);
  return {
    path,
    storage: new LogStorage({ outputFilename: path, ...options }),
    text: () => readFileSync(path, 'utf8'),
  };
}

test('batches are appended with timestamps and an empty line between them', async () => {
  const { path, storage, text } = setUp();
  writeFileSync(path, 'before\n');
  await storage.start();
  await storage.store(batch(1), signal);
  await storage.store(batch(2), signal);
  await storage.stop();
  const line = (value: number): string => `a{cpu="0",host="n1"} ${value} 1600000000000\n\n`;
  assert.equal(text(), `before\n${line(1)}${line(2)}`);
});

test('an empty batch is a single line feed, or an empty file when overwriting', async () => {
  for (const [overwrite, expected] of [
    [false, '\n'],
    [true, ''],
  ] as const) {
    const { storage, text } = setUp({ overwrite });
    await storage.store(batchOf([], 1), signal);
    assert.equal(text(), expected);
    await storage.stop();
  }
});

test('overwriting leaves the last batch without timestamp and nothing else in the folder', async () => {
  const { path, storage, text } = setUp({ overwrite: true });
  await storage.start();
  await storage.store(batch(1), signal);
  await storage.store(batch(2), signal);
  await storage.stop();
  assert.equal(text(), 'a{cpu="0",host="n1"} 2\n');
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(`.${path.split('/').pop()}`)),
    [],
  );
});

test('include_timestamp and filter_labels decide over the lines', async () => {
  const { storage, text } = setUp({ overwrite: true, includeTimestamp: true, filterLabels: ['host'] });
  await storage.store(batch(1), signal);
  assert.equal(text(), 'a{host="n1"} 1 1600000000000\n');
});

test('nothing is opened before start', () => {
  assert.equal(existsSync(setUp().path), false);
});

test('overwrite without a filename is a configuration error', () => {
  assert.throws(() => new LogStorage({ overwrite: true }), { code: 'INVALID_CONFIG', remedy: /output_filename/ });
});

for (const overwrite of [false, true]) {
  test(`a folder that does not exist is a configuration error at start (overwrite: ${overwrite})`, async () => {
    const outputFilename = join(folder, 'none', 'x.prom');
    const storage = new LogStorage({ outputFilename, overwrite });
    await assert.rejects(storage.start(), {
      code: 'INVALID_CONFIG',
      subject: outputFilename,
      remedy: 'create the folder',
    });
    await storage.stop();
  });

  test(`a folder in place of the file is a configuration error at start (overwrite: ${overwrite})`, async () => {
    await assert.rejects(new LogStorage({ outputFilename: folder, overwrite }).start(), { code: 'INVALID_CONFIG' });
  });
}

test('a device is not replaced by a file', async () => {
  await assert.rejects(new LogStorage({ outputFilename: '/dev/null', overwrite: true }).start(), {
    code: 'INVALID_CONFIG',
    message: /not a regular file/,
  });
});

test('after log rotation the new file gets the next batch', async () => {
  const { path, storage, text } = setUp({ includeTimestamp: false, filterLabels: [] });
  await storage.start();
  await storage.store(batch(1), signal);
  renameSync(path, `${path}.1`);
  await storage.store(batch(2), signal);
  await storage.stop();
  assert.deepEqual([readFileSync(`${path}.1`, 'utf8'), text()], ['a 1\n\n', 'a 2\n\n']);
});

test('after a file was truncated in place the next batch stands at its beginning', async () => {
  const { path, storage, text } = setUp({ includeTimestamp: false, filterLabels: [] });
  await storage.store(batch(1), signal);
  truncateSync(path);
  await storage.store(batch(2), signal);
  await storage.stop();
  assert.equal(text(), 'a 2\n\n');
});

test('a full device rejects naming file and remedy, and the next batch is tried', async () => {
  const storage = new LogStorage({ outputFilename: '/dev/full' });
  await storage.start();
  for (let i = 0; i < 2; i += 1) {
    await assert.rejects(storage.store(batch(1), signal), {
      code: 'STORAGE_FAILED',
      subject: '/dev/full',
      errno: 'ENOSPC',
      remedy: 'free space on its file system',
    });
  }
  await storage.stop();
});

test('an append file whose folder vanished rejects, and goes on when the folder is back', async () => {
  const home = join(folder, 'vanishing');
  const outputFilename = join(home, 'x.prom');
  mkdirSync(home);
  const storage = new LogStorage({ outputFilename, includeTimestamp: false, filterLabels: [] });
  await storage.store(batch(1), signal);
  rmSync(home, { recursive: true });
  await assert.rejects(storage.store(batch(2), signal), { code: 'STORAGE_FAILED', errno: 'ENOENT' });
  mkdirSync(home);
  await storage.store(batch(3), signal);
  await storage.stop();
  assert.equal(readFileSync(outputFilename, 'utf8'), 'a 3\n\n');
});

test('a link to the file stays a link when it is overwritten', async () => {
  const { path, storage, text } = setUp();
  await storage.store(batch(1), signal);
  const link = `${path}.link`;
  symlinkSync(path, link);
  const replacing = new LogStorage({ outputFilename: link, overwrite: true, filterLabels: [] });
  await replacing.start();
  await replacing.store(batch(2), signal);
  assert.equal(text(), 'a 2\n');
  assert.equal(readFileSync(link, 'utf8'), 'a 2\n');
  await storage.stop();
});

test('what a killed process left behind is removed at start, files of live ones are not', async () => {
  const { path, storage } = setUp({ overwrite: true });
  const prefix = `.${path.split('/').pop()}.wca-`;
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await new Promise((resolve) => gone.on('exit', resolve));
  const leftovers = [`${prefix}${gone.pid}-7.tmp`, `${prefix}${process.ppid}-1.tmp`, `${prefix}notes.txt`];
  for (const name of leftovers) writeFileSync(join(folder, name), '');
  await storage.start();
  assert.deepEqual(
    leftovers.map((name) => existsSync(join(folder, name))),
    [false, true, true],
  );
});

test('a storage named in several places writes whole batches one after the other', async () => {
  const { storage, text } = setUp({ includeTimestamp: false, filterLabels: [] });
  await Promise.all([1, 2, 3].map((value) => storage.store(batch(value), signal)));
  await storage.stop();
  assert.equal(text(), 'a 1\n\na 2\n\na 3\n\n');
});

test('a batch that comes after the stop signal is refused', async () => {
  const { storage } = setUp();
  await assert.rejects(storage.store(batch(1), AbortSignal.abort()), { code: 'CANCELLED' });
});

test('stop is safe before start and twice', async () => {
  const { storage } = setUp();
  await storage.stop();
  await storage.stop();
});

test('a stream that fails rejects each batch and ends nothing', async () => {
  const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(broken) });
  const sink = new StreamSink('stdout', stream);
  await sink.open();
  await assert.rejects(sink.write(Buffer.from('x')), { code: 'STORAGE_FAILED', subject: 'stdout', errno: 'EPIPE' });
  await assert.rejects(sink.write(Buffer.from('x')), { code: 'STORAGE_FAILED' });
});

test('a slow stream is waited for', async () => {
  let taken: () => void = () => assert.fail('nothing was written');
  const stream = new Writable({
    write: (_chunk, _encoding, done) => {
      taken = () => done();
    },
  });
  let stored = false;
  const write = new StreamSink('stdout', stream).write(Buffer.from('x')).then(() => {
    stored = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(stored, false);
  taken();
  await write;
});

test('a file of the last batch holds that of each host; those that come while it is written are written at once', async () => {
  const { storage, text } = setUp({ overwrite: true });
  const of = (source: string, value: number) => ({
    ...batchOf([{ name: 'a', value, labels: { node: source } }], 0),
    source,
  });
  await Promise.all(['n1', 'n2', 'n3'].map((source, i) => storage.store(of(source, i), signal)));
  await storage.store(of('n1', 7), signal);
  assert.equal(text(), 'a{node="n1"} 7\na{node="n2"} 1\na{node="n3"} 2\n');
  storage.forget('n2');
  await storage.store(of('n3', 8), signal);
  assert.equal(text(), 'a{node="n1"} 7\na{node="n3"} 8\n');
});
