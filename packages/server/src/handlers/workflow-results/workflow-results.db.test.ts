import { usageWritten } from '@limpid/store/db/usage';
import { type PostWorkflowResultsResponse, StatusCode } from '@limpid/wire';
import { beforeEach, expect, test } from 'vitest';
import { picture, scriptModels, sentence } from '../../flows/workflow/testing/scripted-models.ts';

const models = await scriptModels();
const { platform, asked } = models;
const ann = await platform.addUser('ann');
const bob = await platform.addUser('bob');
const shared = { userAppId: { userId: 'clarifai', appId: 'main' } };
const own = { userAppId: { userId: 'ann', appId: 'lab' } };
await platform.call('PostApps', { apps: [{ id: 'lab' }] }, ann);
const scripts = { ...models.scripts };

beforeEach(() => {
  Object.assign(models.scripts, scripts);
  asked.length = 0;
});

const codes = ({ results }: PostWorkflowResultsResponse) =>
  results.map(({ status, outputs }) => [
    status?.code,
    outputs.map((output) => output.status?.code),
  ]);

const node = (id: string, modelId: string, inputs: readonly string[] = [], more: object = {}) => ({
  id,
  model: { id: modelId, userId: 'clarifai', appId: 'main' },
  nodeInputs: inputs.map((nodeId) => ({ nodeId })),
  ...more,
});

test('outputs stand in the order of the nodes; embeddings go from the embedder to the clusterer', async () => {
  const request = { ...shared, workflowId: 'General', inputs: [picture(7), picture(8)] };
  const answer = await platform.call('PostWorkflowResults', request, ann);
  expect(answer.status).toMatchObject({ code: StatusCode.SUCCESS, description: 'Ok' });
  expect(answer.workflow).toMatchObject({ id: 'General', appId: 'main', userId: 'clarifai' });
  expect(answer.results.map(({ input }) => input?.id)).toEqual(['picture-7', 'picture-8']);
  const [first, second] = answer.results;
  expect(first?.outputs.map(({ model }) => model?.id)).toEqual(['grouper', 'namer', 'embedder']);
  expect(first?.outputs[0]?.data?.clusters[0]?.id).toBe('c7');
  expect(second?.outputs[0]?.data?.clusters[0]?.id).toBe('c8');
  expect(first?.outputs[1]?.data?.concepts.map(({ name }) => name)).toEqual(['dog', 'cat', 'bird']);
  expect(first?.outputs.every(({ id, createdAt }) => id && createdAt)).toBe(true);
  // The clusterer was given what the embedder said, and not the picture again.
  const given = asked.find(({ modelId }) => modelId === 'grouper')?.inputs[0]?.data;
  expect([given?.image, given?.embeddings[0]?.vector]).toEqual([undefined, [7, 1]]);
});

test('what the caller wants of concepts holds for every node', async () => {
  const outputConfig = { maxConcepts: 2, minValue: 0.85 };
  const inputs = [picture(1)];
  const request = { ...shared, workflowId: 'General', inputs, outputConfig };
  const answer = await platform.call('PostWorkflowResults', request, ann);
  expect(answer.results[0]?.outputs[1]?.data?.concepts).toMatchObject([{ name: 'dog' }]);
  const config = asked[0]?.model?.modelVersion?.outputInfo?.outputConfig;
  expect(config).toMatchObject({ maxConcepts: 2 });
});

test('an input that no model reads is unsupported as a whole; one that some read is not', async () => {
  const inputs = [sentence('words')];
  const refused = await platform.call(
    'PostWorkflowResults',
    { ...shared, workflowId: 'General', inputs },
    ann,
  );
  expect(refused.status).toMatchObject({ code: 30101, description: 'Input format unsupported' });
  expect(codes(refused)).toEqual([[30101, [30101, 30101, 30101]]]);
  // No model was started to be asked in vain.
  expect(asked).toEqual([]);
  const both = { ...shared, workflowId: 'Both', inputs: [picture(1), sentence('words')] };
  const taken = await platform.call('PostWorkflowResults', both, ann);
  expect(taken.status?.code).toBe(StatusCode.SUCCESS);
  expect(codes(taken)).toEqual([
    [10000, [10000, 30101]],
    [10000, [30101, 10000]],
  ]);
});

test('each input has a status of its own, and all of them one together', async () => {
  models.scripts.embedder = ({ image }) =>
    image?.base64[0] === 1 ? 30300 : { embeddings: [{ vector: [5] }] };
  const gone = { data: { image: { url: 'http://127.0.0.1:1/gone.jpg' } } };
  const inputs = [picture(1), picture(2), gone];
  const request = { ...shared, workflowId: 'General', inputs };
  const mixed = await platform.call('PostWorkflowResults', request, ann);
  expect(mixed.status?.code).toBe(StatusCode.MIXED_STATUS);
  expect(codes(mixed)).toEqual([
    [10010, [30300, 10000, 30300]],
    [10000, [10000, 10000, 10000]],
    [30002, [30002, 30002, 30002]],
  ]);
  const only = await platform.call('PostWorkflowResults', { ...request, inputs: [gone] }, ann);
  expect(only.status).toMatchObject({ code: 30002 });
  expect(only.results).toHaveLength(1);
});

