import { Lexer, LineCounter, parseDocument } from 'yaml';
import type { Position } from './config-node.ts';

/** 1 MiB: a list of tens of thousands of tasks. */
export const maxConfigBytes = 1 << 20;
const maxTokens = 200_000;
const maxFlowDepth = 100;
const maxIndicatorsInLine = 100;

/** What is wrong with a text that is no usable YAML at all. */
export interface TextProblem {
  readonly at: Position;
  readonly reason: string;
}

export type ParsedText =
  | { readonly ok: true; readonly document: ReturnType<typeof parseDocument>; readonly lines: LineCounter }
  | { readonly ok: false; readonly problems: readonly TextProblem[] };

/** One YAML document with the source positions of its nodes; scalars and tags are not resolved yet. */
export function parseText(text: string): ParsedText {
  const bounds = checkBounds(text);
  if (bounds !== undefined) return { ok: false, problems: [bounds] };
  const lines = new LineCounter();
  try {
    // Duplicate keys are found by our own pass: the library compares each key with all before it.
    const document = parseDocument(text, {
      schema: 'failsafe',
      resolveKnownTags: false,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
      lineCounter: lines,
    });
    if (document.errors.length === 0) return { ok: true, document, lines };
    return {
      ok: false,
      problems: document.errors.map(({ code, message, pos }) => ({
        at: positionOf(lines, pos[0]),
        reason: code === 'MULTIPLE_DOCS' ? 'a second document: a configuration is one' : message,
      })),
    };
  } catch (thrown) {
    // The library recurses: a RangeError means nesting that no configuration has.
    const reason = thrown instanceof RangeError ? 'nested too deeply' : String(thrown);
    return { ok: false, problems: [{ at: { line: 1, column: 1 }, reason }] };
  }
}

export function positionOf(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** What would make the library slow, large or crash: a megabyte of `[` ends the whole process out of memory. */
function checkBounds(text: string): TextProblem | undefined {
  if (Buffer.byteLength(text) > maxConfigBytes) return problemAt(text, 0, `larger than ${maxConfigBytes} bytes`);
  const control = findControl(text);
  if (control !== undefined) {
    const code = text.charCodeAt(control).toString(16).padStart(4, '0');
    return problemAt(text, control, `not text: control character U+${code}`);
  }
  let offset = 0;
  let tokens = 0;
  let depth = 0;
  let indicators = 0;
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > maxTokens) return problemAt(text, offset, `more than ${maxTokens} YAML tokens`);
    if (token === '[' || token === '{') depth += 1;
    if (token === ']' || token === '}') depth -= 1;
    if (token === '-' || token === '?') indicators += 1;
    if (token.includes('\n')) indicators = 0;
    if (depth > maxFlowDepth || indicators > maxIndicatorsInLine) {
      return problemAt(text, offset, 'nested too deeply');
    }
    if (token.length > 1 || !lexerMarks.has(token)) offset += token.length;
  }
  return undefined;
}

/** What the lexer puts between the tokens that is not in the text: start of a document, of a scalar, an error. */
const lexerMarks: ReadonlySet<string> = new Set(['\u0002', '\u0018', '\u001f']);

/** Index of the first character that YAML does not allow in a text, or undefined. */
function findControl(text: string): number | undefined {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    const allowed = code === 0x09 || code === 0x0a || code === 0x0d;
    if ((code < 0x20 && !allowed) || code === 0x7f || code >= 0xfffe) return i;
  }
  return undefined;
}

function problemAt(text: string, offset: number, reason: string): TextProblem {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { at: { line, column: offset - before.lastIndexOf('\n') }, reason };
}
