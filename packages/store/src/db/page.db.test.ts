import { keysetOf, pageOf } from '@limpid/domain/page';
import { testDatabase } from '@limpid/testkit/database';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { applyKeyset, applyPage } from './page.ts';

const { db } = await testDatabase();

// Ten users of three e-mail domains, so that ordering by visibility leaves many equal.
beforeAll(async () => {
  await sql`insert into users (id, visibility, email)
    select 'u' || n, (n % 3) * 10, case when n % 4 = 0 then null else 'u' || n || '@example.test' end
    from generate_series(1, 10) as n`.execute(db);
});

const users = () => db.selectFrom('users').select(['id', 'key', 'visibility']);

test('pages over equal values neither repeat nor miss a row', async () => {
  const seen: string[] = [];
  for (let page = 1; page <= 4; page += 1) {
    const query = applyPage(
      users(),
      pageOf({ page, perPage: 3 }),
      [{ column: 'visibility' }],
      'key',
    );
    seen.push(...(await query.execute()).map((row) => row.id));
  }
  expect(seen).toEqual(['u3', 'u6', 'u9', 'u1', 'u4', 'u7', 'u10', 'u2', 'u5', 'u8']);
});

test('directions and the place of missing values are obeyed', async () => {
  const order = [
    { column: 'visibility', direction: 'desc' as const },
    { column: 'email', direction: 'desc' as const, nulls: 'last' as const },
  ];
  const key = { column: 'users.key', direction: 'desc' as const };
  const rows = await applyPage(users(), pageOf({ perPage: 4 }), order, key).execute();
  expect(rows.map((row) => row.id)).toEqual(['u5', 'u2', 'u8', 'u7']);
});

test.each([
  ['forwards', false, ['u3', 'u6', 'u9', 'u1', 'u4', 'u7', 'u10', 'u2', 'u5', 'u8']],
  ['backwards', true, ['u8', 'u5', 'u2', 'u10', 'u7', 'u4', 'u1', 'u9', 'u6', 'u3']],
])('a keyset walks the whole list %s', async (_name, descending, expected) => {
  const seen: string[] = [];
  let after: unknown[] | undefined;
  for (;;) {
    const keyset = keysetOf({ perPage: 3, descending });
    const rows = await applyKeyset(users(), keyset, ['visibility', 'key'], after).execute();
    const last = rows.at(-1);
    if (!last) break;
    seen.push(...rows.map((row) => row.id));
    after = [last.visibility, last.key];
  }
  expect(seen).toEqual(expected);
});
