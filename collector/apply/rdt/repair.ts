import { formatDomains } from '../../../shared/kernel-text/schemata.ts';
import { tryParse } from './line-text.ts';

/**
 * What to write to bring back domains that were reset: those that have the unlimited value where another was written
 * (`0=f;1=7ff` where `0=f;1=f` was written: `1=f`). A domain with another value was changed by somebody: its line is
 * left whole. undefined: nothing. Pure.
 */
export function planLineRepair(current: string, written: string, unlimited: string): string | undefined {
  const wanted = tryParse(written);
  const reset = new Map<number, string>();
  for (const [id, value] of tryParse(current)) {
    const wish = wanted.get(id);
    if (wish === undefined || wish === value) continue;
    if (value !== unlimited) return undefined;
    reset.set(id, wish);
  }
  return reset.size === 0 ? undefined : formatDomains(reset);
}
