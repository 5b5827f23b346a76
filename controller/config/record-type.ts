import { describeNode } from './config-node.ts';
import type { Checked, Type } from './site.ts';
import { suggestName } from './suggest-name.ts';

/** Types by key. */
type Fields = Readonly<Record<string, Type<unknown>>>;

/** A mapping with known keys, none of which must be there. Only those that are written are in the value. */
export type RecordOf<F extends Fields> = { readonly [N in keyof F]?: F[N] extends Type<infer T> ? T : never };

/** The type of such a mapping; another key is a problem. `what`: `an allocation`, for messages. */
export function record<F extends Fields>(what: string, fields: F): Type<RecordOf<F>> {
  const label = `mapping with any of ${Object.keys(fields).join(', ')}`;
  return {
    label,
    check(node, site) {
      if (node.kind !== 'mapping') return site.problem(node, `got ${describeNode(node)}`, label);
      const pairs: [string, Checked<unknown>][] = [];
      for (const { key, keyAt, value } of node.entries) {
        const below = site.below(`.${key}`);
        const type = Object.hasOwn(fields, key) ? fields[key] : undefined;
        if (type === undefined) {
          const known = Object.keys(fields);
          below.problem({ at: keyAt }, `no such key of ${what}${suggestName(key, known)}`, known.join(', '));
          continue;
        }
        const checked = type.check(value, below);
        if (checked !== undefined) pairs.push([key, checked]);
      }
      if (pairs.length < node.entries.length) return undefined;
      return (context) => {
        const made: readonly (readonly unknown[])[] = pairs.map(([key, make]) => [key, make(context)]);
        const value: RecordOf<F> = Object.fromEntries(made);
        return value;
      };
    },
  };
}
