// clarifai-nodejs, the SDK: models, their versions, and workflows from YAML and back.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { App, Model, User, Workflow } from 'clarifai-nodejs';
import { owner, url } from '../target.mjs';

const require = createRequire(import.meta.url);
const {
  ModelVersion,
  OutputInfo,
} = require('clarifai-nodejs-grpc/proto/clarifai/api/resources_pb');
const { Struct } = require('google-protobuf/google/protobuf/struct_pb');

const fresh = (prefix) => `${prefix}-${randomBytes(6).toString('hex')}`;
const appId = fresh('node');
const auth = { userId: owner.user_id, pat: owner.pat, base: url };
const user = new User({ ...auth, appId: '' });
const app = new App({ authConfig: { ...auth, appId } });
const folder = mkdtempSync(path.join(tmpdir(), 'limpid-node-'));

const modelOf = (modelId) => new Model({ modelId, authConfig: { ...auth, appId } });

/** What a generator of pages yields, all together. */
async function collect(pages) {
  const all = [];
  for await (const page of pages) all.push(...[page].flat());
  return all;
}

before(() => user.createApp({ appId, baseWorkflow: 'Empty' }));
after(async () => {
  await user.deleteApp({ appId });
  rmSync(folder, { recursive: true });
});

test('a model is made, and read with the version that it got', async () => {
  const modelId = fresh('crop');
  const params = { modelTypeId: 'image-crop', description: 'cuts' };
  const made = await app.createModel({ modelId, params });
  assert.equal(made.modelTypeId, 'image-crop');
  const version = new ModelVersion()
    .setDescription('with a margin')
    .setOutputInfo(new OutputInfo().setParams(Struct.fromJavaScript({ margin: 1.5 })));
  const answer = await modelOf(modelId).createVersion(version);
  assert.equal(answer.appId, appId);
  assert.equal(answer.userId, owner.user_id);
  const read = await app.model({ modelId });
  assert.equal(read.modelVersion.id, answer.modelVersion.id);
  assert.equal(read.modelVersion.description, 'with a margin');
  const versions = await collect(modelOf(modelId).listVersions());
  assert.deepEqual(
    versions.map(({ id }) => id),
    [answer.modelVersion.id],
  );
  const listed = await collect(app.listModels());
  assert.ok(listed.some(({ id }) => id === modelId));
  await app.deleteModel({ modelId });
  await assert.rejects(app.model({ modelId }), /Model does not exist/);
});

test('pages of models are as long as asked', async () => {
  const ids = ['p1', 'p2', 'p3'];
  for (const id of ids) {
    await app.createModel({ modelId: id, params: { modelTypeId: 'any-to-any' } });
    await modelOf(id).createVersion(new ModelVersion());
  }
  const page = await collect(app.listModels({ pageNo: 2, perPage: 2 }));
  assert.equal(page.length, 1);
  assert.equal((await collect(app.listModels())).length, 3);
  for (const id of ids) await app.deleteModel({ modelId: id });
});

test('a workflow goes from YAML to the platform and back', async () => {
  const modelId = fresh('any');
  await app.createModel({ modelId, params: { modelTypeId: 'any-to-any' } });
  const { modelVersion } = await modelOf(modelId).createVersion(new ModelVersion());
  const id = fresh('workflow');
  const config = path.join(folder, 'workflow.yml');
  writeFileSync(
    config,
    [
      'workflow:',
      `  id: ${id}`,
      '  nodes:',
      '    - id: first',
      '      model:',
      `        modelId: ${modelId}`,
      `        modelVersionId: ${modelVersion.id}`,
      '    - id: second',
      '      model:',
      `        modelId: ${modelId}`,
      '      nodeInputs:',
      '        - nodeId: first',
      '',
    ].join('\n'),
  );
  const made = await app.createWorkflow({ configFilePath: config, display: false });
  assert.deepEqual(
    made.nodesList.map((node) => [node.id, node.model.modelVersion.id, node.model.userId]),
    [
      ['first', modelVersion.id, owner.user_id],
      ['second', modelVersion.id, owner.user_id],
    ],
  );
  assert.deepEqual(
    made.nodesList[1].nodeInputsList.map(({ nodeId }) => nodeId),
    ['first'],
  );
  const workflow = new Workflow({ workflowId: id, authConfig: { ...auth, appId } });
  const versions = await collect(workflow.listVersions({}));
  assert.equal(versions.flatMap((page) => page.workflowVersionsList ?? page).length, 1);
  const exported = path.join(folder, 'exported.yml');
  await workflow.exportWorkflow(exported);
  const text = readFileSync(exported, 'utf8');
  assert.match(text, new RegExp(modelVersion.id));
  assert.match(text, new RegExp(appId));
  const listed = await collect(app.listWorkflows());
  assert.ok(listed.some((found) => found.id === id));
  await app.deleteWorkflow({ workflowId: id });
  await assert.rejects(app.workflow({ workflowId: id }), /Resource does not exist/);
});
