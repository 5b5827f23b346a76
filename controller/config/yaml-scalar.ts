import type { ScalarNode } from './config-node.ts';

type Resolved = ScalarNode['scalar'];

const nullText = /^(?:~|null|Null|NULL|)$/;
const boolText = /^(?:true|True|TRUE|false|False|FALSE)$/;
const intText =
  /^[-+]?(?:0b[01_]*[01][01_]*|0o[0-7_]*[0-7][0-7_]*|0x[0-9a-fA-F_]*[0-9a-fA-F][0-9a-fA-F_]*|[0-9][0-9_]*)$/;
const floatText =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?)$/;
const infinityText = /^[-+]?\.(?:inf|Inf|INF)$/;
const nanText = /^\.(?:nan|NaN|NAN)$/;

/** More digits than any parameter takes; BigInt of many digits takes long. */
const maxNumberLength = 400;

/**
 * The value of a plain scalar as the original reads it (spec config §1.2): YAML 1.2, but digits may hold `_`.
 * `yes`, `no`, `on`, `off` and dates are strings, `010` is 10, `0o10` is 8.
 */
export function resolvePlain(text: string): Resolved {
  if (nullText.test(text)) return { type: 'null' };
  if (boolText.test(text)) return { type: 'bool', value: text.toLowerCase() === 'true' };
  if (text.length > maxNumberLength) return { type: 'str', value: text };
  if (intText.test(text)) return { type: 'int', value: parseInteger(text) };
  if (floatText.test(text)) return { type: 'float', value: Number(text.replaceAll('_', '')) };
  if (infinityText.test(text)) {
    return { type: 'float', value: text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY };
  }
  if (nanText.test(text)) return { type: 'float', value: Number.NaN };
  return { type: 'str', value: text };
}

function parseInteger(text: string): bigint {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '');
  const magnitude = BigInt(digits);
  return text.startsWith('-') ? -magnitude : magnitude;
}

/** The value of a scalar with a tag of YAML's own (`!!int "5"`), or undefined when the text does not fit the tag. */
export function resolveTagged(type: 'str' | 'int' | 'float' | 'bool' | 'null', text: string): Resolved | undefined {
  if (type === 'str') return { type, value: text };
  const resolved = resolvePlain(text);
  if (type === 'float' && resolved.type === 'int') return { type, value: Number(resolved.value) };
  return resolved.type === type ? resolved : undefined;
}
