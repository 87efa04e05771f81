import type { Db } from '@limpid/store';
import type { RandomBytes } from '@limpid/wire';
import type { Logger } from './logger.ts';
import type { SecretBox } from './secrets.ts';

/** What lives as long as the process. Clock, randomness and everything outside come from here. */
export interface Deps {
  readonly db: Db;
  readonly secrets: SecretBox;
  readonly config: ServerConfig;
  readonly clock: () => Date;
  /** 32 random bytes. */
  readonly random: RandomBytes;
  readonly log: Logger;
}

export interface ServerConfig {
  /** Where clients reach this server, without a trailing slash; known once it listens. */
  readonly publicUrl: () => string;
  /** Requests a second for a user without a limit of their own; 0 switches the limit off. */
  readonly rateLimitRps: number;
}
