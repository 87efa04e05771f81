import { meanwhile } from '@limpid/testkit/meanwhile';
import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import { expect, test } from 'vitest';

const platform = await testPlatform();
const ann = await platform.addUser('ann');
const bob = await platform.addUser('bob');
const userAppId = { userId: 'ann' };
const SECRET = 'a-personal-access-token';

test('a cluster and its nodepool are made and read, and the credential in the request is not kept', async () => {
  const made = await platform.call(
    'PostComputeClusters',
    { userAppId, computeClusters: [{ id: 'ci_test_cc_1', region: 'na', key: { id: SECRET } }] },
    ann,
  );
  expect(made.status?.code).toBe(StatusCode.SUCCESS);
  expect(made.computeClusters[0]).toMatchObject({
    id: 'ci_test_cc_1',
    userId: 'ann',
    region: 'na',
  });
  expect(made.computeClusters[0]?.key).toBeUndefined();
  const nodepools = [
    { id: 'np', minInstances: 1, maxInstances: 2, instanceTypes: [{ id: 'local' }] },
  ];
  const pool = await platform.call(
    'PostNodepools',
    { userAppId, computeClusterId: 'ci_test_cc_1', nodepools },
    ann,
  );
  expect(pool.nodepools[0]?.computeCluster?.id).toBe('ci_test_cc_1');
  const got = await platform.call(
    'GetNodepool',
    { userAppId, computeClusterId: 'ci_test_cc_1', nodepoolId: 'np' },
    ann,
  );
  expect(got.nodepool).toEqual(pool.nodepools[0]);
  expect((await platform.call('ListNodepools', { userAppId }, ann)).nodepools).toHaveLength(1);
});

