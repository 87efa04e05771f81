// What deleted apps held goes for good once their time is over: rows, blobs, vectors. May end anywhere: what is left is
// found by the next run, for the app itself goes last.
import { findGoneVersions, listDeletedApps, purgeApp, purgeSome } from '@limpid/store/db/purge';
import { spaceName, spaceOf } from '@limpid/store/vectors/space-name';
import { StatusCode, StatusError } from '@limpid/wire';
import type { Deps } from '../deps.ts';

type PurgeDeps = Pick<Deps, 'db' | 'blobs' | 'vectors' | 'config' | 'log'>;

/** An input takes its annotations and embeddings along, so a batch is many more rows than this. */
const atOnce = 200;

export async function purgeDeletedApps(
  deps: PurgeDeps,
  signal: AbortSignal,
  limit = atOnce,
): Promise<void> {
  const failures: unknown[] = [];
  for (const app of await listDeletedApps(deps.db, deps.config.purgeAfterSeconds)) {
    // One app that can't be purged now is no reason to keep the others.
    await purgeOne(deps, app, signal, limit).catch((error: unknown) => failures.push(error));
    if (signal.aborted) return;
  }
  await dropEmptySpaces(deps);
  if (failures.length > 0) throw failures[0];
}

async function purgeOne(
  deps: PurgeDeps,
  app: bigint,
  signal: AbortSignal,
  limit: number,
): Promise<void> {
  await purgeRows(deps, app, signal, limit);
  if (signal.aborted) return;
  await purgeBlobsOf(deps, app, limit);
  if (await purgeApp(deps.db, app)) deps.log.info({ app }, 'a deleted app was purged');
}

/** Ever fewer at once where what hangs on them takes longer than a statement may. */
async function purgeRows(
  { db }: PurgeDeps,
  app: bigint,
  signal: AbortSignal,
  limit: number,
): Promise<void> {
  let size = limit;
  while (!signal.aborted) {
    try {
      if (!(await purgeSome(db, app, size))) return;
    } catch (error) {
      if (size === 1 || !isTooLong(error)) throw error;
      size = Math.ceil(size / 4);
    }
  }
}

function isTooLong(error: unknown): boolean {
  return error instanceof StatusError && error.code === StatusCode.DATABASE_STATEMENT_TIMEOUT;
}

/** Those of rows are in the trash by now; here go those that no row ever named, as a rendition made too late. */
async function purgeBlobsOf({ blobs }: PurgeDeps, app: bigint, limit: number): Promise<void> {
  let keys: string[] = [];
  for await (const key of blobs.list(`apps/${app}/`)) {
    keys.push(key);
    if (keys.length < limit) continue;
    await blobs.delete(keys);
    keys = [];
  }
  await blobs.delete(keys);
}

/** A space is one model version's: without it nothing is searched there any more. */
async function dropEmptySpaces({ db, vectors, log }: PurgeDeps): Promise<void> {
  const spaces = (await vectors.spaces()).flatMap((name) => spaceOf(name) ?? []);
  for (const space of await findGoneVersions(db, spaces)) {
    await vectors.drop(spaceName(space));
    log.info({ space }, 'the space of a purged model version was dropped');
  }
}
