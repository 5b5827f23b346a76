/** Types by name: the fields of a kind (`"image?": "string"`), or what an alias stands for (`"Quantity": "string"`). */
export type Definitions = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

export interface Value {
  /** `number`, `string[]`, `map<string>`, `"apps/v1"`, `number | string`, or a name of the definitions. */
  readonly type: string;
  readonly value: unknown;
  /** For the messages: `DaemonSet.spec`. */
  readonly at: string;
}

/** What is wrong with a value of a manifest: `DaemonSet.spec: no field replicas`. Unknown fields are problems. */
export function problemsOfValue(definitions: Definitions, { type, value, at }: Value): readonly string[] {
  const union = type.split(' | ');
  if (union.length > 1) {
    const fits = union.some((one) => problemsOfValue(definitions, { type: one, value, at }).length === 0);
    return fits ? [] : [`${at}: not ${type}`];
  }
  if (type.startsWith('"')) return JSON.stringify(value) === type ? [] : [`${at}: not ${type}`];
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) return [`${at}: not a list`];
    const of = type.slice(0, -2);
    return value.flatMap((item, i) => problemsOfValue(definitions, { type: of, value: item, at: `${at}[${i}]` }));
  }
  if (['string', 'number', 'boolean'].includes(type)) return typeof value === type ? [] : [`${at}: not a ${type}`];
  if (typeof value !== 'object' && typeof definitions[type] === 'object') return [`${at}: not an object`];
  const map = /^map<(.*)>$/.exec(type)?.[1];
  if (map !== undefined) return problemsOfFields(value, at, () => ({ type: map }), definitions);
  const definition = definitions[type];
  if (definition === undefined) return [`${at}: no definition of ${type}`];
  if (typeof definition === 'string') return problemsOfValue(definitions, { type: definition, value, at });
  const has = new Set(typeof value === 'object' && value !== null ? Object.keys(value) : []);
  const missing = Object.keys(definition).filter((field) => !field.endsWith('?') && !has.has(field));
  const typeOf = (field: string) => ({ type: definition[field] ?? definition[`${field}?`] });
  return [...missing.map((field) => `${at}: ${field} is missing`), ...problemsOfFields(value, at, typeOf, definitions)];
}

function problemsOfFields(
  value: unknown,
  at: string,
  typeOf: (field: string) => { readonly type: string | undefined },
  definitions: Definitions,
): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: not an object`];
  return Object.entries(value).flatMap(([field, of]) => {
    const { type } = typeOf(field);
    if (type === undefined) return [`${at}: no field ${field}`];
    return problemsOfValue(definitions, { type, value: of, at: `${at}.${field}` });
  });
}