test('a cluster in use stays, an empty one goes', async () => {
  const inUse = await platform.call(
    'DeleteComputeClusters',
    { userAppId, ids: ['ci_test_cc_1'] },
    ann,
  );
  expect(inUse.status?.code).toBe(StatusCode.COMPUTE_CLUSTER_INVALID_ARGUMENT);
  await platform.call(
    'DeleteNodepools',
    { userAppId, computeClusterId: 'ci_test_cc_1', ids: ['np'] },
    ann,
  );
  await platform.call('DeleteComputeClusters', { userAppId, ids: ['ci_test_cc_1'] }, ann);
  const gone = await platform.call(
    'GetComputeCluster',
    { userAppId, computeClusterId: 'ci_test_cc_1' },
    ann,
  );
  expect(gone.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('bad ids, taken ids, and clusters of others', async () => {
  const post = (id: string, as: typeof ann) =>
    platform.call('PostComputeClusters', { computeClusters: [{ id }] }, as);
  expect((await post('no spaces', ann)).status?.code).toBe(
    StatusCode.COMPUTE_CLUSTER_INVALID_ARGUMENT,
  );
  await post('mine', ann);
  expect((await post('mine', ann)).status?.details).toContain('already exists');
  expect((await post('mine', bob)).status?.code).toBe(StatusCode.SUCCESS);
  const peek = await platform.call(
    'GetComputeCluster',
    { userAppId, computeClusterId: 'mine' },
    bob,
  );
  expect(peek.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('clusters are listed in the order they were made, page by page, for their owner', async () => {
  const cid = await platform.addUser('cid');
  const computeClusters = ['one', 'two', 'three'].map((id) => ({ id, region: 'eu' }));
  await platform.call('PostComputeClusters', { computeClusters }, cid);
  const own = { userAppId: { userId: 'cid' } };
  const ids = async (page: object) =>
    (await platform.call('ListComputeClusters', { ...own, ...page }, cid)).computeClusters.map(
      ({ id }) => id,
    );
  expect(await ids({})).toEqual(['one', 'two', 'three']);
  expect(await ids({ page: 2, perPage: 2 })).toEqual(['three']);
  expect(await ids({ page: 3, perPage: 2 })).toEqual([]);
  const peek = await platform.call('ListComputeClusters', own, bob);
  expect(peek.computeClusters).toEqual([]);
});

test('clusters and nodepools are changed as the action says, all or none', async () => {
  const dan = await platform.addUser('dan');
  const own = { userAppId: { userId: 'dan' } };
  const computeClusters = [{ id: 'cc', description: 'old', region: 'eu', clusterType: 'local' }];
  await platform.call('PostComputeClusters', { ...own, computeClusters }, dan);
  const pool = {
    id: 'np',
    minInstances: 1,
    maxInstances: 2,
    instanceTypes: [{ id: 'small' }],
    metadata: { a: 1, b: 2 },
  };
  const inCluster = { ...own, computeClusterId: 'cc' };
  await platform.call('PostNodepools', { ...inCluster, nodepools: [pool] }, dan);

  const patchCluster = async (change: object, action = 'overwrite', as = dan) => {
    const patch = { ...own, computeClusters: [{ id: 'cc', ...change }], action };
    return await platform.call('PatchComputeClusters', patch, as);
  };
  const described = await patchCluster({ description: 'new', region: 'us', key: { id: SECRET } });
  expect(described.computeClusters).toMatchObject([
    { id: 'cc', description: 'new', region: 'eu', clusterType: 'local' },
  ]);
  expect(described.computeClusters[0]?.key).toBeUndefined();
  expect((await patchCluster({}, 'merge')).status?.details).toContain("'merge'");
  expect((await patchCluster({ id: 'none' })).status?.code).toBe(11101);
  expect((await patchCluster({ description: 'his' }, 'overwrite', bob)).status?.code).not.toBe(
    10000,
  );

  const patchPool = async (action: string, ...nodepools: object[]) =>
    await platform.call('PatchNodepools', { ...inCluster, nodepools, action }, dan);
  const merged = await patchPool('merge', {
    id: 'np',
    instanceTypes: [{ id: 'large' }, { id: 'small', description: 'cheap' }],
    metadata: { b: 3 },
  });
  expect(merged.nodepools).toMatchObject([
    {
      minInstances: 1,
      maxInstances: 2,
      metadata: { a: 1, b: 3 },
      instanceTypes: [{ id: 'small', description: 'cheap' }, { id: 'large' }],
      computeCluster: { id: 'cc' },
    },
  ]);
  const dropped = await patchPool('remove', { id: 'np', instanceTypes: [{ id: 'small' }] });
  expect(dropped.nodepools[0]?.instanceTypes.map(({ id }) => id)).toEqual(['large']);
  // Both limits belong together: no least number is one, too.
  const wide = await patchPool('overwrite', { id: 'np', maxInstances: 5 });
  expect(wide.nodepools).toMatchObject([{ minInstances: 0, maxInstances: 5 }]);
  const bad = await patchPool(
    'overwrite',
    { id: 'np', description: 'half' },
    { id: 'np', minInstances: 9, maxInstances: 5 },
  );
  expect(bad.status?.code).toBe(StatusCode.NODEPOOL_INVALID_ARGUMENT);
  const got = await platform.call('GetNodepool', { ...inCluster, nodepoolId: 'np' }, dan);
  expect(got.nodepool).toEqual(wide.nodepools[0]);
  expect((await patchPool('add', { id: 'np' })).status?.details).toContain("'add'");
  expect((await patchPool('merge')).status?.code).toBe(StatusCode.NODEPOOL_INVALID_ARGUMENT);
  expect((await patchPool('merge', { id: 'none' })).status?.code).toBe(11101);
});

test('patches of clusters at the same time all count', async () => {
  const eve = await platform.addUser('eve');
  const own = { userAppId: { userId: 'eve' } };
  const clusters = Array.from({ length: 4 }, (_, n) => ({ id: `cc-${n}` }));
  await platform.call('PostComputeClusters', { ...own, computeClusters: clusters }, eve);
  const changes = [{ description: 'new' }, { visibility: { gettable: 50 } }];
  await Promise.all(
    changes.map(async (change, n) => {
      const computeClusters = clusters.map((cluster) => ({ ...cluster, ...change }));
      if (n % 2 === 1) computeClusters.reverse();
      const request = { ...own, computeClusters, action: 'overwrite' };
      const answer = await platform.call('PatchComputeClusters', request, eve);
      expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
    }),
  );
  const listed = await platform.call('ListComputeClusters', own, eve);
  expect(listed.computeClusters).toMatchObject(
    clusters.map((cluster) => ({ ...cluster, ...changes[0], ...changes[1] })),
  );
});

test('patches of one nodepool at the same time all count', async () => {
  const fay = await platform.addUser('fay');
  const own = { userAppId: { userId: 'fay' } };
  await platform.call('PostComputeClusters', { ...own, computeClusters: [{ id: 'cc' }] }, fay);
  const inCluster = { ...own, computeClusterId: 'cc' };
  await platform.call('PostNodepools', { ...inCluster, nodepools: [{ id: 'busy' }] }, fay);
  const names = Array.from({ length: 12 }, (_, n) => `k${n}`);
  await Promise.all(
    names.map(async (name) => {
      const nodepools = [{ id: 'busy', metadata: { [name]: true } }];
      const request = { ...inCluster, nodepools, action: 'merge' };
      const answer = await platform.call('PatchNodepools', request, fay);
      expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
    }),
  );
  const { nodepool } = await platform.call(
    'GetNodepool',
    { ...inCluster, nodepoolId: 'busy' },
    fay,
  );
  expect(Object.keys(nodepool?.metadata ?? {}).sort()).toEqual([...names].sort());
});

test('a cluster that is deleted while it gets a nodepool does not exist', async () => {
  await platform.call('PostComputeClusters', { userAppId, computeClusters: [{ id: 'late' }] }, ann);
  const request = { userAppId, computeClusterId: 'late', nodepools: [{ id: 'np' }] };
  const answer = await meanwhile(
    platform.deps.db,
    (tx) => sql`delete from compute_clusters where id = 'late'`.execute(tx),
    () => platform.call('PostNodepools', request, ann),
  );
  expect(answer.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});
