import { isInputId } from '@limpid/wire';

/** Ids to try, in order, when the wanted one is taken; after them comes a random one. */
export function suffixedIds(id: string): string[] {
  const ids = Array.from({ length: 9 }, (_, index) => `${id}-${index + 1}`);
  return ids.filter(isInputId);
}

/** The last resort: as much of the id as fits, and something random. */
export function randomlySuffixed(id: string, hex: string): string {
  const suffix = `-${hex.slice(0, 12)}`;
  const room = 128 - suffix.length;
  return `${[...id].slice(0, room).join('').trimEnd()}${suffix}`;
}
