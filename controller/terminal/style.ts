/** How text may look where it is shown. */
export interface Style {
  readonly colour: boolean;
  /** The terminal or file takes more than ASCII. */
  readonly unicode: boolean;
  /** Columns a line may have; undefined when nobody wraps (a file, a pipe). */
  readonly width: number | undefined;
}

/** Meaning of a piece of text, not its colour. */
export type Paint = 'heading' | 'faint' | 'good' | 'warn' | 'bad' | 'reverse';

const escapes: Readonly<Record<Paint, string>> = {
  heading: '\u001b[1m',
  faint: '\u001b[2m',
  good: '\u001b[32m',
  warn: '\u001b[33m',
  bad: '\u001b[31m',
  reverse: '\u001b[7m',
};
const reset = '\u001b[0m';

/** Wraps the text in its colour where colour is wanted. */
export function paint(text: string, kind: Paint | undefined, style: Style): string {
  return kind === undefined || !style.colour || text === '' ? text : `${escapes[kind]}${text}${reset}`;
}

/** The marks of a terminal that takes Unicode, or their ASCII stand-ins. */
export function marksOf(style: Style): { yes: string; no: string; dot: string; ellipsis: string; arrow: string } {
  return style.unicode
    ? { yes: '✔', no: '✘', dot: '·', ellipsis: '…', arrow: '→' }
    : { yes: '+', no: '-', dot: '|', ellipsis: '~', arrow: '->' };
}

/** What the environment of a process and the stream it writes to allow. */
export interface StyleFacts {
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--no-color` was given. */
  readonly noColour: boolean;
}

/** Decides colour (https://no-color.org), character set (LC_ALL, LC_CTYPE, LANG as in setlocale(3)) and width. */
export function chooseStyle({ isTerminal, columns, env, noColour }: StyleFacts): Style {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  const refused = noColour || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return {
    colour: isTerminal && !refused,
    unicode: /utf-?8/i.test(locale),
    width: isTerminal ? Math.max(20, columns ?? 80) : undefined,
  };
}
