import type pg from 'pg';

export interface Table {
  readonly name: string;
  /** Those that hold something of their own: neither computed ones nor transaction ids. */
  readonly columns: readonly string[];
  /**
   * Columns with transaction ids mean nothing in another database. All restored rows get the one lowest id there:
   * they come before everything new, among themselves in the order of their keys.
   */
  readonly transactionIds: readonly string[];
}

/** Our tables, but the one that counts migrations. The queue's schema is not ours. */
export async function listTables(client: pg.Client): Promise<Table[]> {
  const { rows } = await client.query<{ name: string; column: string; xid: boolean }>(`
    select c.relname as name, a.attname as column, a.atttypid = 'xid8'::regtype as xid
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'limpid_migrations'
     order by c.relname, a.attnum`);
  return [...new Set(rows.map((row) => row.name))].map((name) => {
    const columns = rows.filter((row) => row.name === name);
    return {
      name,
      columns: columns.filter(({ xid }) => !xid).map(({ column }) => column),
      transactionIds: columns.filter(({ xid }) => xid).map(({ column }) => column),
    };
  });
}
