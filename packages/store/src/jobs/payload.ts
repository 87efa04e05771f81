// JSON has no bigint: keys travel as {"$bigint": "123"}.

export function encodePayload(payload: object): string {
  return JSON.stringify(payload, (_name, value: unknown) =>
    typeof value === 'bigint' ? { $bigint: String(value) } : value,
  );
}

/** Undoes `encodePayload` in JSON that was parsed already. */
export function decodePayload(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodePayload);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === '$bigint') return BigInt(String(first[1]));
  return Object.fromEntries(entries.map(([name, item]) => [name, decodePayload(item)]));
}
