import { type Resolvers, resolvers } from './resolvers.ts';

/**
 * A queue between one producer and one consumer. Not a generator: closing a generator that waits for its next value
 * would wait with it.
 */
export class Channel<T extends object> implements AsyncIterableIterator<T, undefined> {
  readonly #values: T[] = [];
  #waiting: Resolvers<IteratorResult<T, undefined>> | undefined;
  #room: (Resolvers<void> & { readonly below: number }) | undefined;
  #closed = false;
  #failure: { readonly error: unknown } | undefined;
  readonly #onReturn: (() => void) | undefined;

  /** `onReturn` runs when the consumer leaves before the end. */
  constructor(onReturn?: () => void) {
    this.#onReturn = onReturn;
  }

  get size(): number {
    return this.#values.length;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Values pushed after the end are dropped. */
  push(value: T): void {
    if (this.#closed) return;
    if (this.#waiting) {
      this.#waiting.resolve({ done: false, value });
      this.#waiting = undefined;
      return;
    }
    this.#values.push(value);
  }

  /** Undefined when fewer than `limit` values wait; else resolves when that is so, or nobody reads any more. */
  room(limit: number): Promise<void> | undefined {
    if (this.#closed || this.#values.length < limit) return undefined;
    this.#room ??= { ...resolvers<void>(), below: limit };
    return this.#room.promise;
  }

  /** Nothing more comes; what was pushed can still be read. */
  close(): void {
    this.#end(undefined);
  }

  /** As `close`, and then the consumer gets `error`. */
  fail(error: unknown): void {
    this.#end({ error });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const value = this.#values.shift();
    if (value !== undefined) {
      if (this.#room && this.#values.length < this.#room.below) this.#releaseRoom();
      return Promise.resolve({ done: false, value });
    }
    if (this.#failure) {
      const { error } = this.#failure;
      this.#failure = undefined;
      return Promise.reject(error);
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    this.#waiting = resolvers();
    return this.#waiting.promise;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    const left = !this.#closed;
    this.#values.length = 0;
    this.#failure = undefined;
    this.close();
    this.#releaseRoom();
    if (left) this.#onReturn?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(failure: { readonly error: unknown } | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#releaseRoom();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (!waiting) this.#failure = failure;
    else if (failure) waiting.reject(failure.error);
    else waiting.resolve({ done: true, value: undefined });
  }

  #releaseRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}
