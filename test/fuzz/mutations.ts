import fc from 'fast-check';

/** Numbers at which parsers break. */
const numbers = [
  '0',
  '-1',
  '9007199254740993',
  '18446744073709551616',
  '99999999999999999999999',
  '1e309',
  '0x1f',
  '00',
];
const pieces = ['\0', '\n', '\n\n', ' ', '\t', ':', '=', ',', '-', '"', '\u00e9', '\ud800', 'max', '../..', '%s', '\r'];

/** One change of a text. Places are parts of its length, so that they shrink with it. */
type Mutation = (text: string) => string;

const place = fc.double({ min: 0, max: 1, noNaN: true });
const at = (text: string, part: number): number => Math.floor(part * text.length);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  place.map((part) => (text: string) => text.slice(0, at(text, part))),
  fc.tuple(place, fc.constantFrom(...pieces, ...numbers)).map(
    ([part, piece]) =>
      (text: string) =>
        text.slice(0, at(text, part)) + piece + text.slice(at(text, part)),
  ),
  fc.tuple(place, place).map(([from, to]) => (text: string) => {
    const [low, high] = [Math.min(at(text, from), at(text, to)), Math.max(at(text, from), at(text, to))];
    return text.slice(0, low) + text.slice(high);
  }),
  fc.tuple(place, fc.integer({ min: 0, max: 0xffff })).map(
    ([part, code]) =>
      (text: string) =>
        text.slice(0, at(text, part)) + String.fromCharCode(code) + text.slice(at(text, part) + 1),
  ),
  // Lines twice, swapped, joined; a number that is another; a line as long as a page.
  fc.tuple(place, fc.integer({ min: 1, max: 50 })).map(([part, times]) => (text: string) => {
    const lines = text.split('\n');
    const line = lines[at(text, part) % lines.length] ?? '';
    return [...lines, ...Array.from({ length: times }, () => line)].join('\n');
  }),
  fc.constant((text: string) => text.split('\n').reverse().join('\n')),
  fc.tuple(place, fc.constantFrom(...numbers)).map(([part, number]) => (text: string) => {
    const found = [...text.matchAll(/\d+/g)];
    const one = found[Math.floor(part * found.length)];
    return one === undefined ? text : text.slice(0, one.index) + number + text.slice(one.index + one[0].length);
  }),
  fc.tuple(place, fc.constantFrom('9', ' ', 'a', '\n')).map(
    ([part, character]) =>
      (text: string) =>
        text.slice(0, at(text, part)) + character.repeat(5000) + text.slice(at(text, part)),
  ),
);

/** Texts of real kernels and programs with a few things changed, and texts that never were any. */
export function mutated(seeds: readonly string[]): fc.Arbitrary<string> {
  const changed = fc
    .tuple(fc.constantFrom(...seeds), fc.array(mutation, { maxLength: 6 }))
    .map(([text, changes]) => changes.reduce((now, change) => change(now), text));
  return fc.oneof({ weight: 8, arbitrary: changed }, { weight: 1, arbitrary: fc.string({ unit: 'binary' }) });
}

/** The same of bytes. */
export function mutatedBytes(seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const flips = fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
  const changed = fc.tuple(fc.constantFrom(...seeds), flips, place).map(([bytes, changes, end]) => {
    const copy = Uint8Array.from(bytes.subarray(0, Math.ceil(end * bytes.length)));
    for (const [where, value] of changes) copy[Math.floor(where * copy.length)] = value;
    return copy;
  });
  return fc.oneof({ weight: 8, arbitrary: changed }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4096 }) });
}
