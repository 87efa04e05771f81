import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { expect, test } from 'vitest';

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
const shy = await platform.addUser('shy');
const at = (userId: string, appId: string) => ({ userAppId: { userId, appId } });

test('an app is made with a key of its own, and read back', async () => {
  const made = await platform.call(
    'PostApps',
    { apps: [{ id: 'pets', description: 'Cats', metadata: { a: { b: 1 } }, sampleMs: 250 }] },
    ann,
  );
  expect(made.apps[0]).toMatchObject({ id: 'pets', name: 'pets', userId: 'ann', sampleMs: 250 });
  const got = await platform.call('GetApp', at('me', 'pets'), ann);
  expect(got.app).toEqual(made.apps[0]);
  const keys = await platform.call('ListAppKeys', at('ann', 'pets'), ann);
  expect(keys.keys).toHaveLength(1);
  expect(keys.keys[0]).toMatchObject({
    type: 'app_specific_key',
    apps: [{ id: 'pets', userId: 'ann' }],
  });
});

test('an app key knows its app without ids and opens no other', async () => {
  await platform.call('PostApps', { apps: [{ id: 'one' }, { id: 'two' }] }, ann);
  const made = await platform.call(
    'PostKeys',
    { keys: [{ scopes: ['All'], apps: [{ id: 'one' }] }] },
    ann,
  );
  const key = made.keys[0]?.id ?? '';
  const own = await platform.call('GetApp', {}, key);
  expect(own.app?.id).toBe('one');
  const other = await platform.call('GetApp', at('ann', 'two'), key);
  expect(other.status?.code).toBe(StatusCode.CONN_KEY_INVALID);
  for (const name of ['PostApps', 'PostKeys'] as const) {
    const refused = await platform.call(name, {}, key);
    expect(refused.status?.code).toBe(StatusCode.CONN_INSUFFICIENT_SCOPES);
  }
});

