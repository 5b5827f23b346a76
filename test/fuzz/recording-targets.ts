import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { framesOf } from '../../controller/replay/frames.ts';
import { readRecordingInfo } from '../../controller/replay/recording-info.ts';
import { type Entry, openTestRecording, wholeTake, writeRecording } from '../kit/recordings.ts';
import { mutatedBytes } from './mutations.ts';
import { type FuzzTarget, parserTarget } from './target.ts';

/** Recordings come from other machines: their blocks, and what is in blocks whose checksums are right. */
export function recordingTargets(): readonly FuzzTarget[] {
  const folder = mkdtempSync(join(tmpdir(), 'wca-fuzz-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'host.wcarec');
  const entries = wholeTake(['a', 'b']);
  writeRecording(file, entries);
  const whole = readFileSync(file);
  const changed = fc.tuple(...entries.map(([kind, bytes]) => fc.tuple(fc.constant(kind), rarely(bytes))));
  return [
    parserTarget('recording file', mutatedBytes([whole]), (bytes) => {
      writeFileSync(file, bytes);
      readAll(file);
    }),
    parserTarget('recording records', changed, (records: readonly Entry[]) => {
      rmSync(file, { force: true });
      writeRecording(file, records);
      readAll(file);
    }),
  ];
}

function rarely(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.oneof({ weight: 6, arbitrary: fc.constant(bytes) }, { weight: 1, arbitrary: mutatedBytes([bytes]) });
}

function readAll(file: string): void {
  const recording = openTestRecording(file);
  try {
    readRecordingInfo(recording);
    for (const _ of framesOf(recording.items()));
  } finally {
    recording.close();
  }
}
