import type { SortKey, TopState } from './views/top-view.ts';

/** What a key press asks for. */
export type TopAction =
  | { readonly kind: 'quit' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'sort'; readonly sort: SortKey }
  | { readonly kind: 'scroll'; readonly lines: number };

const actions: Readonly<Record<string, TopAction>> = {
  q: { kind: 'quit' },
  Q: { kind: 'quit' },
  '\u0003': { kind: 'quit' },
  '\u0004': { kind: 'quit' },
  '\u001a': { kind: 'suspend' },
  c: { kind: 'sort', sort: 'cpu' },
  m: { kind: 'sort', sort: 'memory' },
  i: { kind: 'sort', sort: 'ipc' },
  f: { kind: 'sort', sort: 'faults' },
  k: { kind: 'scroll', lines: -1 },
  j: { kind: 'scroll', lines: 1 },
  '\u001b[A': { kind: 'scroll', lines: -1 },
  '\u001bOA': { kind: 'scroll', lines: -1 },
  '\u001b[B': { kind: 'scroll', lines: 1 },
  '\u001bOB': { kind: 'scroll', lines: 1 },
  '\u001b[5~': { kind: 'scroll', lines: -10 },
  '\u001b[6~': { kind: 'scroll', lines: 10 },
  '\u001b[H': { kind: 'scroll', lines: Number.NEGATIVE_INFINITY },
  '\u001b[F': { kind: 'scroll', lines: Number.POSITIVE_INFINITY },
};

const esc = '\u001b';
/** A CSI or SS3 sequence as a whole, anything else by character. */
const keyPattern = new RegExp(`${esc}\\[[0-9;]*[@-~]|${esc}O[@-~]|[\\s\\S]`, 'g');

/** The keys in one chunk of a terminal in raw mode; keys without a meaning are left out. */
export function parseKeys(chunk: string): readonly TopAction[] {
  const keys = chunk.match(keyPattern) ?? [];
  return keys.flatMap((key) => {
    const action = Object.hasOwn(actions, key) ? actions[key] : undefined;
    return action === undefined ? [] : [action];
  });
}

/** The state after a key; `rows` bounds the scrolling. Sorting goes back to the top. */
export function applyAction(state: TopState, action: TopAction, rows: number): TopState {
  if (action.kind === 'sort') return { sort: action.sort, offset: 0 };
  if (action.kind !== 'scroll') return state;
  return { ...state, offset: Math.max(0, Math.min(Math.max(0, rows - 1), state.offset + action.lines)) };
}
