import {
  AppSchema,
  ConceptSchema,
  DatasetSchema,
  DatasetVersionSchema,
  DeploymentSchema,
  type JsonValue,
  KeySchema,
  ModelSchema,
  ModelVersionSchema,
  WorkflowSchema,
} from '@limpid/wire';
import { expect, test } from 'vitest';
import {
  appPatch,
  conceptPatch,
  datasetPatch,
  datasetVersionPatch,
  deploymentPatch,
  keyPatch,
  modelPatch,
  modelVersionPatch,
  workflowPatch,
} from '../index.ts';
import { failure, run } from '../patch-json.ts';

const dog = { id: 'dog', value: 1 };
const cat = { id: 'cat', value: 1 };

// --- apps ---

const app = {
  id: 'app',
  user_id: 'me',
  description: 'old',
  notes: 'notes',
  metadata: { a: 1 },
  visibility: { gettable: 'PRIVATE' },
  image: { url: 'https://example.org/cover.jpg' },
};

test('an app patch touches only the fields it carries', () => {
  const visibility = { gettable: 'PUBLIC' };
  expect(run(AppSchema, appPatch, 'overwrite', app, { id: 'app', visibility })).toEqual({
    ...app,
    visibility,
  });
  const patch = { user_id: 'eve', is_template: false, metadata: { b: 2 } };
  expect(run(AppSchema, appPatch, 'overwrite', app, patch)).toEqual({
    ...app,
    is_template: false,
    metadata: { b: 2 },
  });
  expect(run(AppSchema, appPatch, 'merge', app, patch)).toEqual({
    ...app,
    is_template: false,
    metadata: { a: 1, b: 2 },
  });
});

const covered = [
  ['app', (patch: JsonValue) => run(AppSchema, appPatch, 'remove', app, patch)],
  ['dataset', (patch: JsonValue) => run(DatasetSchema, datasetPatch, 'remove', app, patch)],
  ['model', (patch: JsonValue) => run(ModelSchema, modelPatch, 'remove', app, patch)],
  ['workflow', (patch: JsonValue) => run(WorkflowSchema, workflowPatch, 'remove', app, patch)],
] as const;

test.each(covered)('remove on %s takes the cover image away and nothing else', (_name, remove) => {
  const { image: cover, ...bare } = app;
  expect(remove({ id: 'app', image: cover })).toEqual(bare);
  expect(remove({ id: 'app' })).toEqual(app);
  expect(failure(() => remove({ image: { url: 'https://example.org/other.jpg' } }))).toMatchObject({
    code: 24900,
    details: "'image.url' is not the current image URL",
  });
  expect(failure(() => remove({ image: cover, description: 'x' }))).toMatchObject({
    code: 24900,
    details: "action 'remove' cannot be used on 'description'",
  });
});

// --- models ---

test('overwriting a model replaces its concepts but keeps the settings it does not name', () => {
  const current = {
    id: 'test-model',
    name: 'test-model',
    app_id: 'test-app',
    output_info: {
      data: {
        concepts: [
          { id: 'car', value: 1 },
          { id: 'ferrari', value: 1 },
        ],
      },
      output_config: { embed_model_version_id: 'bb18', sample_ms: 10 },
    },
  };
  const concepts = [
    { id: 'animal', value: 1 },
    { id: 'dog', value: 1 },
    { id: 'cat', value: 1 },
  ];
  const patch = {
    id: 'test-model',
    name: 'my-new-model',
    output_info: { data: { concepts }, output_config: { concepts_mutually_exclusive: true } },
  };
  expect(run(ModelSchema, modelPatch, 'overwrite', current, patch)).toEqual({
    ...current,
    name: 'my-new-model',
    output_info: {
      data: { concepts },
      output_config: {
        embed_model_version_id: 'bb18',
        sample_ms: 10,
        concepts_mutually_exclusive: true,
      },
    },
  });
});

test('merging a model adds tags once and leaves versions and type alone', () => {
  const current = {
    id: 'm',
    model_type_id: 'visual-classifier',
    toolkits: ['clarifai'],
    metadata: { a: { x: 1 } },
    model_version: { id: 'v1' },
  };
  const patch = {
    id: 'm',
    model_type_id: 'visual-classifier',
    toolkits: ['hugging-face', 'clarifai'],
    metadata: { a: { y: 2 } },
    model_version: { id: 'v2' },
    star_count: 7,
  };
  expect(run(ModelSchema, modelPatch, 'merge', current, patch)).toEqual({
    ...current,
    toolkits: ['clarifai', 'hugging-face'],
    metadata: { a: { x: 1, y: 2 } },
  });
  const retyped = { model_type_id: 'text-classifier' };
  expect(failure(() => run(ModelSchema, modelPatch, 'overwrite', current, retyped))).toMatchObject({
    code: 24900,
    details: "'model_type_id' cannot be changed",
  });
});

