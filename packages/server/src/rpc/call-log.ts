// The log of one call. Most calls write nothing, so what they would write with every line is put together when they do.
import type { Logger } from '../logger.ts';

export class CallLog implements Logger {
  readonly #parent: Logger;
  readonly #fields: object;
  #own: Logger | undefined;

  constructor(parent: Logger, fields: object) {
    this.#parent = parent;
    this.#fields = fields;
  }

  debug(fields: object, text?: string): void {
    if (this.#parent.isLevelEnabled?.('debug') ?? true) this.#log.debug(fields, text);
  }

  info(fields: object, text?: string): void {
    this.#log.info(fields, text);
  }

  warn(fields: object, text?: string): void {
    this.#log.warn(fields, text);
  }

  error(fields: object, text?: string): void {
    this.#log.error(fields, text);
  }

  child(fields: object): Logger {
    return this.#log.child(fields);
  }

  get #log(): Logger {
    this.#own ??= this.#parent.child(this.#fields);
    return this.#own;
  }
}
