import type { ExpositionFormat } from './exposition.ts';

/** Value of Content-Type for each format. */
export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

interface Choice {
  readonly name: string;
  readonly version: string | undefined;
  readonly quality: number;
}

/**
 * The format for an `Accept` header (RFC 9110 §12.5.1). OpenMetrics only when it is named with a version we write and is
 * liked at least as well as plain text; text in all other cases, also when the client accepts neither, as is usual.
 * Example, of Prometheus 2.42: `application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;
 * q=0.75,text/plain;version=0.0.4;q=0.5,*\/*;q=0.1`.
 */
export function chooseFormat(accept: string | undefined): ExpositionFormat {
  const choices = parseChoices(accept ?? '');
  const best = (name: string, versions: readonly string[]): number =>
    Math.max(
      0,
      ...choices
        .filter((c) => c.name === name && (c.version === undefined || versions.includes(c.version)))
        .map((c) => c.quality),
    );
  const openMetrics = best('application/openmetrics-text', ['1.0.0']);
  return openMetrics > 0 && openMetrics >= best('text/plain', ['0.0.4']) ? 'openmetrics' : 'text';
}

/** Whether an `Accept-Encoding` header allows gzip (RFC 9110 §12.5.3). */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const choices = parseChoices(acceptEncoding ?? '');
  const named = choices.find(({ name }) => name === 'gzip' || name === 'x-gzip') ?? choices.find((c) => c.name === '*');
  return named !== undefined && named.quality > 0;
}

/** `a;version=1;q=0.5, b` as a list; what cannot be read has quality 0. */
function parseChoices(header: string): readonly Choice[] {
  return header.split(',').flatMap((item) => {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    if (name === '') return [];
    const value = (key: string): string | undefined =>
      parameters.find((parameter) => parameter.startsWith(`${key}=`))?.slice(key.length + 1);
    const version = value('version')?.replace(/^"(.*)"$/, '$1');
    return [{ name, version, quality: parseQuality(value('q')) }];
  });
}

function parseQuality(text: string | undefined): number {
  if (text === undefined) return 1;
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text) ? Number(text) : 0;
}
