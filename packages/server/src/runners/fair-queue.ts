/**
 * First come, first served inside a group; the groups take turns. Entries put back in front of everybody go first.
 */
export class FairQueue<T extends object> {
  readonly #front: T[] = [];
  readonly #groups = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  sizeOf(group: string): number {
    return this.#groups.get(group)?.length ?? 0;
  }

  push(group: string, entry: T): void {
    const entries = this.#groups.get(group);
    if (entries) entries.push(entry);
    else this.#groups.set(group, [entry]);
    this.#size += 1;
  }

  pushFront(entry: T): void {
    this.#front.push(entry);
    this.#size += 1;
  }

  /** The next entry that `fits`; entries of its group that don't keep their place. */
  take(fits: (entry: T) => boolean): T | undefined {
    const first = this.#takeFrom(this.#front, fits);
    if (first !== undefined) return first;
    for (const [group, entries] of this.#groups) {
      const entry = this.#takeFrom(entries, fits);
      if (entry === undefined) continue;
      // To the end of the map: the other groups come first now.
      this.#groups.delete(group);
      if (entries.length > 0) this.#groups.set(group, entries);
      return entry;
    }
    return undefined;
  }

  remove(group: string, entry: T): void {
    const entries = this.#groups.get(group) ?? [];
    if (this.#drop(entries, entry) && entries.length === 0) this.#groups.delete(group);
    this.#drop(this.#front, entry);
  }

  entries(): T[] {
    return [...this.#front, ...[...this.#groups.values()].flat()];
  }

  #takeFrom(entries: T[], fits: (entry: T) => boolean): T | undefined {
    const index = entries.findIndex(fits);
    if (index < 0) return undefined;
    this.#size -= 1;
    return entries.splice(index, 1)[0];
  }

  #drop(entries: T[], entry: T): boolean {
    const index = entries.indexOf(entry);
    if (index < 0) return false;
    entries.splice(index, 1);
    this.#size -= 1;
    return true;
  }
}
