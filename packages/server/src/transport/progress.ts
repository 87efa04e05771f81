// A body must move: a client that promises megabytes and sends a byte a minute would hold its share for hours.

export interface ProgressRule {
  readonly windowMs: number;
  /** Bytes that must arrive in each window. */
  readonly minBytes: number;
}

export const defaultProgress: ProgressRule = { windowMs: 30_000, minBytes: 64 * 1024 };

export interface ProgressWatch {
  add(bytes: number): void;
  stop(): void;
}

export function watchProgress(rule: ProgressRule, onStall: () => void): ProgressWatch {
  let arrived = 0;
  const timer = setInterval(() => {
    if (arrived < rule.minBytes) onStall();
    arrived = 0;
  }, rule.windowMs);
  timer.unref();
  return {
    add: (bytes) => {
      arrived += bytes;
    },
    stop: () => clearInterval(timer),
  };
}
