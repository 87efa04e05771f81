import { lockedBefore } from '@limpid/testkit/meanwhile';
import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { seedCatalogue } from '../../seed/seed-catalogue.ts';
import type { SeedModel } from '../../seed/types.ts';

const shared: SeedModel = {
  id: 'face-detection',
  title: 'Face Detection',
  modelTypeId: 'visual-detector',
  description: '',
  notes: '',
  metadata: {},
  useCases: [],
  license: '',
  creator: '',
  versions: ['fe995da8cb73490f8556416ecf25cea3', '45fb9a671625463fa646c3523a3087d5'],
  aliases: [],
  concepts: [],
};

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
await seedCatalogue(platform.deps, {
  models: [shared],
  workflows: [
    { id: 'Empty', description: 'Runs nothing', nodes: [] },
    { id: 'Face', description: 'Finds faces', nodes: [{ id: 'face', model: shared.id }] },
  ],
});
const place = { userAppId: { userId: 'ann', appId: 'a' } };
const main = { userAppId: { userId: 'clarifai', appId: 'main' } };
await platform.call('PostApps', { apps: [{ id: 'a', visibility: { gettable: 50 } }] }, ann);
for (const [id, modelTypeId, params] of [
  ['crop', 'image-crop', { margin: 1.1 }],
  ['see', 'any-to-any', {}],
  ['llm', 'any-to-any', {}],
] as const) {
  await platform.call('PostModels', { ...place, models: [{ id, modelTypeId }] }, ann);
  const modelVersions = [{ id: `${id}-v1`, outputInfo: { params } }];
  await platform.call('PostModelVersions', { ...place, modelId: id, modelVersions }, ann);
}

interface Node {
  id: string;
  model?: object;
  nodeInputs?: { nodeId: string }[];
  suppressOutput?: boolean;
  outputInfoOverride?: object;
}
const node = (id: string, model: object, ...inputs: string[]): Node => ({
  id,
  model,
  nodeInputs: inputs.map((nodeId) => ({ nodeId })),
});
const post = (id: string, nodes: Node[], as: typeof ann | string = ann) =>
  platform.call('PostWorkflows', { ...place, workflows: [{ id, nodes }] } as never, as);
const get = async (workflowId: string) =>
  (await platform.call('GetWorkflow', { ...place, workflowId }, ann)).workflow;

test('a workflow is made with owners and versions of its models filled in', async () => {
  const made = await post('General', [
    node('general-v1.5-face', { id: 'face-detection' }),
    node('cropper', { id: 'crop' }, 'general-v1.5-face'),
    node('old', { id: 'face-detection', modelVersion: { id: shared.versions[1] } }),
  ]);
  expect(made.status?.code).toBe(StatusCode.SUCCESS);
  const [workflow] = made.workflows;
  expect(workflow).toMatchObject({ id: 'General', appId: 'a', userId: 'ann' });
  expect(workflow?.nodes).toMatchObject([
    {
      id: 'general-v1.5-face',
      model: {
        id: 'face-detection',
        name: 'face-detection',
        userId: 'clarifai',
        appId: 'main',
        modelVersion: { id: shared.versions[0], userId: 'clarifai', appId: 'main' },
      },
    },
    { model: { id: 'crop', userId: 'ann', appId: 'a', modelVersion: { id: 'crop-v1' } } },
    { model: { modelVersion: { id: shared.versions[1] } } },
  ]);
  expect(workflow?.nodes[1]?.nodeInputs).toMatchObject([{ nodeId: 'general-v1.5-face' }]);
  expect(workflow?.version).toMatchObject({ workflowId: 'General', isDeprecated: false });
  expect(await get('General')).toEqual(workflow);
});

