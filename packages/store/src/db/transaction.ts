import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlledTransaction, IsolationLevel } from 'kysely';
import type { Log } from '../log.ts';
import { asTx, type Db, inner, type Tx } from './db.ts';
import { DatabaseFailure, type FailureKind } from './failures.ts';
import type { Schema } from './schema.ts';

export interface TransactionOptions {
  readonly isolation?: IsolationLevel;
  /** How often in all the work is tried when concurrent changes or a restart of the database undo it. */
  readonly attempts?: number;
}

/**
 * Runs `work` in a transaction. It may run more than once, and changes nothing outside the database but through
 * `tx.onCommit`; it calls no network and no blob store, for it holds a connection and locks.
 */
export async function transaction<R>(
  db: Db,
  work: (tx: Tx) => Promise<R>,
  options: TransactionOptions = {},
): Promise<R> {
  const attempts = options.attempts ?? 5;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptOnce(db, work, options);
    if (outcome.done) return outcome.value;
    if (!outcome.repeatable) throw outcome.error;
    if (attempt >= attempts) {
      db[inner].log.warn({ err: outcome.error }, 'a transaction was given up');
      throw outcome.error;
    }
    // Spread out, so that two that collided don't meet again.
    await sleep(2 ** attempt * (5 + Math.random() * 5));
  }
}

type Outcome<R> =
  | { readonly done: true; readonly value: R }
  | { readonly done: false; readonly error: unknown; readonly repeatable: boolean };

async function attemptOnce<R>(
  db: Db,
  work: (tx: Tx) => Promise<R>,
  options: TransactionOptions,
): Promise<Outcome<R>> {
  const { log } = db[inner];
  const nudges: (() => unknown)[] = [];
  let trx: ControlledTransaction<Schema> | undefined;
  // Whether a commit that was sent over a broken connection took place is unknown.
  let harmless: readonly FailureKind[] = ['again', 'gone', 'lost'];
  try {
    trx = await begin(db, options.isolation);
    const value = await work(asTx(trx, (nudge) => nudges.push(nudge)));
    harmless = ['again', 'gone'];
    await trx.commit().execute();
    for (const nudge of nudges) void runNudge(nudge, log);
    return { done: true, value };
  } catch (error) {
    // A rollback that fails changes nothing: the server drops what a broken connection had begun.
    await trx
      ?.rollback()
      .execute()
      .catch(() => undefined);
    const repeatable = error instanceof DatabaseFailure && harmless.includes(error.kind);
    return { done: false, error, repeatable };
  }
}

function begin(db: Db, isolation?: IsolationLevel): Promise<ControlledTransaction<Schema>> {
  const builder = db[inner].kysely.startTransaction();
  return (isolation ? builder.setIsolationLevel(isolation) : builder).execute();
}

async function runNudge(nudge: () => unknown, log: Log): Promise<void> {
  try {
    await nudge();
  } catch (error) {
    log.error({ err: error }, 'work after a commit failed');
  }
}