test('a model version keeps its concepts and status whatever the patch says', () => {
  const current = {
    id: 'v',
    status: { code: 'MODEL_TRAINED' },
    output_info: { data: { concepts: [dog] }, params: { max: 20 } },
    inference_compute_info: { num_accelerators: 1, accelerator_type: ['A10G'] },
  };
  const patch = {
    id: 'v',
    status: { code: 'MODEL_UNTRAINED' },
    license: 'MIT',
    output_info: { data: { concepts: [cat] }, params: { min_value: 0.95 } },
    inference_compute_info: { cpu_memory: '1Gi', accelerator_type: ['L40S'] },
  };
  const inference_compute_info = { ...patch.inference_compute_info, num_accelerators: 1 };
  expect(run(ModelVersionSchema, modelVersionPatch, 'merge', current, patch)).toEqual({
    ...current,
    license: 'MIT',
    output_info: { data: { concepts: [dog] }, params: { max: 20, min_value: 0.95 } },
    inference_compute_info,
  });
  expect(
    run(
      ModelVersionSchema,
      modelVersionPatch,
      'remove',
      { metadata: { a: 1, b: 2 } },
      { metadata: { a: true } },
    ),
  ).toEqual({ metadata: { b: 2 } });
});

// --- datasets, workflows, concepts, deployments, keys ---

test('datasets merge metadata; versions change only what describes them', () => {
  const current = { id: 'd', description: 'old', metadata: { a: 1 }, version: { id: 'v' } };
  const patch = { id: 'd', description: 'new', metadata: { b: 2 }, version: { id: 'w' } };
  expect(run(DatasetSchema, datasetPatch, 'merge', current, patch)).toEqual({
    ...current,
    description: 'new',
    metadata: { a: 1, b: 2 },
  });
  const version = { id: 'v', status: { code: 'DATASET_VERSION_READY' }, metadata: { a: 1 } };
  const patched = {
    id: 'v',
    status: { code: 'DATASET_VERSION_FAILURE' },
    metadata: { b: 2 },
    annotation_filter_config: { ignore_empty_inputs: true },
  };
  expect(run(DatasetVersionSchema, datasetVersionPatch, 'overwrite', version, patched)).toEqual({
    ...version,
    metadata: { b: 2 },
  });
});

test('workflow nodes merge by id and are replaced by overwrite', () => {
  const node = (id: string, model: string) => ({ id, model: { id: model } });
  const current = { id: 'w', nodes: [node('n1', 'm1'), node('n2', 'm2')] };
  const changed = run(WorkflowSchema, workflowPatch, 'merge', current, {
    nodes: [{ ...node('n2', 'm3'), node_inputs: [{ node_id: 'n1' }] }],
  });
  expect(changed).toEqual({
    id: 'w',
    nodes: [node('n1', 'm1'), { ...node('n2', 'm3'), node_inputs: [{ node_id: 'n1' }] }],
  });
  expect(
    run(WorkflowSchema, workflowPatch, 'overwrite', current, { nodes: [node('n3', 'm')] }),
  ).toEqual({ id: 'w', nodes: [node('n3', 'm')] });
});

test('a concept is renamed, not revalued or moved', () => {
  const current = { id: 'cat', name: 'Cat', value: 1, app_id: 'app' };
  const patch = { id: 'cat', name: 'New Cat Name', value: 0.5, app_id: 'other', language: 'fr' };
  expect(run(ConceptSchema, conceptPatch, 'overwrite', current, patch)).toEqual({
    ...current,
    name: 'New Cat Name',
  });
});

test('a deployment takes the worker it shall run and keeps the one it runs', () => {
  const worker = (version: string) => ({ model: { id: 'm', model_version: { id: version } } });
  const current = {
    id: 'dep',
    worker: worker('v1'),
    nodepools: [{ id: 'np' }],
    autoscale_config: { min_replicas: 1, max_replicas: 2 },
  };
  const patch = {
    id: 'dep',
    worker: worker('v9'),
    desired_worker: worker('v2'),
    autoscale_config: { max_replicas: 5 },
  };
  expect(run(DeploymentSchema, deploymentPatch, 'overwrite', current, patch)).toEqual({
    ...current,
    desired_worker: worker('v2'),
    autoscale_config: { max_replicas: 5 },
  });
});

test('a disabled deployment stays so through other patches and is enabled by a bare one', () => {
  const disabled = { id: 'dep', status: 'DISABLED' };
  expect(
    run(
      DeploymentSchema,
      deploymentPatch,
      'overwrite',
      { id: 'dep' },
      { id: 'dep', status: 'DISABLED' },
    ),
  ).toEqual(disabled);
  expect(
    run(DeploymentSchema, deploymentPatch, 'overwrite', disabled, { id: 'dep', description: 'x' }),
  ).toEqual({ ...disabled, description: 'x' });
  expect(
    run(DeploymentSchema, deploymentPatch, 'overwrite', disabled, {
      id: 'dep',
      user_id: 'me',
      status: 'ENABLED',
    }),
  ).toEqual({ id: 'dep' });
});

test('a key can be described and narrowed, not moved or prolonged', () => {
  const current = {
    id: 'k',
    type: 'app_specific_key',
    scopes: ['All'],
    apps: [{ id: 'app', user_id: 'me' }],
    expires_at: '2026-01-01T00:00:00Z',
  };
  const patch = {
    id: 'k',
    description: 'read only',
    scopes: ['Inputs:Get'],
    apps: [{ id: 'other', user_id: 'me' }],
    expires_at: '2099-01-01T00:00:00Z',
  };
  expect(run(KeySchema, keyPatch, 'overwrite', current, patch)).toEqual({
    ...current,
    description: 'read only',
    scopes: ['Inputs:Get'],
  });
});
