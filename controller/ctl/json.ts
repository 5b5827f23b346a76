/**
 * A message of the contract as a plain JSON document in proto3's JSON names (lowerCamelCase). proto-loader adds a
 * `_field` beside each optional field, which is no part of the contract and left out.
 */
export function toDocument(message: unknown): unknown {
  if (Array.isArray(message)) return message.map(toDocument);
  if (typeof message === 'bigint') return message.toString();
  if (typeof message !== 'object' || message === null) return message;
  return Object.fromEntries(
    Object.entries(message)
      .filter(([key]) => !key.startsWith('_'))
      .map(([key, value]) => [key, toDocument(value)]),
  );
}
