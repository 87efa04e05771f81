/** Lets a fixed number of tasks run at a time, the others in the order of their arrival. */
export class Gate {
  #free: number;
  readonly #width: number;
  readonly #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.#free = width;
    this.#width = width;
  }

  /** Tasks that run. */
  get busy(): number {
    return this.#width - this.#free;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
