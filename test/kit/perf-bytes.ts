import { groupReadBytes, valueWord } from '../../collector/kernel/perf/read-format.ts';

/** What the kernel writes for one group read: numbers or bigints become u64 words, ids are 10, 11, … */
export function groupRead(options: {
  readonly enabledNs: number | bigint;
  readonly runningNs: number | bigint;
  readonly values: readonly (number | bigint)[];
}): Buffer {
  const bytes = Buffer.alloc(groupReadBytes(options.values.length));
  const put = (word: number, value: number | bigint): void => {
    bytes.writeBigUInt64LE(BigInt(value), word * 4);
  };
  put(0, options.values.length);
  put(2, options.enabledNs);
  put(4, options.runningNs);
  options.values.forEach((value, i) => {
    put(valueWord(i), value);
    put(valueWord(i) + 2, 10 + i);
  });
  return bytes;
}

/** The same as 32-bit words. */
export function groupWords(options: Parameters<typeof groupRead>[0]): Uint32Array {
  const bytes = groupRead(options);
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
