import type { Logger } from '@limpid/server/logger';

const ignore = (): void => undefined;

/** Drops all but what nobody expected: that a test must see. */
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: (fields, text) => console.error(text ?? 'error', fields),
  child: () => silentLogger,
};
