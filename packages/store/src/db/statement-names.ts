// Statements that are sent again and again get a name, under which a connection keeps them parsed and planned: half of
// what a small query costs is that. The server goes on planning anew where a plan for any values would be the worse.

/** Each connection keeps what it was sent by name, so there must be an end to them. */
const MOST_NAMES = 250;
/** Texts that are counted; the rarest of a search's many shapes leave first. */
const MOST_COUNTED = 1_000;
const WORTH_IT = 5;

export class StatementNames {
  readonly #names = new Map<string, string | undefined>();
  readonly #sent = new Map<string, number>();

  /** Undefined for a statement that has not proved common. */
  nameOf(text: string): string | undefined {
    if (this.#names.has(text) || this.#names.size >= MOST_NAMES) return this.#names.get(text);
    const sent = (this.#sent.get(text) ?? 0) + 1;
    // Put in anew: the order of the map is that of the last use.
    this.#sent.delete(text);
    if (sent >= WORTH_IT) {
      this.#names.set(text, `s${this.#names.size}`);
      return this.#names.get(text);
    }
    this.#sent.set(text, sent);
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > MOST_COUNTED && oldest !== undefined) this.#sent.delete(oldest);
    return undefined;
  }

  /** Its plan is of no use any more: a table has changed under it. */
  giveUp(text: string): void {
    this.#names.set(text, undefined);
  }
}
