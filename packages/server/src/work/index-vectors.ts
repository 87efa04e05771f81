// Keeps the vector index in step with the rows, which are the truth: what is new goes in, what is deleted comes out.
// Searches see rows that wait for it, so it may come late. May run at any time and any number of times.
import {
  countIndexed,
  forgetDead,
  forgetIndexed,
  listDead,
  listWaitingVectors,
  markIndexed,
  markUnfit,
  type WaitingVector,
} from '@limpid/store/db/vector-work';
import { spaceName } from '@limpid/store/vectors/space-name';
import {
  type VectorDoc,
  VectorInputError,
  VectorsUnavailableError,
} from '@limpid/store/vectors/vectors';
import { unavailable } from '@limpid/wire';
import type { Deps } from '../deps.ts';

type IndexDeps = Pick<Deps, 'db' | 'vectors' | 'log'>;

/** Some megabyte of vectors. */
const BATCH = 200;

/** Of each index: the pass that runs, and the one that follows it. */
const passes = new WeakMap<
  IndexDeps['vectors'],
  { running: Promise<void>; next?: Promise<void> }
>();

/**
 * One pass at a time: two would read the same rows. Who asks while one runs has another after it, and who asks while
 * that waits has nothing to add, for it will see all that there is now.
 */
export async function indexVectors(deps: IndexDeps, signal: AbortSignal): Promise<void> {
  const last = passes.get(deps.vectors);
  if (last?.next) return;
  if (!last) return await run(deps, signal);
  last.next = last.running
    .catch(() => undefined) // whoever asked for it is told
    .then(() => run(deps, signal));
  await last.next;
}

async function run(deps: IndexDeps, signal: AbortSignal): Promise<void> {
  const pass = { running: indexAll(deps, signal) };
  passes.set(deps.vectors, pass);
  try {
    await pass.running;
  } finally {
    if (passes.get(deps.vectors) === pass) passes.delete(deps.vectors);
  }
}

async function indexAll(deps: IndexDeps, signal: AbortSignal): Promise<void> {
  try {
    while (!signal.aborted && (await removeDead(deps))) {}
    while (!signal.aborted && ((await takeWaiting(deps)) ?? (await addWaiting(deps)))) {}
  } catch (error) {
    if (error instanceof VectorsUnavailableError)
      throw unavailable('the vector index is not ready');
    throw error;
  }
}

/** True while there may be more; undefined where the index doesn't read rows by itself, or won't have some. */
async function takeWaiting({ db, vectors }: IndexDeps): Promise<boolean | undefined> {
  const taken = await vectors.takeWaiting(BATCH);
  if (!taken) return undefined;
  for (const { space, keys, refused } of taken.spaces) {
    if (refused === undefined) await noteIndexed({ db, vectors }, space, [...keys]);
  }
  const isRefused = taken.spaces.some(({ refused }) => refused !== undefined);
  return isRefused ? undefined : taken.count === BATCH;
}

/** True while there may be more. */
async function addWaiting(deps: IndexDeps): Promise<boolean> {
  const waiting = await listWaitingVectors(deps.db, BATCH);
  for (const [space, vectors] of bySpace(waiting)) {
    await put(deps, space, vectors.map(docOf));
    const keys = vectors.map(({ key }) => key);
    await noteIndexed(deps, spaceName(space), keys);
  }
  return waiting.length === BATCH;
}

async function noteIndexed(
  { db, vectors }: Pick<IndexDeps, 'db' | 'vectors'>,
  space: string,
  keys: readonly bigint[],
): Promise<void> {
  // Rows that were deleted meanwhile left their notice when the index did not hold them yet.
  const gone = await markIndexed(db, keys);
  if (gone.length > 0) await vectors.remove(space, gone);
}

/** One vector that can't be indexed, as one of another size, must not hold up the others for ever. */
async function put(deps: IndexDeps, space: bigint, docs: readonly VectorDoc[]): Promise<void> {
  try {
    await deps.vectors.upsert(spaceName(space), docs);
  } catch (error) {
    if (!(error instanceof VectorInputError)) throw error;
    const [first] = docs;
    if (docs.length === 1 && first) {
      deps.log.error({ err: error, embedding: first.key, space }, 'a vector cannot be indexed');
      await markUnfit(deps.db, first.key);
      return;
    }
    const middle = Math.ceil(docs.length / 2);
    await put(deps, space, docs.slice(0, middle));
    await put(deps, space, docs.slice(middle));
  }
}

async function removeDead({ db, vectors }: IndexDeps): Promise<boolean> {
  const dead = await listDead(db, BATCH);
  if (dead.length === 0) return false;
  for (const [space, rows] of bySpace(dead)) {
    await vectors.remove(
      spaceName(space),
      rows.map(({ embedding }) => embedding),
    );
  }
  await forgetDead(
    db,
    dead.map(({ key }) => key),
  );
  return dead.length === BATCH;
}

/**
 * Has spaces indexed again of which the index holds less than the rows say: its files were lost, or are older than the
 * database. Rows that come and go meanwhile are no loss, so a difference must be seen twice.
 */
export async function checkVectors(deps: IndexDeps): Promise<void> {
  const lacking = new Set(await spacesLacking(deps));
  if (lacking.size === 0) return;
  for (const space of await spacesLacking(deps)) {
    if (!lacking.has(space)) continue;
    deps.log.warn({ space }, 'the vector index lacks vectors: the space is indexed again');
    await deps.vectors.drop(spaceName(space));
    await forgetIndexed(deps.db, space);
  }
}

async function spacesLacking({ db, vectors }: IndexDeps): Promise<bigint[]> {
  const lacking: bigint[] = [];
  for (const { space, count } of await countIndexed(db)) {
    const { docs } = await vectors.stats(spaceName(space));
    if (docs < count) lacking.push(space);
  }
  return lacking;
}

function bySpace<T extends { readonly space: bigint }>(rows: readonly T[]): Map<bigint, T[]> {
  const spaces = new Map<bigint, T[]>();
  for (const row of rows) {
    const same = spaces.get(row.space);
    if (same) same.push(row);
    else spaces.set(row.space, [row]);
  }
  return spaces;
}

function docOf({ key, appKey, inputKey, kind, vector }: WaitingVector): VectorDoc {
  return { key, app: appKey, input: inputKey, kind, vector };
}
