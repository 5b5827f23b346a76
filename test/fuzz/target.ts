import fc from 'fast-check';
import { WcaError } from '../../shared/errors/wca-error.ts';

/** Something that takes input from outside. */
export interface FuzzTarget {
  readonly name: string;
  /** Checks one input; anything it throws is a finding. */
  readonly property: fc.IRawProperty<unknown>;
}

/** No input of at most a few hundred kilobytes may take longer; a slow machine is taken into account. */
const maxMs = 1_000;

/** Calls `parse` with inputs: it may refuse with a WcaError, nothing else, and soon. `check` looks at what it accepts. */
export function parserTarget<I, O>(
  name: string,
  input: fc.Arbitrary<I>,
  parse: (input: I) => O,
  check: (output: O, input: I) => void = () => {},
): FuzzTarget {
  const property = fc.property(input, (value) => {
    const startMs = performance.now();
    const output = attempt(() => parse(value));
    const tookMs = performance.now() - startMs;
    if (tookMs > maxMs) throw new Error(`took ${tookMs.toFixed(0)} ms`);
    if (output !== undefined) check(output.value, value);
  });
  return { name, property };
}

function attempt<O>(parse: () => O): { readonly value: O } | undefined {
  try {
    return { value: parse() };
  } catch (thrown) {
    if (thrown instanceof WcaError && thrown.code !== 'INTERNAL') return undefined;
    throw thrown;
  }
}
