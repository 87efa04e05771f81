// What deleted apps held goes for good once their time is over: rows, blobs, vectors. May end anywhere: what is left is
// found by the next run, for the app itself goes last.
import { findGoneVersions, listDeletedApps, purgeApp, purgeSome } from '@limpid/store/db/purge';
import type { Deps } from '../deps.ts';
import { spaceName, spaceOf } from '../flows/search/nearest.ts';

type PurgeDeps = Pick<Deps, 'db' | 'blobs' | 'vectors' | 'config' | 'log'>;

/** An input takes its annotations and embeddings along, so a batch is many more rows than this. */
const atOnce = 200;

export async function purgeDeletedApps(
  deps: PurgeDeps,
  signal: AbortSignal,
  limit = atOnce,
): Promise<void> {
  for (const app of await listDeletedApps(deps.db, deps.config.purgeAfterSeconds)) {
    while (!signal.aborted && (await purgeSome(deps.db, app, limit))) {}
    if (signal.aborted) return;
    await purgeBlobsOf(deps, app, limit);
    if (await purgeApp(deps.db, app)) deps.log.info({ app }, 'a deleted app was purged');
  }
  await dropEmptySpaces(deps);
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
