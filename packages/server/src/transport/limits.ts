// Bytes in flight: what requests may hold in memory at once, for one caller and for the process.
import { StatusCode, StatusError } from '@limpid/wire';

export interface ByteBudgetOptions {
  readonly processBytes: number;
  /** What one caller may hold; the rest stays free for others. */
  readonly keyBytes: number;
  /** How long a request waits for its turn before it is told to come later. */
  readonly waitMs: number;
  /** Requests that may wait at once. */
  readonly maxWaiting: number;
}

export interface ByteBudget {
  /**
   * Takes `bytes` before they are read. What fits is granted at once, in the same tick; else the request waits its
   * turn, callers in rotation. Throws or rejects with a StatusError, or with the reason of the signal.
   */
  reserve(key: string, bytes: number, signal: AbortSignal): Lease | Promise<Lease>;
  readonly held: number;
  readonly waiting: number;
}

/** Bytes taken from a budget until released. Releasing twice is harmless. */
export interface Lease {
  /** Takes more without waiting: holders that wait for one another would never end. False when there is no room. */
  grow(bytes: number): boolean;
  release(): void;
}

interface Waiter {
  readonly bytes: number;
  grant(): void;
}

/** So little that it passes those who wait; otherwise one large upload would delay every small call behind it. */
const SMALL = 64 * 1024;

export function createByteBudget(options: ByteBudgetOptions): ByteBudget {
  const held = new Map<string, number>();
  // Callers with waiting requests, in the order of their turns.
  const queues = new Map<string, Waiter[]>();
  let total = 0;
  let waiting = 0;

  const ofKey = (key: string): number => held.get(key) ?? 0;
  const keyHasRoom = (key: string, bytes: number): boolean =>
    ofKey(key) + bytes <= options.keyBytes;
  const processHasRoom = (bytes: number): boolean => total + bytes <= options.processBytes;

  function take(key: string, bytes: number): void {
    total += bytes;
    held.set(key, ofKey(key) + bytes);
  }

  function give(key: string, bytes: number): void {
    total -= bytes;
    const left = ofKey(key) - bytes;
    if (left > 0) held.set(key, left);
    else held.delete(key);
    if (waiting > 0) grantWaiting();
  }

  /** One turn a caller. A turn that lacks only process room ends the round, so that large requests are not starved. */
  function grantWaiting(): void {
    for (let granted = true; granted; ) {
      granted = false;
      for (const [key, queue] of [...queues]) {
        const first = queue[0];
        if (!first || !keyHasRoom(key, first.bytes)) continue;
        if (!processHasRoom(first.bytes)) return;
        queues.delete(key);
        queue.shift();
        if (queue.length > 0) queues.set(key, queue);
        first.grant();
        granted = true;
      }
    }
  }

  function lease(key: string, bytes: number): Lease {
    take(key, bytes);
    let size = bytes;
    return {
      grow: (more) => {
        if (!keyHasRoom(key, more) || !processHasRoom(more)) return false;
        take(key, more);
        size += more;
        return true;
      },
      release: () => {
        const freed = size;
        size = 0;
        if (freed > 0) give(key, freed);
      },
    };
  }

  function wait(key: string, bytes: number, signal: AbortSignal): Promise<Lease> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting -= 1;
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const giveUp = (error: unknown): void => {
        const queue = queues.get(key)?.filter((other) => other !== waiter) ?? [];
        if (queue.length > 0) queues.set(key, queue);
        else queues.delete(key);
        leave();
        reject(error);
        // Whoever stood behind a request that did not fit may fit.
        grantWaiting();
      };
      const onAbort = (): void => giveUp(signal.reason);
      const timer = setTimeout(() => giveUp(comeLater()), options.waitMs);
      const waiter: Waiter = {
        bytes,
        grant: () => {
          leave();
          resolve(lease(key, bytes));
        },
      };
      signal.addEventListener('abort', onAbort);
      waiting += 1;
      const queue = queues.get(key);
      if (queue) queue.push(waiter);
      else queues.set(key, [waiter]);
      // It may fit already: those ahead may be waiting for room of their own caller.
      grantWaiting();
    });
  }

  return {
    reserve: (key, bytes, signal) => {
      if (bytes > options.keyBytes || bytes > options.processBytes) throw tooLarge(bytes);
      const fits = keyHasRoom(key, bytes) && processHasRoom(bytes);
      if (fits && (waiting === 0 || bytes <= SMALL)) return lease(key, bytes);
      if (signal.aborted) throw signal.reason;
      if (waiting >= options.maxWaiting) throw comeLater();
      return wait(key, bytes, signal);
    },
    get held() {
      return total;
    },
    get waiting() {
      return waiting;
    },
  };
}

export function comeLater(): StatusError {
  return new StatusError(StatusCode.CONN_THROTTLED, {
    details: 'Too many bytes of requests are being worked on; send this one again later',
  });
}

export function tooLarge(bytes: number, limit?: number): StatusError {
  const allowed = limit === undefined ? '' : `; at most ${limit} are accepted`;
  return new StatusError(StatusCode.RPC_MAX_MESSAGE_SIZE_EXCEEDED, {
    details: `The request has ${bytes} bytes${allowed}`,
  });
}
