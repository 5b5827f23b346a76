import type { Pattern, PatternNode } from './pattern.ts';

/** Continues at a position; true when all the rest matched. */
type Step = (at: number) => boolean;

/** What a search found; group 0 is the whole. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** Start and end of each group, undefined when it took no part. */
  readonly groups: readonly (readonly [start: number, end: number] | undefined)[];
}

/** The pattern takes too long on this text: it goes back and forth in it (`(a+)+b`). */
export class MatchTooLong extends Error {}

/**
 * A backtracking matcher that does what CPython 3.6's `sre` does. Native regular expressions are of no use: they forget
 * groups between repetitions, match references to unset groups, and cannot be stopped.
 */
export class Matcher {
  readonly #start: Step;
  readonly #groups: ([number, number] | undefined)[];
  #text: readonly number[] = [];
  #end = 0;
  #stepsLeft = 0;

  constructor(pattern: Pattern) {
    this.#groups = new Array<[number, number] | undefined>(pattern.groupCount + 1).fill(undefined);
    this.#start = this.#compile(pattern.root, (at) => {
      this.#end = at;
      return true;
    });
  }

  /** Begins a text; at most `maxSteps` single steps are spent on it. */
  begin(text: readonly number[], maxSteps: number): void {
    this.#text = text;
    this.#stepsLeft = maxSteps;
  }

  /** The first match that starts at `from` or later. Throws MatchTooLong. */
  search(from: number): Match | undefined {
    for (let start = from; start <= this.#text.length; start += 1) {
      const match = this.matchAt(start);
      if (match !== undefined) return match;
    }
    return undefined;
  }

  /** The match that starts right at `start`. Throws MatchTooLong. */
  matchAt(start: number): Match | undefined {
    this.#groups.fill(undefined);
    this.#spend(1);
    if (!this.#start(start)) return undefined;
    this.#groups[0] = [start, this.#end];
    return { start, end: this.#end, groups: [...this.#groups] };
  }

  #spend(steps: number): void {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft < 0) throw new MatchTooLong('the pattern needs too many steps on this text');
  }

  #compile(node: PatternNode, next: Step): Step {
    switch (node.type) {
      case 'character':
        return (at) => {
          const character = this.#text[at];
          return character !== undefined && node.accepts(character) && next(at + 1);
        };
      case 'position':
        return (at) => node.holds(this.#text, at) && next(at);
      case 'sequence':
        return node.items.reduceRight((rest, item) => this.#compile(item, rest), next);
      case 'branch':
        return this.#compileBranch(node.options, next);
      case 'repeat':
        return node.item.type === 'character'
          ? this.#compileRun({ ...node, accepts: node.item.accepts }, next)
          : this.#compileRepeat(node, next);
      case 'group':
        return this.#compileGroup(node, next);
      case 'reference':
        return this.#compileReference(node, next);
      case 'ahead':
      case 'behind':
        return this.#compileLook(node, next);
      case 'conditional': {
        const yes = this.#compile(node.yes, next);
        const no = this.#compile(node.no, next);
        return (at) => (this.#groups[node.index] === undefined ? no(at) : yes(at));
      }
    }
  }

  #compileBranch(nodes: readonly PatternNode[], next: Step): Step {
    const options = nodes.map((option) => this.#compile(option, next));
    return (at) => {
      this.#spend(1);
      for (const option of options) if (option(at)) return true;
      return false;
    };
  }

  /** A repeated single character: no recursion, whatever the length. */
  #compileRun(
    run: { accepts: (codePoint: number) => boolean; min: number; max: number; lazy: boolean },
    next: Step,
  ): Step {
    const { accepts, min, max, lazy } = run;
    const accepted = (at: number): boolean => {
      const character = this.#text[at];
      return character !== undefined && accepts(character);
    };
    return (at) => {
      let count = 0;
      const wanted = lazy ? min : max;
      while (count < wanted && accepted(at + count)) count += 1;
      this.#spend(count + 1);
      if (count < min) return false;
      for (;;) {
        if (next(at + count)) return true;
        this.#spend(1);
        if (lazy ? count >= max || !accepted(at + count) : count <= min) return false;
        count += lazy ? 1 : -1;
      }
    };
  }

  /** As `MAX_UNTIL` and `MIN_UNTIL` of sre: an iteration that starts where the one before started is not made. */
  #compileRepeat({ item, min, max, lazy }: PatternNode & { type: 'repeat' }, next: Step): Step {
    let count = 0;
    let last = -1;
    const iterate = (at: number): boolean => {
      const before = last;
      count += 1;
      last = at;
      if (body(at)) return true;
      count -= 1;
      last = before;
      return false;
    };
    const leave = (at: number): boolean => {
      // What follows may come to this repetition again: it must find, and leave, the state of its own.
      const saved: readonly [number, number] = [count, last];
      if (next(at)) return true;
      [count, last] = saved;
      return false;
    };
    const loop: Step = (at) => {
      this.#spend(1);
      if (count < min) return iterate(at);
      const more = count < max && at !== last;
      if (lazy) return leave(at) || (more && iterate(at));
      return (more && iterate(at)) || leave(at);
    };
    const body = this.#compile(item, loop);
    return (at) => {
      const saved: readonly [number, number] = [count, last];
      [count, last] = [0, -1];
      if (loop(at)) return true;
      [count, last] = saved;
      return false;
    };
  }

  /** A group keeps what it took in an earlier repetition until it takes something again. */
  #compileGroup({ index, item }: PatternNode & { type: 'group' }, next: Step): Step {
    let opened = 0;
    const inner = this.#compile(item, (at) => {
      const before = this.#groups[index];
      this.#groups[index] = [opened, at];
      if (next(at)) return true;
      this.#groups[index] = before;
      return false;
    });
    return (at) => {
      const before = opened;
      opened = at;
      if (inner(at)) return true;
      opened = before;
      return false;
    };
  }

  /** A reference to a group that took no part does not match. */
  #compileReference({ index, equal }: PatternNode & { type: 'reference' }, next: Step): Step {
    return (at) => {
      const [start, end] = this.#groups[index] ?? [];
      if (start === undefined || end === undefined) return false;
      this.#spend(end - start + 1);
      for (let i = start; i < end; i += 1) {
        const wanted = this.#text[i];
        const character = this.#text[at + i - start];
        if (wanted === undefined || character === undefined || !equal(character, wanted)) return false;
      }
      return next(at + end - start);
    };
  }

  /** What is inside is decided once: groups it set stay set, and nothing goes back into it. */
  #compileLook(node: PatternNode & { type: 'ahead' | 'behind' }, next: Step): Step {
    const inner = this.#compile(node.item, () => true);
    const width = node.type === 'behind' ? node.width : 0;
    return (at) => {
      this.#spend(1);
      const before = [...this.#groups];
      const matched = at >= width && inner(at - width);
      if (matched === node.negated) {
        this.#setGroups(before);
        return false;
      }
      if (node.negated) this.#setGroups(before);
      if (next(at)) return true;
      this.#setGroups(before);
      return false;
    };
  }

  #setGroups(groups: readonly ([number, number] | undefined)[]): void {
    for (let i = 0; i < groups.length; i += 1) this.#groups[i] = groups[i];
  }
}
