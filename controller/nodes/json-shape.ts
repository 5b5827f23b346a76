/** An object of an answer, whose members may be anything. */
export type Json = Readonly<Record<string, unknown>>;

/** undefined for a text that is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Empty for what is no object. */
export function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

/** Empty for what is no list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
