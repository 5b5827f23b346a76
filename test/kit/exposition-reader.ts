/** One line of the Prometheus text format, as an independent reader understands it. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
  readonly timestamp: string | undefined;
}

/**
 * Reads the text format character by character, written from its description and not from our writer. Throws on
 * anything it does not understand.
 */
export function readExposition(text: string): readonly ReadSample[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  const lines = text.split('\n').slice(0, -1);
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map(readSample);
}

function readSample(line: string): ReadSample {
  let at = 0;
  const take = (pattern: RegExp): string => {
    const found = new RegExp(pattern.source, 'y');
    found.lastIndex = at;
    const match = found.exec(line);
    if (match === null) throw new Error(`${pattern.source} expected at ${at} of ${JSON.stringify(line)}`);
    at = found.lastIndex;
    return match[0];
  };
  const name = take(/[a-zA-Z_:][a-zA-Z0-9_:]*/);
  const labels: Record<string, string> = {};
  if (line[at] === '{') {
    at += 1;
    while (line[at] !== '}') {
      const label = take(/[a-zA-Z_][a-zA-Z0-9_]*/);
      take(/="/);
      let value = '';
      while (line[at] !== '"') {
        if (at >= line.length) throw new Error(`label value without end: ${line}`);
        if (line[at] === '\\') {
          const escaped = { '\\': '\\', n: '\n', '"': '"' }[line[at + 1] ?? ''];
          if (escaped === undefined) throw new Error(`unknown escape: ${line}`);
          value += escaped;
          at += 2;
        } else {
          value += line[at];
          at += 1;
        }
      }
      if (label in labels) throw new Error(`label twice: ${line}`);
      labels[label] = value;
      at += 1;
      if (line[at] !== '}') take(/,/);
    }
    at += 1;
  }
  take(/ /);
  const [value = '', timestamp, ...rest] = line.slice(at).split(' ');
  if (rest.length > 0 || value === '') throw new Error(`no value, or more than value and timestamp: ${line}`);
  return { name, labels, value, timestamp };
}
