import type { Guest } from './guests.ts';

/** A test file and the names of the guests it is for. */
export interface VmTest {
  /** Path below dist/test/vm/tests. */
  readonly name: string;
  readonly guests: readonly string[];
}

export interface Selection {
  readonly guest: Guest;
  readonly tests: readonly VmTest[];
}

/**
 * The guests that a test file names: its line `// guests: v2 v1`. Throws when there is none or a name is unknown, for
 * such a file would never run. Pure.
 */
export function parseTestGuests(name: string, source: string, known: readonly Guest[]): readonly string[] {
  const names = /^\/\/ guests:((?: [a-z0-9]+)+)$/m.exec(source)?.[1]?.trim().split(' ');
  if (names === undefined) throw new Error(`${name} has no line "// guests: NAME..."`);
  const unknown = names.find((guest) => known.every((candidate) => candidate.name !== guest));
  if (unknown !== undefined) throw new Error(`${name} is for an unknown guest: ${unknown}`);
  return names;
}

/**
 * What to run: words that are names of guests choose these (else the default ones, with `all` also the nightly ones),
 * every other word chooses the test files whose name contains it. Guests without a test left are not booted. Pure.
 */
export function chooseRuns(
  words: readonly string[],
  {
    guests,
    tests,
    all,
  }: { readonly guests: readonly Guest[]; readonly tests: readonly VmTest[]; readonly all: boolean },
): readonly Selection[] {
  const named = guests.filter(({ name }) => words.includes(name));
  const parts = words.filter((word) => guests.every(({ name }) => name !== word));
  const chosen = named.length > 0 ? named : guests.filter(({ nightly }) => all || !nightly);
  const wanted = tests.filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)));
  return chosen
    .map((guest) => ({ guest, tests: wanted.filter((test) => test.guests.includes(guest.name)) }))
    .filter((run) => run.tests.length > 0);
}
