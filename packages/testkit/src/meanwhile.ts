// Two that meet at the worst moment: a call has looked at a row, and the row goes before the call refers to it.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, type Tx, transaction } from '@limpid/store';
import { sql } from 'kysely';

/** Makes a change, lets a call run into it, and commits the change only then. Returns what became of the call. */
export async function meanwhile<T>(
  db: Db,
  change: (tx: Tx) => Promise<unknown>,
  call: () => Promise<T>,
): Promise<T> {
  // In an object, or awaiting the commit would await the call.
  const { called } = await transaction(
    db,
    async (tx) => {
      await change(tx);
      const called = call();
      await someoneWaits(db);
      return { called };
    },
    { attempts: 1 },
  );
  return await called;
}

async function someoneWaits(db: Db): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const { rows } = await sql`
      select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      db,
    );
    if (rows.length > 0) return;
    await sleep(10);
  }
  throw new Error('The call never came to the row.');
}
