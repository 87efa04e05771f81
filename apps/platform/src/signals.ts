/** Resolves at the first SIGTERM or SIGINT. A second SIGINT is left to end the process at once. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
      // A repeated SIGTERM, as supervisors send, must not cut the drain short.
      process.on('SIGTERM', () => undefined);
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
