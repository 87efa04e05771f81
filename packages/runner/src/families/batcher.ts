interface Waiting<I, O> {
  readonly item: I;
  readonly resolve: (output: O) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs items through `run` in batches, one batch at a time: what arrives while a batch runs forms the
 * next one. Keeps a network's threads from competing with themselves, and fills batches under load
 * without making a single caller wait.
 */
export class Batcher<I, O> {
  readonly #run: (items: readonly I[]) => Promise<readonly O[]>;
  readonly #size: number;
  #waiting: Waiting<I, O>[] = [];
  #running = false;

  constructor(size: number, run: (items: readonly I[]) => Promise<readonly O[]>) {
    this.#size = size;
    this.#run = run;
  }

  submit(item: I): Promise<O> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#running) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#running = true;
    // Lets callers of the same tick join the first batch.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#size);
      try {
        const outputs = await this.#run(batch.map(({ item }) => item));
        batch.forEach(({ resolve, reject }, index) => {
          const output = outputs[index];
          if (output === undefined) reject(new Error('the network gave too few outputs'));
          else resolve(output);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running = false;
  }
}
