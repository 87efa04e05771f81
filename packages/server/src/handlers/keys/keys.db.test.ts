import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { expect, test } from 'vitest';

const platform = await testPlatform();
const ann = await platform.addUser('ann');
const bob = await platform.addUser('bob');
const LIST = '/clarifai.api.V2/ListApps';

test('the secret of a key is shown once, everything else names it by its public id', async () => {
  const made = await platform.call(
    'PostKeys',
    { keys: [{ description: 'narrow', scopes: ['Apps:Get', 'Workflows:Get'], endpoints: [LIST] }] },
    ann,
  );
  expect(made.status?.code).toBe(StatusCode.SUCCESS);
  const secret = made.keys[0]?.id ?? '';
  expect((await platform.call('ListApps', {}, secret)).status?.code).toBe(StatusCode.SUCCESS);

  const listed = await platform.call('ListKeys', {}, ann);
  const narrow = listed.keys.find((key) => key.description === 'narrow');
  expect(narrow?.id).not.toBe(secret);
  expect(JSON.stringify(listed, (_, v) => (typeof v === 'bigint' ? `${v}` : v))).not.toContain(
    secret,
  );
  const bySecret = await platform.call('GetKey', { keyId: secret }, ann);
  const byId = await platform.call('GetKey', { keyId: narrow?.id ?? '' }, ann);
  expect(bySecret.key).toEqual(byId.key);
});

test('a narrow key is told what it lacks, and can grant nothing more than it holds', async () => {
  const made = await platform.call(
    'PostKeys',
    { keys: [{ scopes: ['Keys:Add', 'Keys:Get', 'Apps:Get', '/clarifai.api.V2/PostKeys'] }] },
    ann,
  );
  const secret = made.keys[0]?.id ?? '';
  const apps = await platform.call('PostApps', { apps: [{ id: 'x' }] }, secret);
  expect(apps.status?.code).toBe(StatusCode.CONN_INSUFFICIENT_SCOPES);
  expect(apps.status?.details).toContain('Apps:Add');
  expect(apps.status?.details).toContain('/clarifai.api.V2/PostApps');
  const more = await platform.call('PostKeys', { keys: [{ scopes: ['All'] }] }, secret);
  expect(more.status?.code).toBe(StatusCode.CONN_INSUFFICIENT_SCOPES);
});

test('patched scopes act at once, a deleted key stops at once', async () => {
  const made = await platform.call(
    'PostKeys',
    { keys: [{ scopes: ['All'], description: 'old' }] },
    ann,
  );
  const secret = made.keys[0]?.id ?? '';
  const patched = await platform.call(
    'PatchKeys',
    {
      keys: [{ id: secret, scopes: ['Apps:Get'], endpoints: [LIST], description: 'new' }],
      action: 'overwrite',
    },
    ann,
  );
  expect(patched.keys[0]).toMatchObject({ description: 'new', scopes: ['Apps:Get'] });
  const refused = await platform.call('ListKeys', {}, secret);
  expect(refused.status?.code).toBe(StatusCode.CONN_INSUFFICIENT_SCOPES);
  await platform.call('DeleteKey', { keyId: secret }, ann);
  const gone = await platform.call('ListApps', {}, secret);
  expect(gone.status).toMatchObject({
    code: StatusCode.CONN_KEY_INVALID,
    description: 'Invalid API key or Invalid API key/application pair',
  });
});

test('keys of others do not exist', async () => {
  const listed = await platform.call('ListKeys', {}, ann);
  const id = listed.keys[0]?.id ?? '';
  for (const name of ['GetKey', 'DeleteKey'] as const) {
    const answer = await platform.call(name, { keyId: id }, bob);
    expect(answer.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  }
  const peek = await platform.call('ListKeys', { userAppId: { userId: 'ann' } }, bob);
  expect(peek.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect(peek.keys).toEqual([]);
});

test('bad requests are refused and make nothing', async () => {
  const before = (await platform.call('ListKeys', {}, bob)).keys.length;
  const bad = [
    [],
    [{ scopes: [] }],
    [{ scopes: ['Nothing:Get'] }],
    [{ scopes: ['All'], type: 'golden' }],
    [{ scopes: ['All'] }, { scopes: ['Nothing:Get'] }],
    [{ scopes: ['All'], apps: [{ id: 'no-such-app' }] }],
  ];
  for (const keys of bad) {
    const answer = await platform.call('PostKeys', { keys }, bob);
    expect([StatusCode.CONN_INVALID_REQUEST, StatusCode.CONN_DOES_NOT_EXIST]).toContain(
      answer.status?.code,
    );
  }
  expect((await platform.call('ListKeys', {}, bob)).keys).toHaveLength(before);
});

test('no credential, a wrong one and a wrong scheme', async () => {
  const none = await platform.call('ListKeys', {});
  expect(none.status?.code).toBe(StatusCode.CONN_INVALID_REQUEST);
  const wrong = await platform.call('GetUser', {}, 'nope');
  expect(wrong.status?.code).toBe(StatusCode.CONN_KEY_INVALID);
});

test('patches at the same time all count', async () => {
  const made = await platform.call(
    'PostKeys',
    { keys: Array.from({ length: 4 }, () => ({ scopes: ['All'], description: 'old' })) },
    ann,
  );
  const ids = made.keys.map(({ id }) => id);
  const changes = [{ description: 'busy' }, { scopes: ['Apps:Get'] }, { endpoints: [LIST] }];
  await Promise.all(
    changes.map(async (change, n) => {
      const keys = ids.map((id) => ({ id, ...change }));
      if (n % 2 === 1) keys.reverse();
      const answer = await platform.call('PatchKeys', { keys, action: 'overwrite' }, ann);
      expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
    }),
  );
  for (const keyId of ids) {
    const { key } = await platform.call('GetKey', { keyId }, ann);
    expect(key).toMatchObject(Object.assign({}, ...changes));
  }
});

test('every credential is told what it holds, an app key in the one way that app keys have', async () => {
  await platform.call('PostApps', { apps: [{ id: 'told' }] }, ann);
  const pats = [{ scopes: ['Apps:Get'], endpoints: [LIST] }];
  const appKeys = [{ ...pats[0], type: 'app_specific_key', apps: [{ id: 'told', userId: 'ann' }] }];
  const made = await platform.call('PostKeys', { keys: [...pats, ...appKeys] }, ann);
  expect(made.status?.code, made.status?.details).toBe(StatusCode.SUCCESS);
  const [pat = '', appKey = ''] = made.keys.map(({ id }) => id);
  const ask = async (key: string) => [
    await platform.call('MyScopes', {}, key),
    await platform.call('MyScopesUser', { userAppId: { userId: 'ann' } }, key),
    await platform.call('MyScopesRoot', {}, key),
  ];
  const held = { status: { code: StatusCode.SUCCESS }, scopes: ['Apps:Get'], endpoints: [LIST] };
  expect(await ask(pat)).toMatchObject([held, held, held]);
  const denied = { status: { code: StatusCode.CONN_INSUFFICIENT_SCOPES }, scopes: [] };
  expect(await ask(appKey)).toMatchObject([{ ...held, app: { id: 'told' } }, denied, denied]);
  const elsewhere = { userAppId: { userId: 'bob' } };
  expect((await platform.call('MyScopesUser', elsewhere, pat)).status?.code).toBe(
    StatusCode.CONN_DOES_NOT_EXIST,
  );
});
