import { text } from 'node:stream/consumers';
import { createGunzip, createGzip } from 'node:zlib';
import { testDatabase } from '@limpid/testkit/database';
import pg from 'pg';
import { expect, test } from 'vitest';
import { copyOut } from './copy.ts';

const { connection } = await testDatabase({ empty: true });

test('rows that wait for a slow reader are not overwritten by those that come after', async () => {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    const query =
      'select n, repeat(md5(n::text), 1 + n % 5), now() from generate_series(1, 30000) as n';
    const { stream, rows } = copyOut(client, `COPY (${query}) TO STDOUT`);
    // Compression reads its input on another thread, some time after it was handed over.
    const copied = await text(stream.pipe(createGzip()).pipe(createGunzip()));
    const numbers = copied
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[0]);
    expect(numbers).toEqual(Array.from({ length: 30_000 }, (_, index) => String(index + 1)));
    expect(rows()).toBe(30_000);
  } finally {
    await client.end();
  }
});
