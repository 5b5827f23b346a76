import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { blockHeadBytes, fileHeadBytes } from '../../../../controller/replay/recording-format.ts';
import { RecordingReader } from '../../../../controller/replay/recording-reader.ts';
import { RecordingWriter } from '../../../../controller/replay/recording-writer.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { recordingFile } from '../../../kit/recordings.ts';

const unbounded = { append: false, maxBytes: Number.POSITIVE_INFINITY };

interface Block {
  readonly records: readonly (readonly [kind: number, text: string])[];
}

function write(file: string, blocks: readonly Block[], append = false): void {
  const writer = new RecordingWriter({ ...unbounded, file, append });
  for (const { records } of blocks) {
    for (const [kind, text] of records) writer.add(kind, Buffer.from(text));
    writer.flush();
  }
  writer.close();
}

function read(file: string) {
  const reader = new RecordingReader(file);
  try {
    const records = [...reader.records()].map(({ kind, bytes }) => [kind, bytes.toString()]);
    return { records, cut: reader.cut };
  } finally {
    reader.close();
  }
}

const twoBlocks: readonly Block[] = [
  {
    records: [
      [1, 'one'],
      [2, ''],
    ],
  },
  { records: [[3, 'three'.repeat(100)]] },
];

/** Writes two blocks; where the second begins. */
function twoBlockFile(t: TestContext): { readonly file: string; readonly second: number; readonly bytes: Buffer } {
  const file = recordingFile(t);
  write(file, twoBlocks);
  const bytes = readFileSync(file);
  const second = fileHeadBytes + blockHeadBytes + bytes.readUInt32LE(fileHeadBytes + 4);
  return { file, second, bytes };
}

test('what is written is read, in any blocks', (t) => {
  const block = fc.record({ records: fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.string())) });
  let n = 0;
  fc.assert(
    fc.property(fc.array(block, { maxLength: 5 }), (blocks) => {
      n += 1;
      const file = `${recordingFile(t)}${n}`;
      write(file, blocks);
      assert.deepEqual(read(file), { records: blocks.flatMap(({ records }) => records), cut: undefined });
    }),
    { numRuns: 30 },
  );
});

test('a file that is cut anywhere in its last block gives the blocks before and tells the cut', (t) => {
  const { file, second, bytes } = twoBlockFile(t);
  for (let size = second + 1; size < bytes.length; size += 1) {
    writeFileSync(file, bytes.subarray(0, size));
    assert.deepEqual(read(file), {
      records: [
        [1, 'one'],
        [2, ''],
      ],
      cut: { at: second, bytes: size - second },
    });
  }
});

test('a file that ends with a whole block is not cut', (t) => {
  const { file, second } = twoBlockFile(t);
  truncateSync(file, second);
  assert.equal(read(file).cut, undefined);
  assert.equal(read(file).records.length, 2);
});

test('zeros where the last block was to be are a cut', (t) => {
  const { file, second } = twoBlockFile(t);
  truncateSync(file, second);
  truncateSync(file, second + 100_000);
  assert.deepEqual(read(file).cut, { at: second, bytes: 100_000 });
});

test('any byte of an earlier block that changed is an error that names the block', (t) => {
  const { file, second, bytes } = twoBlockFile(t);
  for (let at = fileHeadBytes; at < second; at += 1) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 0x55, at);
    writeFileSync(file, changed);
    assert.throws(
      () => read(file),
      { code: 'INVALID_ARGUMENT', subject: `${file}: byte ${fileHeadBytes}` },
      `byte ${at}`,
    );
  }
});

test('bytes of anything end in an error or a cut, never in a crash', (t) => {
  const { file, bytes } = twoBlockFile(t);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      writeFileSync(file, Buffer.concat([bytes.subarray(0, fileHeadBytes), noise]));
      try {
        read(file);
      } catch (thrown) {
        assert.ok(thrown instanceof WcaError && thrown.code === 'INVALID_ARGUMENT', String(thrown));
      }
    }),
  );
});

for (const [name, text] of [
  ['an empty file', ''],
  ['a text', 'runner: !MeasurementRunner {}\n'],
  ['half a head', 'WCA-REC\n'],
] as const) {
  test(`${name} is no recording`, (t) => {
    const file = recordingFile(t);
    writeFileSync(file, text);
    assert.throws(() => read(file), { code: 'INVALID_ARGUMENT', message: /^is no recording/ });
  });
}

test('a recording of another major version is refused, one of another minor is read', (t) => {
  const { file, bytes } = twoBlockFile(t);
  bytes.writeUInt16LE(9, 10);
  writeFileSync(file, bytes);
  assert.equal(read(file).records.length, 3);
  bytes.writeUInt16LE(2, 8);
  writeFileSync(file, bytes);
  assert.throws(() => read(file), { code: 'VERSION_MISMATCH', message: /format 2, this version reads 1/ });
});

test('a block that unpacks to more than it says is refused before it takes the memory', (t) => {
  const file = recordingFile(t);
  write(file, [{ records: [[1, 'x'.repeat(1_000_000)]] }]);
  const bytes = readFileSync(file);
  bytes.writeUInt32LE(10, fileHeadBytes + 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(fileHeadBytes, fileHeadBytes + 16)), fileHeadBytes + 16);
  writeFileSync(file, bytes);
  appendFileSync(file, bytes.subarray(fileHeadBytes));
  assert.throws(() => read(file), { code: 'INVALID_ARGUMENT', message: 'the block cannot be unpacked' });
});

test('a file that is there is neither overwritten nor appended to unasked', (t) => {
  const { file, bytes } = twoBlockFile(t);
  assert.throws(() => new RecordingWriter({ ...unbounded, file }), {
    code: 'INVALID_ARGUMENT',
    errno: 'EEXIST',
    remedy: /--append/,
  });
  assert.deepEqual(readFileSync(file), bytes);
});

test('what is appended to a file that is cut comes after its whole blocks', (t) => {
  const { file, bytes, second } = twoBlockFile(t);
  writeFileSync(file, bytes.subarray(0, bytes.length - 3));
  const writer = new RecordingWriter({ ...unbounded, file, append: true });
  assert.deepEqual(writer.removed, { at: second, bytes: bytes.length - 3 - second });
  writer.add(7, Buffer.from('later'));
  writer.close();
  assert.deepEqual(read(file), {
    records: [
      [1, 'one'],
      [2, ''],
      [7, 'later'],
    ],
    cut: undefined,
  });
});

test('only the owner may read a recording', (t) => {
  const { file } = twoBlockFile(t);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('appending to what is no recording leaves it as it is', (t) => {
  const file = recordingFile(t);
  writeFileSync(file, 'precious');
  assert.throws(() => new RecordingWriter({ ...unbounded, file, append: true }), { code: 'INVALID_ARGUMENT' });
  assert.equal(readFileSync(file, 'utf8'), 'precious');
});
