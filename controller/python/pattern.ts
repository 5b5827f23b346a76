/** A parsed Python regular expression. Positions and lengths count code points. */
export type PatternNode =
  /** One character. */
  | { readonly type: 'character'; readonly accepts: (codePoint: number) => boolean }
  | { readonly type: 'position'; readonly holds: (text: readonly number[], at: number) => boolean }
  | { readonly type: 'sequence'; readonly items: readonly PatternNode[] }
  | { readonly type: 'branch'; readonly options: readonly PatternNode[] }
  | {
      readonly type: 'repeat';
      readonly item: PatternNode;
      readonly min: number;
      /** Infinity without a bound. */
      readonly max: number;
      readonly lazy: boolean;
    }
  | { readonly type: 'group'; readonly index: number; readonly item: PatternNode }
  | { readonly type: 'reference'; readonly index: number; readonly equal: (a: number, b: number) => boolean }
  | { readonly type: 'ahead'; readonly item: PatternNode; readonly negated: boolean }
  | { readonly type: 'behind'; readonly item: PatternNode; readonly negated: boolean; readonly width: number }
  | {
      readonly type: 'conditional';
      readonly index: number;
      readonly yes: PatternNode;
      readonly no: PatternNode;
    };

export interface Pattern {
  readonly root: PatternNode;
  /** Without group 0. */
  readonly groupCount: number;
  readonly groupNames: ReadonlyMap<string, number>;
}

/** A pattern or a replacement that Python, or this version of it, does not take. */
export class PatternError extends Error {
  /** Where in the text, in code points from 0. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(`${message} at position ${at}`);
    this.at = at;
  }
}

/** Flags as they hold at one place of a pattern. */
export interface Flags {
  readonly ascii: boolean;
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly verbose: boolean;
}

export const noFlags: Flags = { ascii: false, ignoreCase: false, multiline: false, dotAll: false, verbose: false };

/** Fewest and most characters a node takes. */
export interface Width {
  readonly min: number;
  readonly max: number;
}
