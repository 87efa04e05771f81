import type { Blobs, Db } from '@limpid/store';
import type { Vectors } from '@limpid/store/vectors/vectors';
import type { RandomBytes } from '@limpid/wire';
import type { FetchUrl } from './flows/media/fetch-url.ts';
import type { Logger } from './logger.ts';
import type { MediaTools } from './media/tools.ts';
import type { RunnerDispatcher } from './runners/dispatcher-types.ts';
import type { RunnerPolls } from './runners/poll.ts';
import type { SecretBox } from './secrets.ts';
import type { Tracing } from './tracing/tracing.ts';

/** What lives as long as the process. Clock, randomness and everything outside come from here. */
export interface Deps {
  readonly db: Db;
  readonly secrets: SecretBox;
  readonly config: ServerConfig;
  readonly clock: () => Date;
  /** 32 random bytes. */
  readonly random: RandomBytes;
  readonly log: Logger;
  readonly blobs: Blobs;
  /** The index of embeddings, behind the rows by as much as its job is late. */
  readonly vectors: Vectors;
  /** Absent where nobody looks at traces: then no span is made. */
  readonly tracing?: Tracing | undefined;
  /** Looks into images, videos and sounds. */
  readonly media: MediaTools;
  /** Downloads from addresses that strangers name, guarded. */
  readonly fetchUrl: FetchUrl;
  /** Throws a "later" status when the disk that the database writes to has too little room left. */
  readonly assertSpace: (bytes: number) => Promise<void>;
  /** Relays work to the runners that are connected to this process. */
  readonly runners: RunnerDispatcher;
  /** The same for runners of the older kind, which poll. */
  readonly runnerPolls: RunnerPolls;
  /** Somebody waits for a runner that does not serve: one that we keep ourselves is started. */
  readonly wakeRunner: (runnerKey: string) => void;
}

export interface ServerConfig {
  /** Where clients reach this server, without a trailing slash; known once it listens. */
  readonly publicUrl: () => string;
  /** Requests a second for a user without a limit of their own; 0 switches the limit off. */
  readonly rateLimitRps: number;
  /** How long what a deleted app held is kept. */
  readonly purgeAfterSeconds: number;
}
