/** The part of a structured logger that the server uses (pino has this shape). */
export interface Logger {
  debug(fields: object, text?: string): void;
  info(fields: object, text?: string): void;
  warn(fields: object, text?: string): void;
  error(fields: object, text?: string): void;
  child(fields: object): Logger;
  /** True for all where it is absent. */
  isLevelEnabled?(level: 'debug'): boolean;
}
