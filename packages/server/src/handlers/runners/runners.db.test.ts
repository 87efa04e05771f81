import { meanwhile } from '@limpid/testkit/meanwhile';
import { testPlatform } from '@limpid/testkit/platform';
import {
  create,
  MultiOutputResponseSchema,
  type PostModelOutputsRequest,
  type Status,
  StatusCode,
} from '@limpid/wire';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';

const platform = await testPlatform();
const ann = await platform.addUser('ann');
const bob = await platform.addUser('bob');
const owner = { userAppId: { userId: 'ann' } };
const app = { userAppId: { userId: 'ann', appId: 'lab' } };
const place = { computeClusterId: 'cc', nodepoolId: 'np' };
const model = { id: 'echo', userId: 'ann', appId: 'lab' };
let runnerId = '';
let versionId = '';

beforeAll(async () => {
  await platform.call('PostApps', { apps: [{ id: 'lab' }] }, ann);
  await platform.call('PostComputeClusters', { ...owner, computeClusters: [{ id: 'cc' }] }, ann);
  await platform.call(
    'PostNodepools',
    { ...owner, computeClusterId: 'cc', nodepools: [{ id: 'np' }] },
    ann,
  );
  await platform.call(
    'PostModels',
    { ...app, models: [{ id: 'echo', modelTypeId: 'any-to-any' }] },
    ann,
  );
  const made = await platform.call(
    'PostModelVersions',
    { ...app, modelId: 'echo', modelVersions: [{ pretrainedModelConfig: { localDev: true } }] },
    ann,
  );
  versionId = made.model?.modelVersion?.id ?? '';
});

const worker = () => ({
  worker: { case: 'model' as const, value: { ...model, modelVersion: { id: versionId } } },
});

