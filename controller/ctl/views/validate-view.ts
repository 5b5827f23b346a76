import type { ComponentUse } from '../../config/checker.ts';
import type { Need } from '../../config/need.ts';
import { renderPairs } from '../../terminal/render.ts';
import { marksOf, type Paint, paint, type Style } from '../../terminal/style.ts';
import { cleanText } from '../../terminal/text-width.ts';
import type { Platform } from '../peers.ts';

/** A component of a configuration, for people and programs. */
export interface UsedComponent {
  readonly field: string;
  readonly tag: string;
  /** What it says of itself, else the first sentence of its documentation. */
  readonly text: string;
}

/** A need and what the host says to it. */
export interface JudgedNeed extends Need {
  /** undefined: no host was asked. */
  readonly available: boolean | undefined;
  readonly reason: string;
  readonly remedy: string;
}

/** The components of a file that loaded. */
export function usedComponents(uses: readonly ComponentUse[]): readonly UsedComponent[] {
  return uses.map(({ field, tag, doc, describe }) => {
    const said = describe()?.replace(new RegExp(`^!?${tag}:? *`), '') ?? '';
    return { field, tag, text: said === '' ? firstSentence(doc) : said };
  });
}

/** Each capability once, with what the host says: without a platform nobody was asked. Pure. */
export function judgeNeeds(
  needs: readonly Need[],
  host: Pick<Platform, 'capabilities'> | undefined,
): readonly JudgedNeed[] {
  const byName = new Map<string, Need>();
  for (const need of needs) {
    const before = byName.get(need.capability);
    if (before === undefined || need.whenAbsent === 'ends') byName.set(need.capability, need);
  }
  return [...byName.values()].map((need) => {
    if (host === undefined) return { ...need, available: undefined, reason: '', remedy: '' };
    const found = host.capabilities.find(({ name }) => name === need.capability);
    if (found === undefined)
      return { ...need, available: false, reason: 'this collector does not know it', remedy: '' };
    const { available, reason, remedy } = found;
    return { ...need, available, reason, remedy };
  });
}

/** What will run, as a tree of fields. */
export function renderComponents(components: readonly UsedComponent[], style: Style): readonly string[] {
  const pairs = components.map(({ field, tag, text }) => {
    const depth = field.split('.').length - 1;
    return [`${'  '.repeat(depth)}${cleanText(field.slice(field.lastIndexOf('.') + 1))}`, `!${tag}: ${text}`] as const;
  });
  return ['', paint('What runs', 'heading', style), ...renderPairs(pairs, style)];
}

/** What the configuration needs of a host and what this one has. */
export function renderNeeds(needs: readonly JudgedNeed[], hostname: string, style: Style): readonly string[] {
  if (needs.length === 0) return [];
  return ['', paint(`What it needs of ${cleanText(hostname)}`, 'heading', style), ...needs.flatMap(renderNeed(style))];
}

function renderNeed(style: Style): (need: JudgedNeed) => readonly string[] {
  const marks = marksOf(style);
  return ({ capability, wantedBy, whenAbsent, available, reason, remedy }) => {
    const [mark, colour]: readonly [string, Paint] = available === true ? [marks.yes, 'good'] : [marks.no, 'bad'];
    const head = `${paint(mark, colour, style)} ${cleanText(capability)}  ${paint(`for ${cleanText(wantedBy)}`, 'faint', style)}`;
    if (available === true) return [head];
    const then = whenAbsent === 'ends' ? 'the controller will end with status 1' : 'it is left out, the rest goes on';
    return [
      head,
      ...renderPairs(
        [
          ['why', reason],
          ['so', { text: then, paint: whenAbsent === 'ends' ? 'bad' : 'warn' }],
          ...(remedy === '' ? [] : [['remedy', remedy] as const]),
        ],
        style,
      ).map((line) => `  ${line}`),
    ];
  };
}

function firstSentence(doc: string): string {
  return /^.*?[.:](?= |$)/s.exec(doc)?.[0].replace(/[.:]$/, '') ?? doc;
}
