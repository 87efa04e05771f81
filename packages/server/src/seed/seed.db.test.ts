import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { expect, test } from 'vitest';
import { catalogueOf, type Offer } from './catalogue.ts';
import { seedCatalogue } from './seed-catalogue.ts';
import { seedWorkflows } from './workflows.ts';

const platform = await testPlatform();
const ann = await platform.addUser('ann');
const main = { userAppId: { userId: 'clarifai', appId: 'main' } };

function offer(id: string, modelTypeId: string, changes: Partial<Offer['model']> = {}): Offer {
  const card = { description: id, intendedUse: 'use', limits: 'limits', quality: [] };
  const model = { id, name: id, versions: [`${id}-v`] as const, aliases: [], modelTypeId, card };
  return { model: { ...model, ...changes } as Offer['model'], concepts: [], weights: [] };
}

const recognition = offer('general-image-recognition', 'visual-classifier', {
  versions: ['aa7f35c01e0642fda5cf400f543e7c40', 'older'],
  aliases: ['short'],
});
const offers: readonly Offer[] = [
  {
    ...recognition,
    concepts: [
      { id: 'ai_a', name: 'dog' },
      { id: 'ai_b', name: 'cat' },
    ],
  },
  offer('general-image-embedding', 'visual-embedder', {
    versions: ['bb186755eda04f9cbb6fe32e816be104'],
    dimensions: 1280,
  }),
  offer('general-clusterering', 'clusterer', { versions: ['cc2074cff6dc4c02b6f4e1b8606dcb54'] }),
];

const ids = async (name: 'ListModels' | 'ListWorkflows') => {
  const answer = await platform.call(name, main, ann);
  const list = 'models' in answer ? answer.models : answer.workflows;
  return list.map(({ id }) => id).sort();
};

test('only workflows that have all of their models are offered', () => {
  expect(catalogueOf([]).workflows.map(({ id }) => id)).toEqual(['Empty']);
  expect(catalogueOf(offers).workflows.map(({ id }) => id)).toEqual(['Empty', 'General']);
  expect(seedWorkflows).toHaveLength(7);
});

test('a second start changes nothing', async () => {
  await seedCatalogue(platform.deps, catalogueOf(offers));
  const read = async () => ({
    models: (await platform.call('ListModels', main, ann)).models,
    workflows: (await platform.call('ListWorkflows', main, ann)).workflows,
    concepts: (await platform.call('ListConcepts', main, ann)).concepts,
  });
  const before = await read();
  expect(before.models).toHaveLength(3);
  expect(before.concepts.map(({ name }) => name)).toEqual(['dog', 'cat']);
  await seedCatalogue(platform.deps, catalogueOf(offers));
  expect(await read()).toEqual(before);
});

test('General is what clients expect of it', async () => {
  const { workflow } = await platform.call('GetWorkflow', { ...main, workflowId: 'General' }, ann);
  const shown = workflow?.nodes.map(({ id, model, nodeInputs }) => ({
    id,
    owner: `${model?.userId}/${model?.appId}`,
    model: model?.id,
    version: model?.modelVersion?.id,
    inputs: nodeInputs.map(({ nodeId }) => nodeId),
  }));
  const owner = 'clarifai/main';
  expect(shown).toEqual([
    {
      id: 'general-v1.5-concept',
      owner,
      model: 'general-image-recognition',
      version: 'aa7f35c01e0642fda5cf400f543e7c40',
      inputs: [],
    },
    {
      id: 'general-v1.5-embed',
      owner,
      model: 'general-image-embedding',
      version: 'bb186755eda04f9cbb6fe32e816be104',
      inputs: [],
    },
    {
      id: 'general-v1.5-cluster',
      owner,
      model: 'general-clusterering',
      version: 'cc2074cff6dc4c02b6f4e1b8606dcb54',
      inputs: ['general-v1.5-embed'],
    },
  ]);
  const versions = await platform.call(
    'ListWorkflowVersions',
    { ...main, workflowId: 'General' },
    ann,
  );
  expect(versions.workflowVersions).toHaveLength(1);
});

test('a later catalogue upgrades: texts, versions, words and nodes', async () => {
  const [first, ...rest] = offers;
  if (!first) throw new Error('nothing is offered');
  const changed: Offer = {
    ...first,
    model: { ...first.model, versions: ['newer', ...first.model.versions], aliases: ['shorter'] },
    concepts: [
      { id: 'ai_b', name: 'cat' },
      { id: 'ai_c', name: 'cow' },
    ],
  };
  const catalogue = catalogueOf([changed, ...rest]);
  const workflows = catalogue.workflows.map((workflow) =>
    workflow.id === 'Empty'
      ? { ...workflow, nodes: [{ id: 'n', model: 'general-image-embedding' }] }
      : workflow,
  );
  await seedCatalogue(platform.deps, { ...catalogue, workflows });
  const { model } = await platform.call('GetModel', { modelId: 'shorter' }, ann);
  expect(model?.modelVersion?.id).toBe('newer');
  const gone = await platform.call('GetModel', { modelId: 'short' }, ann);
  expect(gone.status?.code).toBe(StatusCode.MODEL_DOES_NOT_EXIST);
  const words = await platform.call(
    'ListModelConcepts',
    { modelId: 'shorter', versionId: 'older' },
    ann,
  );
  expect(words.concepts.map(({ name }) => name)).toEqual(['cat', 'cow']);
  const versions = await platform.call(
    'ListWorkflowVersions',
    { ...main, workflowId: 'Empty' },
    ann,
  );
  expect(versions.workflowVersions.map(({ nodes }) => nodes.length)).toEqual([1, 0]);
  const general = await platform.call(
    'ListWorkflowVersions',
    { ...main, workflowId: 'General' },
    ann,
  );
  expect(general.workflowVersions).toHaveLength(1);
});

test('what a smaller catalogue lacks stays', async () => {
  await seedCatalogue(platform.deps, catalogueOf([]));
  expect(await ids('ListModels')).toHaveLength(3);
  expect(await ids('ListWorkflows')).toEqual(['Empty', 'General']);
});
