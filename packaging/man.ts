/** Manual pages in man(7)'s language. Pure. */

export interface ManSection {
  readonly title: string;
  readonly parts: readonly ManPart[];
}

export type ManPart =
  | { readonly kind: 'text'; readonly text: string }
  /** Lines as they are: a help text, an example. */
  | { readonly kind: 'verbatim'; readonly text: string }
  /** `[term, what it is]`. */
  | { readonly kind: 'terms'; readonly terms: readonly (readonly [string, string])[] };

export interface ManPage {
  /** `wca-ctl`. */
  readonly name: string;
  readonly section: 1 | 8;
  /** Half a line: `what it is`. */
  readonly summary: string;
  readonly version: string;
  /** `2026-01-31`. */
  readonly date: string;
  readonly sections: readonly ManSection[];
}

/** Escapes what roff would read as its own: backslashes, a dot or apostrophe at the beginning of a line, hyphens. */
export function escapeRoff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', "'")
    .replace(/^([.'])/gm, '\\&$1');
}

/** The page; `mandoc -Tlint` and `man -l` read it. */
export function formatManPage({ name, section, summary, version, date, sections }: ManPage): string {
  return `${[
    `.TH ${name.toUpperCase()} ${section} ${date} "wca ${version}" "Workload Collocation Agent"`,
    '.SH NAME',
    `${escapeRoff(name)} \\- ${escapeRoff(summary)}`,
    ...sections.flatMap(({ title, parts }) => [`.SH ${title.toUpperCase()}`, ...parts.flatMap(formatPart)]),
  ].join('\n')}\n`;
}

function formatPart(part: ManPart): readonly string[] {
  if (part.kind === 'verbatim') return ['.nf', escapeRoff(part.text.trimEnd()), '.fi'];
  if (part.kind === 'text') return ['.PP', escapeRoff(part.text)];
  return part.terms.flatMap(([term, what]) => ['.TP', `\\fB${escapeRoff(term)}\\fR`, escapeRoff(what)]);
}
