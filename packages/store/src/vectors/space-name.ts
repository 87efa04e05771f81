/** How the vectors of a space, the key of a model version, are named in the index. */
export function spaceName(space: bigint): string {
  return `embeddings-${space}`;
}

/** The model version whose space has this name; undefined for a name that is not ours. */
export function spaceOf(name: string): bigint | undefined {
  const key = /^embeddings-(\d+)$/.exec(name)?.[1];
  return key === undefined ? undefined : BigInt(key);
}
