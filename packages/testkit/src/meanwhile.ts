// Two that meet at the worst moment: a call has looked at a row, and the row goes before the call refers to it.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Db, type Schema, type Tx, transaction } from '@limpid/store';
import { sql } from 'kysely';

/**
 * Makes a change, lets a call run into it, and commits the change only then, after a look. Returns what became of the
 * call.
 */
export async function meanwhile<T>(
  db: Db,
  change: (tx: Tx) => Promise<unknown>,
  call: () => Promise<T>,
  look: (tx: Tx) => Promise<void> = async () => undefined,
): Promise<T> {
  // In an object, or awaiting the commit would await the call.
  const { called } = await transaction(
    db,
    async (tx) => {
      await change(tx);
      const called = call();
      await someoneWaits(db);
      await look(tx);
      return { called };
    },
    { attempts: 1 },
  );
  return await called;
}

/** Holds a row, lets a call run into it, and returns the ids of the rows that the call had locked by then. */
export async function lockedBefore(
  db: Db,
  table: keyof Schema,
  held: string,
  call: () => Promise<unknown>,
): Promise<string[]> {
  const ids = async (tx: Tx, lock: string) => {
    const text = sql<{ id: string }>`select id from ${sql.table(table)} ${sql.raw(lock)}`;
    return (await text.execute(tx)).rows.map(({ id }) => id);
  };
  let locked: string[] = [];
  const change = async (tx: Tx) => {
    await sql`select from ${sql.table(table)} where id = ${held} for update`.execute(tx);
  };
  await meanwhile(db, change, call, async (tx) => {
    const free = new Set(await ids(tx, 'for update skip locked'));
    locked = (await ids(tx, '')).filter((id) => !free.has(id));
  });
  return locked;
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