test('suppressed nodes feed others and do not show; overrides reach the model', async () => {
  const outputInfoOverride = { params: { max_concepts: 1 } };
  await platform.call(
    'PostWorkflows',
    {
      ...own,
      workflows: [
        {
          id: 'quiet',
          nodes: [
            node('embed', 'embedder', [], { suppressOutput: true }),
            node('group', 'grouper', ['embed']),
            node('name', 'namer', [], { outputInfoOverride }),
          ],
        },
      ],
    },
    ann,
  );
  const request = { ...own, workflowId: 'quiet', inputs: [picture(4)] };
  const answer = await platform.call('PostWorkflowResults', request, ann);
  expect(answer.results[0]?.outputs).toMatchObject([
    { data: { clusters: [{ id: 'c4' }] } },
    { data: { concepts: [{ name: 'dog' }, {}, {}] } },
  ]);
  const params = asked.find(({ modelId }) => modelId === 'namer')?.model?.modelVersion?.outputInfo
    ?.params;
  expect(params).toEqual({ max_concepts: 1 });
});

test('a node looks back for the picture when the one before it gives none', async () => {
  const request = { ...shared, workflowId: 'Boxes', inputs: [picture(6)] };
  const answer = await platform.call('PostWorkflowResults', request, ann);
  expect(codes(answer)).toEqual([[10000, [10000, 10000]]]);
  const given = asked.find(({ modelId }) => modelId === 'namer')?.inputs[0]?.data;
  expect([given?.image?.base64[0], given?.regions.length]).toEqual([6, 2]);
});

test('without a version id the newest version runs, with one that one', async () => {
  const post = (nodes: object[]) => ({ ...own, workflows: [{ id: 'two', nodes }] });
  const made = await platform.call('PostWorkflows', post([node('a', 'namer')]), ann);
  const versionId = made.workflows[0]?.version?.id ?? '';
  const change = { ...post([node('b', 'embedder')]), action: 'overwrite' };
  const patched = await platform.call('PatchWorkflows', change, ann);
  expect(patched.status?.code).toBe(StatusCode.SUCCESS);
  const request = { ...own, workflowId: 'two', inputs: [picture(1)] };
  const ran = async (id: string) =>
    (await platform.call('PostWorkflowResults', { ...request, versionId: id }, ann)).results[0]
      ?.outputs[0]?.model?.id;
  expect([await ran(''), await ran(versionId)]).toEqual(['embedder', 'namer']);
});

test('what is not there, or not for the caller, does not exist', async () => {
  const inputs = [picture(1)];
  const of = async (at: object, as: { pat: string }) =>
    (await platform.call('PostWorkflowResults', { ...at, inputs }, as)).status?.code;
  expect(await of({ ...shared, workflowId: 'nope' }, ann)).toBe(11101);
  expect(await of({ ...shared, workflowId: 'General', versionId: 'nope' }, ann)).toBe(11101);
  expect(await of({ ...own, workflowId: 'quiet' }, bob)).toBe(11101);
  // One that the named app lacks is looked for in the shared one.
  expect(await of({ ...own, workflowId: 'General' }, ann)).toBe(StatusCode.SUCCESS);
});

test('a workflow takes 1 to 32 inputs', async () => {
  const many = Array.from({ length: 33 }, (_, index) => picture(index));
  for (const inputs of [[], many]) {
    const request = { ...shared, workflowId: 'General', inputs };
    const answer = await platform.call('PostWorkflowResults', request, ann);
    expect(answer.status?.code).toBe(40001);
  }
  const most = { ...shared, workflowId: 'General', inputs: many.slice(1) };
  const answer = await platform.call('PostWorkflowResults', most, ann);
  expect([answer.status?.code, answer.results.length]).toEqual([StatusCode.SUCCESS, 32]);
});

test('the empty workflow says nothing of anything', async () => {
  const request = { ...shared, workflowId: 'Empty', inputs: [picture(1)] };
  const answer = await platform.call('PostWorkflowResults', request, ann);
  expect(codes(answer)).toEqual([[10000, []]]);
});

test('while a model is starting the caller is told to come back, and nothing else', async () => {
  delete models.scripts.namer;
  const request = { ...shared, workflowId: 'General', inputs: [picture(1)] };
  const answer = await platform.call('PostWorkflowResults', request, ann);
  expect([answer.status?.code, answer.results]).toEqual([StatusCode.MODEL_DEPLOYING, []]);
});

test('the use of each model is noted', async () => {
  const { db } = platform.deps;
  await usageWritten(db);
  await db.deleteFrom('usage_records').execute();
  const request = { ...shared, workflowId: 'General', inputs: [picture(1), picture(2)] };
  await platform.call('PostWorkflowResults', request, ann);
  await usageWritten(db);
  const rows = await db.selectFrom('usage_records').select(['quantity', 'user_key']).execute();
  expect(rows).toEqual(Array(3).fill({ quantity: 2n, user_key: ann.key }));
});