test('a runner is made under an id of ours, pinned to a version, and listed with its nodepool', async () => {
  const made = await platform.call(
    'PostRunners',
    { ...owner, ...place, runners: [{ description: 'mine', worker: worker(), numReplicas: 1 }] },
    ann,
  );
  expect(made.status?.code).toBe(StatusCode.SUCCESS);
  runnerId = made.runners[0]?.id ?? '';
  expect(runnerId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  expect(made.runners[0]).toMatchObject({
    description: 'mine',
    nodepool: { id: 'np', computeCluster: { id: 'cc' } },
    worker: { worker: { value: { id: 'echo', modelVersion: { id: versionId } } } },
    runnerMetrics: { podsRunning: 0 },
  });
  const everywhere = await platform.call(
    'ListRunners',
    { ...owner, modelVersionIds: [versionId] },
    ann,
  );
  expect(everywhere.runners).toEqual(made.runners);
  const elsewhere = await platform.call('ListRunners', { ...owner, nodepoolId: 'other' }, ann);
  expect(elsewhere.runners).toEqual([]);
  const got = await platform.call('GetRunner', { ...owner, ...place, runnerId }, ann);
  expect(got.runner).toEqual(made.runners[0]);
});

test('runners of others, missing nodepools and missing workers', async () => {
  const peek = await platform.call('GetRunner', { ...owner, ...place, runnerId }, bob);
  expect(peek.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  const nowhere = { computeClusterId: 'cc', nodepoolId: 'none' };
  const lost = await platform.call(
    'PostRunners',
    { ...owner, ...nowhere, runners: [{ worker: worker() }] },
    ann,
  );
  expect(lost.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  const idle = await platform.call('PostRunners', { ...owner, ...place, runners: [{}] }, ann);
  expect(idle.status?.code).toBe(StatusCode.RUNNER_INVALID_ARGUMENT);
});

test('a deployment is pinned by desired_worker, patched by overwrite alone, and found by version', async () => {
  const nodepools = [{ id: 'np', computeCluster: { id: 'cc', userId: 'ann' } }];
  const deployment = { id: 'local-echo', worker: worker(), nodepools, schedulingChoice: 3 };
  const made = await platform.call('PostDeployments', { ...owner, deployments: [deployment] }, ann);
  expect(made.deployments[0]).toMatchObject({
    id: 'local-echo',
    userId: 'ann',
    nodepools: [{ id: 'np', computeCluster: { id: 'cc' } }],
    desiredWorker: { worker: { value: { modelVersion: { id: versionId } } } },
    deploymentMetrics: { liveReplicas: 0 },
  });
  const again = await platform.call(
    'PostDeployments',
    { ...owner, deployments: [deployment] },
    ann,
  );
  expect(again.status?.details).toContain('already exists');
  const next = await platform.call(
    'PostModelVersions',
    { ...app, modelId: 'echo', modelVersions: [{ pretrainedModelConfig: { localDev: true } }] },
    ann,
  );
  const newer = next.model?.modelVersion?.id ?? '';
  const value = { ...model, modelVersion: { id: newer } };
  const patch = { id: 'local-echo', desiredWorker: { worker: { case: 'model' as const, value } } };
  const merged = await platform.call(
    'PatchDeployments',
    { ...owner, deployments: [patch], action: 'merge' },
    ann,
  );
  expect(merged.status?.details).toContain("Invalid action: Unrecognized action 'merge'");
  const moved = await platform.call(
    'PatchDeployments',
    { ...owner, deployments: [patch], action: 'overwrite' },
    ann,
  );
  expect(moved.deployments[0]?.desiredWorker?.worker.value).toMatchObject({
    modelVersion: { id: newer },
  });
  expect(moved.deployments[0]?.nodepools).toHaveLength(1);
  const found = await platform.call('ListDeployments', { ...owner, modelVersionIds: [newer] }, ann);
  expect(found.deployments.map(({ id }) => id)).toEqual(['local-echo']);
  const back = { ...patch, desiredWorker: worker() };
  await platform.call(
    'PatchDeployments',
    { ...owner, deployments: [back], action: 'overwrite' },
    ann,
  );
});

test('a polling runner gets a prediction and its outputs reach the caller with model and input', async () => {
  const asked = platform.call(
    'PostModelOutputs',
    { ...app, modelId: 'echo', versionId, inputs: [{ data: { text: { raw: 'hello' } } }] },
    ann,
  );
  const polled = await platform.call('ListRunnerItems', { ...owner, ...place, runnerId }, ann);
  const item = polled.runnerItems[0];
  const request = item?.request.value as PostModelOutputsRequest;
  expect(request.inputs[0]?.data?.text?.raw).toBe('hello');
  expect(request.model).toMatchObject({
    id: 'echo',
    userId: 'ann',
    appId: 'lab',
    modelVersion: { id: versionId },
  });
  const multiOutputResponse = create(MultiOutputResponseSchema, {
    status: { code: StatusCode.SUCCESS },
    outputs: [{ status: { code: StatusCode.SUCCESS }, data: { text: { raw: 'HELLO' } } }],
  });
  await platform.call(
    'PostRunnerItemOutputs',
    {
      ...owner,
      ...place,
      runnerId,
      runnerItemId: item?.id ?? '',
      status: { code: StatusCode.SUCCESS },
      runnerItemOutputs: [
        { response: { case: 'multiOutputResponse', value: multiOutputResponse } },
      ],
    },
    ann,
  );
  const answer = await asked;
  expect(answer.status?.code).toBe(StatusCode.SUCCESS);
  expect(answer.outputs[0]).toMatchObject({
    data: { text: { raw: 'HELLO' } },
    model: { id: 'echo' },
  });
});

test('a runner is changed in place, and stays what it serves', async () => {
  const patch = async (action: string, change: object, as = ann) => {
    const runners = [{ id: runnerId, ...change }];
    return await platform.call('PatchRunners', { ...owner, ...place, runners, action }, as);
  };
  const changed = await patch('merge', {
    description: 'ours',
    numReplicas: 3,
    metadata: { team: 'a' },
    worker: { worker: { case: 'model', value: { id: 'other' } } },
  });
  expect(changed.status?.code).toBe(StatusCode.SUCCESS);
  expect(changed.runners).toMatchObject([
    {
      id: runnerId,
      description: 'ours',
      numReplicas: 3,
      metadata: { team: 'a' },
      nodepool: { id: 'np' },
      worker: { worker: { value: { id: 'echo', modelVersion: { id: versionId } } } },
    },
  ]);
  const more = await patch('merge', { metadata: { zone: 'b' } });
  expect(more.runners).toMatchObject([{ numReplicas: 3, metadata: { team: 'a', zone: 'b' } }]);
  expect((await patch('overwrite', {})).runners).toMatchObject([{ numReplicas: 0 }]);
  await patch('overwrite', { numReplicas: 1, description: 'mine' });
  expect((await patch('grow', {})).status?.details).toContain("'grow'");
  expect((await patch('merge', { id: 'none' })).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await patch('merge', { description: 'his' }, bob)).status?.code).not.toBe(10000);
  const none = { ...owner, ...place, runners: [], action: 'merge' };
  expect((await platform.call('PatchRunners', none, ann)).status?.code).toBe(
    StatusCode.RUNNER_INVALID_ARGUMENT,
  );
});

test('a stream may only be opened for a runner of one’s own', async () => {
  const start = { ...owner, ...place, runnerId, status: { code: StatusCode.RUNNER_STREAM_START } };
  const [refused] = await platform.stream('ProcessRunnerItems', [start], bob);
  expect(refused?.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('a model that nothing serves is not worth waiting for; a missing one does not exist', async () => {
  await platform.call('DeleteDeployments', { ...owner, ids: ['local-echo'] }, ann);
  await platform.call('DeleteRunners', { ...owner, ...place, ids: [runnerId] }, ann);
  const inputs = [{ data: { text: { raw: 'x' } } }];
  const idle = await platform.call('PostModelOutputs', { ...app, modelId: 'echo', inputs }, ann);
  expect(idle.status?.code).toBe(StatusCode.MODEL_NOT_DEPLOYED);
  const none = await platform.call('PostModelOutputs', { ...app, modelId: 'nothing', inputs }, ann);
  expect(none.status).toMatchObject({
    code: StatusCode.MODEL_DOES_NOT_EXIST,
    description: 'Model does not exist',
  });
  const empty = await platform.call(
    'PostModelOutputs',
    { ...app, modelId: 'echo', inputs: [] },
    ann,
  );
  expect(empty.status?.code).toBe(StatusCode.PREDICT_INVALID_REQUEST);
});

test('patches of one runner at the same time all count', async () => {
  const runners = [{ worker: worker(), numReplicas: 1 }];
  const made = await platform.call('PostRunners', { ...owner, ...place, runners }, ann);
  const id = made.runners[0]?.id ?? '';
  const labels = Array.from({ length: 12 }, (_, n) => `label-${n}`);
  await Promise.all(
    labels.map(async (label) => {
      const request = { ...owner, ...place, runners: [{ id, labels: [label] }], action: 'merge' };
      const answer = await platform.call('PatchRunners', request, ann);
      expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
    }),
  );
  const got = await platform.call('GetRunner', { ...owner, ...place, runnerId: id }, ann);
  expect([...(got.runner?.labels ?? [])].sort()).toEqual([...labels].sort());
  await platform.call('DeleteRunners', { ...owner, ...place, ids: [id] }, ann);
});

test('patches of one deployment at the same time all count', async () => {
  const nodepools = [{ id: 'np', computeCluster: { id: 'cc', userId: 'ann' } }];
  const deployment = { id: 'busy', worker: worker(), nodepools };
  await platform.call('PostDeployments', { ...owner, deployments: [deployment] }, ann);
  const changes = [
    { description: 'new' },
    { metadata: { seen: true } },
    { autoscaleConfig: { maxReplicas: 5 } },
    { schedulingChoice: 3 },
    { nodepools },
  ];
  // More at once than there are connections: none may wait for a second one while it holds a lock.
  const patches = [...changes, ...changes, ...changes];
  await Promise.all(
    patches.map(async (change) => {
      const request = { ...owner, deployments: [{ id: 'busy', ...change }], action: 'overwrite' };
      const answer = await platform.call('PatchDeployments', request, ann);
      expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
    }),
  );
  const got = await platform.call('GetDeployment', { ...owner, deploymentId: 'busy' }, ann);
  expect(got.deployment).toMatchObject(Object.assign({}, ...changes));
  await platform.call('DeleteDeployments', { ...owner, ids: ['busy'] }, ann);
});

test('a nodepool that is deleted while something is to run in it does not exist', async () => {
  const nodepools = [{ id: 'late', computeCluster: { id: 'cc', userId: 'ann' } }];
  const inLate = { ...owner, computeClusterId: 'cc', nodepoolId: 'late' };
  const calls = [
    () =>
      platform.call(
        'PostDeployments',
        { ...owner, deployments: [{ worker: worker(), nodepools }] },
        ann,
      ),
    () => platform.call('PostRunners', { ...inLate, runners: [{ worker: worker() }] }, ann),
  ];
  for (const call of calls) {
    await platform.call('PostNodepools', { ...inLate, nodepools: [{ id: 'late' }] }, ann);
    const answer = await meanwhile<{ status?: Status | undefined }>(
      platform.deps.db,
      (tx) => sql`delete from nodepools where id = 'late'`.execute(tx),
      call,
    );
    expect(answer.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
    // Found missing by the work done anew, not by the database.
    expect(answer.status?.details).not.toContain('meanwhile');
  }
});