test('a taken id is refused with words that clients look for, and a batch is all or none', async () => {
  await platform.call('PostApps', { apps: [{ id: 'taken' }] }, ann);
  const again = await platform.call('PostApps', { apps: [{ id: 'fresh' }, { id: 'taken' }] }, ann);
  expect(again.status?.code).toBe(StatusCode.DATABASE_DUPLICATE_KEY);
  expect(again.status?.details).toContain('already exists');
  const fresh = await platform.call('GetApp', at('ann', 'fresh'), ann);
  expect(fresh.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test.each(['my app', 'my.app', 'a'.repeat(65), '../x', 'ü'])('id %j is refused', async (id) => {
  const answer = await platform.call('PostApps', { apps: [{ id }] }, ann);
  expect(answer.status?.code).toBe(StatusCode.CONN_INVALID_REQUEST);
});

test('a patch touches what it carries', async () => {
  await platform.call(
    'PostApps',
    { apps: [{ id: 'patched', description: 'before', notes: 'kept' }] },
    ann,
  );
  const answer = await platform.call(
    'PatchApp',
    { ...at('ann', 'patched'), app: { id: 'patched', description: 'after' }, action: 'overwrite' },
    ann,
  );
  expect(answer.app).toMatchObject({ description: 'after', notes: 'kept' });
  const bad = await platform.call(
    'PatchApp',
    { ...at('ann', 'patched'), app: { id: 'patched' }, action: 'upsert' },
    ann,
  );
  expect(bad.status?.details).toContain("Unrecognized action 'upsert'");
});

test('several apps are patched at once, in the order of the patches', async () => {
  await platform.call(
    'PostApps',
    { apps: [{ id: 'many-1' }, { id: 'many-2', notes: 'kept' }] },
    ann,
  );
  const patch = (ids: string[], action: string, as = ann) => {
    const apps = ids.map((id) => ({ id, description: `of ${id}` }));
    return platform.call('PatchApps', { userAppId: { userId: 'ann' }, apps, action }, as);
  };
  const answer = await patch(['many-2', 'many-1'], 'overwrite');
  expect(answer.apps).toMatchObject([
    { id: 'many-2', description: 'of many-2', notes: 'kept' },
    { id: 'many-1', description: 'of many-1' },
  ]);
  expect((await patch([], 'overwrite')).status?.details).toContain('apps is empty');
  expect((await patch(['many-1', 'none'], 'overwrite')).status?.code).toBe(
    StatusCode.CONN_DOES_NOT_EXIST,
  );
  expect((await patch(['many-1'], 'upsert')).status?.details).toContain(
    "Unrecognized action 'upsert'",
  );
  expect((await patch(['many-1'], 'overwrite', bob)).status?.code).not.toBe(StatusCode.SUCCESS);
});

test('a patch of several apps is all or none, and two that meet both count', async () => {
  await platform.call('PostApps', { apps: [{ id: 'all-1' }, { id: 'all-2' }] }, ann);
  const patch = (...apps: object[]) =>
    platform.call('PatchApps', { userAppId: { userId: 'ann' }, apps, action: 'merge' }, ann);
  const noteOf = async (id: string) => (await platform.call('GetApp', at('ann', id), ann)).app;
  const refused = await patch(
    { id: 'all-1', notes: 'lost' },
    { id: 'all-2', notes: 'x'.repeat(64 * 1024 + 1) },
  );
  expect(refused.status?.details).toContain('64 KB');
  expect((await noteOf('all-1'))?.notes).toBe('');

  const [one, other] = await Promise.all([
    patch({ id: 'all-1', notes: 'n' }, { id: 'all-2', notes: 'n' }),
    patch({ id: 'all-2', description: 'd' }, { id: 'all-1', description: 'd' }),
  ]);
  expect([one.status?.code, other.status?.code]).toEqual([StatusCode.SUCCESS, StatusCode.SUCCESS]);
  for (const id of ['all-1', 'all-2'])
    expect(await noteOf(id)).toMatchObject({ notes: 'n', description: 'd' });
});

test('a patch of the details changes what describes an app and not how it works', async () => {
  await platform.call('PostApps', { apps: [{ id: 'told', description: 'before' }] }, ann);
  const before = await platform.call('GetApp', at('ann', 'told'), ann);
  const patch = (...apps: object[]) =>
    platform.call('PatchAppsDetails', { ...at('ann', 'told'), apps, action: 'overwrite' }, ann);
  const told = { id: 'told', name: 'Told', notes: 'new', defaultWorkflowId: 'none-such' };
  const answer = await patch(told);
  expect(answer.apps[0]).toMatchObject({ name: 'Told', notes: 'new', description: 'before' });
  expect(answer.apps[0]?.defaultWorkflowId).toBe(before.app?.defaultWorkflowId);
  expect((await platform.call('GetApp', at('ann', 'told'), ann)).app).toEqual(answer.apps[0]);
  expect((await patch(told, told)).status?.details).toContain('exactly one app');
  expect((await patch()).status?.details).toContain('exactly one app');
});

test('an app is public only with its owner', async () => {
  const refused = await platform.call(
    'PostApps',
    { apps: [{ id: 'open', visibility: { gettable: 50 } }] },
    shy,
  );
  expect(refused.status?.details).toContain('user profile has to be set public');
  await platform.call(
    'PostApps',
    { apps: [{ id: 'open', visibility: { gettable: 50 } }, { id: 'closed' }] },
    ann,
  );
  expect((await platform.call('GetApp', at('ann', 'open'), bob)).app?.id).toBe('open');
  const closed = await platform.call('GetApp', at('ann', 'closed'), bob);
  expect(closed.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  const listed = await platform.call('ListApps', at('ann', ''), bob);
  expect(listed.apps.map((app) => app.id)).toEqual(['open']);
  const write = await platform.call('DeleteApp', at('ann', 'open'), bob);
  expect(write.status?.code).toBe(StatusCode.CONN_INSUFFICIENT_SCOPES);
});

test('lists are paged and sorted, a page past the end is empty', async () => {
  await platform.call('PostApps', { apps: ['c', 'a', 'b'].map((id) => ({ id })) }, bob);
  const page = (number: number) =>
    platform.call(
      'ListApps',
      {
        page: number,
        perPage: 2,
        sortBy: { case: 'sortByName', value: true },
        sortAscending: true,
      },
      bob,
    );
  expect((await page(1)).apps.map((app) => app.id)).toEqual(['a', 'b']);
  expect((await page(2)).apps.map((app) => app.id)).toEqual(['c']);
  const past = await page(3);
  expect(past.status?.code).toBe(StatusCode.SUCCESS);
  expect(past.apps).toEqual([]);
  const tooMany = await platform.call('ListApps', { perPage: 1001 }, bob);
  expect(tooMany.status?.code).toBe(StatusCode.CONN_INVALID_REQUEST);
});

test('a renamed app keeps what it holds, a deleted one frees its id', async () => {
  await platform.call('PostApps', { apps: [{ id: 'first', description: 'mine' }] }, bob);
  const renamed = await platform.call(
    'PatchAppsIds',
    { ids: [{ id: 'first', newId: 'second' }], action: 'overwrite' },
    bob,
  );
  expect(renamed.apps[0]).toMatchObject({ id: 'second', description: 'mine' });
  await platform.call('DeleteApp', at('bob', 'second'), bob);
  expect((await platform.call('GetApp', at('bob', 'second'), bob)).status?.code).toBe(
    StatusCode.CONN_DOES_NOT_EXIST,
  );
  const again = await platform.call('PostApps', { apps: [{ id: 'second' }] }, bob);
  expect(again.status?.code).toBe(StatusCode.SUCCESS);
});
