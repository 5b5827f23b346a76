import { compress } from 'snappyjs';

/** Snappy block format. In memory of its own: the library's answer is a view of room for the worst case. */
export function compressSnappy(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(compress(bytes));
}
