import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { type PerfEvent, typeRaw } from './perf-event.ts';

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Whether a name is one that a user encodes. What contains `__r` is a counter without an entry in the catalogue. */
export function isUserEvent(name: string): boolean {
  return name.includes('__r');
}

/** A user's event in either syntax; INVALID_ARGUMENT says what is wrong with it. */
export function parseUserEvent(name: string): Reading<PerfEvent> {
  return name.includes('/') ? parseConfigEvent(name) : parseRawEvent(name);
}

/**
 * `<name>__r<bits>`: 4, 6 or 16 hexadecimal digits `EEUU`, `EEUUCC` or `EEUUCC` + config1 (spec measurements §3.5);
 * config = event | umask << 8 | cmask << 24. The metric keeps the whole name.
 */
function parseRawEvent(name: string): Reading<PerfEvent> {
  const parts = name.split('__r');
  const [prefix = '', bits = ''] = parts;
  if (parts.length < 2) return invalid(name, 'does not contain __r', 'write name__rEEUU');
  if (parts.length > 2) return invalid(name, 'contains __r more than once', 'write name__rEEUU');
  if (!metricName.test(prefix)) {
    return invalid(name, 'has a name that is no metric name', 'use letters, digits, _ and :');
  }
  if (![4, 6, 16].includes(bits.length)) {
    return invalid(
      name,
      `has ${bits.length} digits after __r, a wrong length`,
      'give 4, 6 or 16: EEUU, EEUUCC, EEUUCC + config1',
    );
  }
  if (!/^[0-9a-fA-F]+$/.test(bits)) return invalid(name, 'has an invalid literal after __r', 'give hexadecimal digits');
  const byte = (at: number): bigint => BigInt(`0x0${bits.slice(at, at + 2)}`);
  const config = byte(0) | (byte(2) << 8n) | (byte(4) << 24n);
  return { ok: true, value: rawEvent(name, config, BigInt(`0x0${bits.slice(6)}`)) };
}

/**
 * `<name>/config=0x…[,config1=0x…]/`, for what `__r` cannot say: edge, inv, event numbers above 255. The metric is
 * `<name>`, which contains `__r` all the same: `l3_misses__raw/config=0x1000010a6/`.
 */
function parseConfigEvent(text: string): Reading<PerfEvent> {
  const [, name = '', terms = ''] = /^([^/]*)\/([^/]*)\/$/.exec(text) ?? [];
  const form = 'write name__raw/config=0x…,config1=0x…/';
  if (!metricName.test(name)) return invalid(text, 'has a name that is no metric name', form);
  if (!isUserEvent(name)) return invalid(text, 'has a name without __r', form);
  const values = new Map<string, bigint>();
  for (const term of terms.split(',')) {
    const [, key = '', value = ''] = /^(config1?)=(0x[0-9a-fA-F]{1,16}|\d{1,19})$/.exec(term) ?? [];
    if (key === '' || values.has(key)) return invalid(text, `has a term that is not understood: "${term}"`, form);
    values.set(key, BigInt(value));
  }
  const config = values.get('config');
  if (config === undefined) return invalid(text, 'has no config', form);
  return { ok: true, value: rawEvent(name, config, values.get('config1') ?? 0n) };
}

function rawEvent(name: string, config: bigint, config1: bigint): PerfEvent {
  return { name, type: typeRaw, config, config1, software: false, divisor: 1 };
}

/** INVALID_ARGUMENT about the name of an event, which may be anything. */
export function invalidError(name: string, message: string, remedy: string): WcaError {
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  return new WcaError('INVALID_ARGUMENT', { subject: `event ${JSON.stringify(shown)}`, message, remedy });
}

/** The same as a reading. */
export function invalid(name: string, message: string, remedy: string): Reading<PerfEvent> {
  return { ok: false, error: invalidError(name, message, remedy) };
}
