// npm run schema: writes packages/store/schema.sql, which is what all migrations together come to.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareDatabase, silentLog, startPostgres } from '@limpid/store';
import { schemaText } from '@limpid/store/db/schema-text';
import pg from 'pg';

const folder = await mkdtemp(join(tmpdir(), 'limpid-schema-'));
try {
  await using postgres = await startPostgres({
    dataDir: join(folder, 'pg'),
    settings: { fsync: 'off' },
    log: silentLog,
  });
  const { connection } = postgres;
  await prepareDatabase({ connection, log: silentLog });
  const client = new pg.Client(connection);
  await client.connect();
  const text = await schemaText(client);
  await client.end();
  await writeFile(new URL('../packages/store/schema.sql', import.meta.url), text);
  console.log(`packages/store/schema.sql: ${text.split('\n').length} lines`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