test.each<[string, number, Node[]]>([
  ['nothing', StatusCode.WORKFLOW_INVALID_ARGUMENT, []],
  ['a node without a model', StatusCode.WORKFLOW_INVALID_ARGUMENT, [{ id: 'a' }]],
  ['an unknown model', StatusCode.MODEL_DOES_NOT_EXIST, [node('a', { id: 'nope' })]],
  [
    'an unknown version',
    StatusCode.MODEL_DOES_NOT_EXIST,
    [node('a', { id: 'see', modelVersion: { id: 'nope' } })],
  ],
  [
    'two nodes of one id',
    StatusCode.WORKFLOW_INVALID_GRAPH,
    [node('a', { id: 'see' }), node('a', { id: 'llm' })],
  ],
  ['no such input', StatusCode.WORKFLOW_NO_MATCHING_INPUT, [node('a', { id: 'see' }, 'b')]],
  [
    'a cycle',
    StatusCode.WORKFLOW_INVALID_GRAPH,
    [node('a', { id: 'see' }, 'b'), node('b', { id: 'llm' }, 'a')],
  ],
  [
    'an override that its type does not allow',
    StatusCode.MODEL_INVALID_ARGUMENT,
    [{ ...node('a', { id: 'crop' }), outputInfoOverride: { params: { margin: 'wide' } } }],
  ],
  [
    'too many nodes',
    StatusCode.WORKFLOW_INVALID_ARGUMENT,
    Array.from({ length: 21 }, (_, index) => node(`n${index}`, { id: 'see' })),
  ],
])('a workflow of %s is refused', async (_what, code, nodes) => {
  const refused = await post('refused', nodes);
  expect(refused.status?.code).toBe(code);
  expect(
    (await platform.call('GetWorkflow', { ...place, workflowId: 'refused' }, ann)).status?.code,
  ).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('a model without a version that is ready is refused', async () => {
  await platform.call('PostModels', { ...place, models: [{ id: 'empty' }] }, ann);
  const refused = await post('refused', [node('a', { id: 'empty' })]);
  expect(refused.status?.code).toBe(StatusCode.WORKFLOW_REQUIRE_TRAINED_MODEL);
});

test('ids are checked, a taken one is refused, and a batch is all or none', async () => {
  const one = [node('a', { id: 'see' })];
  expect((await post('a b', one)).status?.code).toBe(StatusCode.WORKFLOW_INVALID_ARGUMENT);
  expect((await post('', one)).status?.code).toBe(StatusCode.WORKFLOW_INVALID_ARGUMENT);
  await post('taken', one);
  const request = {
    ...place,
    workflows: [
      { id: 'fresh', nodes: one },
      { id: 'taken', nodes: one },
    ],
  };
  const again = await platform.call('PostWorkflows', request as never, ann);
  expect(again.status?.code).toBe(StatusCode.WORKFLOW_DUPLICATE);
  expect(again.status?.details).toContain('already exists');
  const fresh = await platform.call('GetWorkflow', { ...place, workflowId: 'fresh' }, ann);
  expect(fresh.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('an app key names models of its app alone', async () => {
  const keys = [{ scopes: ['All'], apps: [{ id: 'a' }] }];
  const key = (await platform.call('PostKeys', { keys }, ann)).keys[0]?.id ?? '';
  const own = await post('by-key', [node('a', { id: 'see' })], key);
  expect(own.status?.code).toBe(StatusCode.SUCCESS);
  const fallback = await post('by-key-2', [node('a', { id: 'face-detection' })], key);
  expect(fallback.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
});

test('a patch of nodes makes a version and leaves the others as they were', async () => {
  await post('versions', [node('n1', { id: 'see' }), node('n2', { id: 'llm' }, 'n1')]);
  const first = (await get('versions'))?.version?.id ?? '';
  const patch = async (workflow: object, action: string) => {
    const request = { ...place, workflows: [{ id: 'versions', ...workflow }], action };
    return await platform.call('PatchWorkflows', request as never, ann);
  };
  const merged = await patch(
    { nodes: [node('n2', { id: 'see' }), node('n3', { id: 'llm' })] },
    'merge',
  );
  expect(merged.workflows[0]?.nodes.map(({ id, model }) => [id, model?.id])).toEqual([
    ['n1', 'see'],
    ['n2', 'see'],
    ['n3', 'llm'],
  ]);
  const over = await patch({ nodes: [node('n9', { id: 'llm' })], description: 'new' }, 'overwrite');
  expect(over.workflows[0]).toMatchObject({ description: 'new', nodes: [{ id: 'n9' }] });
  const words = await patch({ description: 'newer', notes: 'n' }, 'merge');
  expect(words.workflows[0]?.version?.id).toBe(over.workflows[0]?.version?.id);
  expect(words.workflows[0]).toMatchObject({ description: 'newer', nodes: [{ id: 'n9' }] });
  const bad = await patch({ nodes: [node('n9', { id: 'nope' })], description: 'lost' }, 'merge');
  expect(bad.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
  expect((await get('versions'))?.description).toBe('newer');
  expect((await patch({}, 'upsert')).status?.details).toContain("Unrecognized action 'upsert'");

  const listed = await platform.call(
    'ListWorkflowVersions',
    { ...place, workflowId: 'versions' },
    ann,
  );
  expect(listed.workflowVersions).toHaveLength(3);
  expect(listed.workflowVersions.at(-1)).toMatchObject({ id: first, workflowId: 'versions' });
  expect(listed.workflowVersions.at(-1)?.nodes.map(({ id }) => id)).toEqual(['n1', 'n2']);
  const old = await platform.call(
    'GetWorkflowVersion',
    { ...place, workflowId: 'versions', workflowVersionId: first },
    ann,
  );
  expect(old.workflowVersion).toEqual(listed.workflowVersions.at(-1));
  const newest = await platform.call(
    'GetWorkflowVersion',
    { ...place, workflowId: 'versions' },
    ann,
  );
  expect(newest.workflowVersion).toEqual(listed.workflowVersions[0]);
  const page = await platform.call(
    'ListWorkflowVersions',
    { ...place, workflowId: 'versions', page: 2, perPage: 2 },
    ann,
  );
  expect(page.workflowVersions.map(({ id }) => id)).toEqual([first]);
});

test('a node keeps what the owner of its model took back', async () => {
  const open = { userAppId: { userId: 'ann', appId: 'lent' } };
  await platform.call('PostApps', { apps: [{ id: 'lent', visibility: { gettable: 50 } }] }, ann);
  const models = [{ id: 'lent', modelTypeId: 'any-to-any', visibility: { gettable: 50 } }];
  await platform.call('PostModels', { ...open, models }, ann);
  await platform.call('PostModelVersions', { ...open, modelId: 'lent' }, ann);
  await platform.call('PostApps', { apps: [{ id: 'b' }] }, bob);
  const mine = { userAppId: { userId: 'bob', appId: 'b' } };
  const nodes = [node('n', { id: 'lent', userId: 'ann', appId: 'lent' })];
  const made = await platform.call(
    'PostWorkflows',
    { ...mine, workflows: [{ id: 'w', nodes }] } as never,
    bob,
  );
  expect(made.status?.code).toBe(StatusCode.SUCCESS);
  const hide = [{ id: 'lent', visibility: { gettable: 10 } }];
  await platform.call('PatchModels', { ...open, models: hide, action: 'merge' }, ann);
  const add = async (extra: Node) => {
    const workflows = [{ id: 'w', nodes: [extra] }];
    return await platform.call(
      'PatchWorkflows',
      { ...mine, workflows, action: 'merge' } as never,
      bob,
    );
  };
  const kept = await add(node('more', { id: 'face-detection' }));
  expect(kept.workflows[0]?.nodes.map(({ id }) => id)).toEqual(['n', 'more']);
  const anew = await add(node('again', { id: 'lent', userId: 'ann', appId: 'lent' }));
  expect(anew.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
});

test('settings of nodes come back, secrets do not', async () => {
  const override = {
    params: { margin: 2, secrets: [{ id: 's', value: 'hush' }] },
    outputConfig: { maxConcepts: 3 },
  };
  await post('settings', [
    { ...node('a', { id: 'crop' }), suppressOutput: true, outputInfoOverride: override },
    node('b', { id: 'see' }, 'a'),
  ]);
  const workflow = await get('settings');
  expect(workflow?.nodes[0]?.suppressOutput).toBe(true);
  expect(workflow?.nodes[1]?.suppressOutput).toBe(false);
  expect(workflow?.nodes[0]?.outputInfoOverride?.params).toEqual({ margin: 2 });
  expect(workflow?.nodes[0]?.outputInfoOverride?.outputConfig).toBeUndefined();
  const workflows = [{ id: 'settings', nodes: [node('c', { id: 'see' })] }];
  await platform.call('PatchWorkflows', { ...place, workflows, action: 'merge' } as never, ann);
  const { rows } = await sql<{ secrets: unknown }>`
    select body -> 'output_info_override' -> 'params' -> 'secrets' as secrets
    from workflow_nodes where id = 'a' order by version_key desc limit 1`.execute(platform.deps.db);
  expect(rows).toEqual([{ secrets: [{ id: 's' }] }]);
});

test('a workflow is renamed, follows renamed models, and tells when one is deleted', async () => {
  await platform.call(
    'PostModels',
    { ...place, models: [{ id: 'm1', modelTypeId: 'any-to-any' }] },
    ann,
  );
  await platform.call('PostModelVersions', { ...place, modelId: 'm1' }, ann);
  await post('w1', [node('n', { id: 'm1' })]);
  const rename = (name: 'PatchModelIds' | 'PatchWorkflowIds', id: string, newId: string) =>
    platform.call(name, { ...place, ids: [{ id, newId }], action: 'overwrite' }, ann);
  await rename('PatchModelIds', 'm1', 'm2');
  expect((await rename('PatchWorkflowIds', 'w1', 'General')).status?.code).toBe(
    StatusCode.WORKFLOW_DUPLICATE,
  );
  await rename('PatchWorkflowIds', 'w1', 'w2');
  expect((await get('w2'))?.nodes[0]?.model?.id).toBe('m2');
  await platform.call('DeleteModel', { ...place, modelId: 'm2' }, ann);
  const workflow = await get('w2');
  expect(workflow?.version?.isDeprecated).toBe(true);
  expect(workflow?.nodes[0]?.model?.id).toBe('m2');
});

test('versions are described and deleted', async () => {
  await post('v', [node('n', { id: 'see' })]);
  const versionId = (await get('v'))?.version?.id ?? '';
  const workflowVersions = [{ id: versionId, description: 'good', metadata: { a: 1 }, nodes: [] }];
  const patched = await platform.call(
    'PatchWorkflowVersions',
    { ...place, workflowId: 'v', workflowVersions, action: 'merge' },
    ann,
  );
  expect(patched.workflowVersions).toMatchObject([
    { id: versionId, description: 'good', metadata: { a: 1 }, nodes: [{ id: 'n' }] },
  ]);
  const remove = (workflowVersionIds: string[]) =>
    platform.call('DeleteWorkflowVersions', { ...place, workflowId: 'v', workflowVersionIds }, ann);
  expect((await remove([])).status?.code).toBe(StatusCode.SUCCESS);
  expect((await remove([versionId, 'absent'])).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await remove([versionId])).status?.code).toBe(StatusCode.SUCCESS);
  const workflow = await get('v');
  expect(workflow?.nodes).toEqual([]);
  expect(workflow?.version).toBeUndefined();
});

test('lists hold what their place holds', async () => {
  const list = async (request: object, as = ann) =>
    (await platform.call('ListWorkflows', request, as)).workflows.map(({ id, appId }) => [
      appId,
      id,
    ]);
  expect(await list(main, bob)).toEqual([
    ['main', 'Face'],
    ['main', 'Empty'],
  ]);
  expect(await list({ ...main, page: 2, perPage: 1 }, bob)).toEqual([['main', 'Empty']]);
  expect(await list({ ...main, page: 3, perPage: 1 }, bob)).toEqual([]);
  expect(await list({ ...place, id: 'Gen*' })).toEqual([['a', 'General']]);
  expect(await list({ ...place, search: 'general' })).toEqual([['a', 'General']]);
  expect(await list(place, bob)).toEqual([]);
  const visible = await list({}, bob);
  expect(visible).toEqual(
    expect.arrayContaining([
      ['b', 'w'],
      ['main', 'Empty'],
    ]),
  );
  expect(visible.map(([app]) => app)).not.toContain('a');
  const byId = { sortBy: { case: 'sortById', value: true }, sortAscending: true };
  const ids = (await list({ ...place, ...byId })).map(([, id]) => id);
  expect(ids).toEqual([...ids].sort());
});

test('a shared workflow answers in any app, and the base workflow without an id', async () => {
  const empty = await platform.call('GetWorkflow', { ...place, workflowId: 'Empty' }, ann);
  expect(empty.workflow).toMatchObject({ id: 'Empty', userId: 'clarifai', nodes: [] });
  const apps = [
    { id: 'based', defaultWorkflow: { id: 'Face', userId: 'clarifai', appId: 'main' } },
  ];
  await platform.call('PostApps', { apps }, ann);
  const based = { userAppId: { userId: 'ann', appId: 'based' } };
  expect((await platform.call('GetWorkflow', based, ann)).workflow?.id).toBe('Face');
  const none = await platform.call('GetWorkflow', { ...place, workflowId: 'nope' }, ann);
  expect(none.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect(none.status?.description).toBe('Resource does not exist');
});

test('deleting is all or none, spares base workflows, and frees ids', async () => {
  await post('base', [node('n', { id: 'see' })]);
  const defaultWorkflow = { id: 'base', userId: 'ann', appId: 'a' };
  await platform.call('PostApps', { apps: [{ id: 'on-base', defaultWorkflow }] }, ann);
  const remove = (request: object) =>
    platform.call('DeleteWorkflows', { ...place, ...request }, ann);
  const used = await remove({ deleteAll: true });
  expect(used.status?.code).toBe(StatusCode.WORKFLOW_INVALID_ARGUMENT);
  expect(used.status?.details).toContain("app 'on-base'");
  expect((await remove({ ids: [] })).status?.code).toBe(StatusCode.SUCCESS);
  expect((await remove({ ids: ['General', 'absent'] })).status?.code).toBe(
    StatusCode.CONN_DOES_NOT_EXIST,
  );
  const foreign = await platform.call('DeleteWorkflow', { ...main, workflowId: 'Empty' }, ann);
  expect(foreign.status?.code).toBe(StatusCode.CONN_INSUFFICIENT_SCOPES);
  expect((await remove({ ids: ['General'] })).status?.code).toBe(StatusCode.SUCCESS);
  expect((await post('General', [node('n', { id: 'see' })])).status?.code).toBe(StatusCode.SUCCESS);
  await platform.call('DeleteApp', { userAppId: { userId: 'ann', appId: 'on-base' } }, ann);
  expect((await remove({ deleteAll: true })).status?.code).toBe(StatusCode.SUCCESS);
  expect((await platform.call('ListWorkflows', place, ann)).workflows).toEqual([]);
});

test('patches of the same workflows take them in one order, whatever theirs', async () => {
  const nodes = [{ id: 'see', model: { id: 'see', modelVersion: { id: 'see-v1' } } }];
  const workflows = ['first', 'second'].map((id) => ({ id, nodes }));
  for (const one of workflows)
    await platform.call('PostWorkflows', { ...place, workflows: [one] }, ann);
  const patches = ['second', 'first'].map((id) => ({ id, description: 'patched' }));
  const locked = await lockedBefore(platform.deps.db, 'workflows', 'first', async () => {
    const request = { ...place, workflows: patches, action: 'overwrite' };
    const answer = await platform.call('PatchWorkflows', request, ann);
    expect(answer.workflows, answer.status?.details).toMatchObject(patches);
  });
  expect(locked).toEqual([]);
});
