// The vector index: in files of the home with a thread of its own, or in a PostgreSQL that several nodes share.
import { checkIndex } from '@limpid/server/jobs';
import { enqueue, type Log, transaction } from '@limpid/store';
import { reportBreaks } from '@limpid/store/db/pool-breaks';
import { openFlatVectors, openPgvector, type Vectors } from '@limpid/store/vectors/index';
import pg from 'pg';
import type { Config } from './config.ts';
import type { OwnInstance } from './instance.ts';

export interface OpenIndex extends AsyncDisposable {
  readonly vectors: Vectors;
}

export async function openIndex(
  config: Config,
  instance: OwnInstance,
  log: Log,
): Promise<OpenIndex> {
  if (config.vectors === 'pgvector') {
    const pool = new pg.Pool({ ...instance.connection, application_name: 'limpid vectors' });
    reportBreaks(pool, log, 'a connection of the index broke');
    const vectors = await openPgvector(pool);
    return ownedBy(vectors, () => pool.end());
  }
  const vectors = await openFlatVectors({
    folder: instance.home.folders.vectors,
    database: instance.connection,
    onLost: (space, reason) => {
      log.warn({ space, reason }, 'files of the vector index were damaged: it is made again');
      transaction(instance.db, (tx) => enqueue(tx, [checkIndex.with({}, { key: 'lost' })])).catch(
        (error: unknown) => log.warn({ err: error }, 'the index check could not be asked for'),
      );
    },
    onGraphFailed: (space, reason) =>
      log.warn({ space, reason }, 'a graph of the vector index could not be built'),
  });
  return ownedBy(vectors, async () => undefined);
}

function ownedBy(vectors: Vectors, after: () => Promise<void>): OpenIndex {
  return {
    vectors,
    [Symbol.asyncDispose]: async () => {
      await vectors.close();
      await after();
    },
  };
}
