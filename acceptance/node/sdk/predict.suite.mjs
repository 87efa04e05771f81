// clarifai-nodejs: its Model and Workflow classes predict by bytes, by file and by URL, with every option.
import assert from 'node:assert/strict';
import { createReadStream, readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Input, Model, Workflow } from 'clarifai-nodejs';
import { owner, url } from '../target.mjs';

const require = createRequire(import.meta.url);
const { Concept, OutputConfig } = require('clarifai-nodejs-grpc/proto/clarifai/api/resources_pb');

const fileOf = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const dogFile = fileOf('packages/runner/src/media/samples/dog.jpg');
const dog = readFileSync(dogFile);
// Four seconds of the dog, then four of hens.
const videoFile = fileOf('acceptance/media/dog-then-hens.mp4');
const video = readFileSync(videoFile);

const place = { userId: 'clarifai', appId: 'main' };
const auth = { ...place, pat: owner.pat, base: url };
const modelOf = (modelId = 'general-image-recognition') => new Model({ modelId, authConfig: auth });
// Here the options are a plain object.
const workflowOf = (workflowId, outputConfig = { minValue: 0 }) =>
  new Workflow({ workflowId, outputConfig, authConfig: auth });

// Pictures behind an address that the platform under test may fetch from.
const files = http.createServer((request, response) =>
  createReadStream(request.url.endsWith('.mp4') ? videoFile : dogFile).pipe(response),
);
let base = '';
before(async () => {
  await new Promise((resolve) => files.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${files.address().port}`;
});
after(() => new Promise((resolve) => files.close(resolve)));

const valuesOf = (data) =>
  Object.fromEntries(data.conceptsList.map(({ name, value }) => [name, value]));
const concept = (name) => new Concept().setName(name);

async function predict(outputConfig, input = { inputBytes: dog, inputType: 'image' }) {
  const outputs = await modelOf().predictByBytes({ ...input, outputConfig });
  assert.equal(outputs.length, 1);
  assert.equal(outputs[0].status.code, 10000);
  return outputs[0].data;
}

test('a model predicts by bytes, by file and by URL', async () => {
  const model = modelOf();
  const answers = [
    await model.predictByBytes({ inputBytes: dog, inputType: 'image' }),
    await model.predictByFilepath({ filepath: dogFile, inputType: 'image' }),
    await model.predictByUrl({ url: `${base}/dog.jpg`, inputType: 'image' }),
  ];
  for (const [output] of answers) {
    assert.equal(output.data.conceptsList.length, 20);
    assert.ok(valuesOf(output.data).dog > 0.9);
    assert.equal(output.model.id, 'general-image-recognition');
  }
});

test('options choose among the concepts', async () => {
  assert.equal((await predict(new OutputConfig().setMaxConcepts(3))).conceptsList.length, 3);
  const sure = Object.values(valuesOf(await predict(new OutputConfig().setMinValue(0.98))));
  assert.ok(sure.length > 0 && sure.length < 20 && Math.min(...sure) >= 0.98);
  const wanted = new OutputConfig().setSelectConceptsList([concept('cat'), concept('dog')]);
  assert.deepEqual(Object.keys(valuesOf(await predict(wanted))), ['dog', 'cat']);
});

test('a video is answered by frames in the middle of each stretch', async () => {
  const config = new OutputConfig().setSampleMs(2000).setMaxConcepts(2);
  const { framesList } = await predict(config, { inputBytes: video, inputType: 'video' });
  assert.deepEqual(
    framesList.map(({ frameInfo }) => [frameInfo.index, frameInfo.time]),
    [
      [0, 1000],
      [1, 3000],
      [2, 5000],
      [3, 7000],
    ],
  );
  for (const { data } of framesList) assert.equal(data.conceptsList.length, 2);
  const [output] = await modelOf().predictByUrl({ url: `${base}/a.mp4`, inputType: 'video' });
  assert.equal(output.data.framesList.length, 8);
});

test('words and pictures have embeddings in one space', async () => {
  const outputs = await modelOf('multimodal-clip-embed').predictByBytes({
    inputBytes: Buffer.from('a dog'),
    inputType: 'text',
  });
  assert.equal(outputs[0].data.embeddingsList.length, 1);
  assert.equal(outputs[0].data.embeddingsList[0].numDimensions, 512);
});

test('a workflow answers in the order of its nodes', async () => {
  const answer = await workflowOf('General', { maxConcepts: 3 }).predictByBytes(dog, 'image');
  const [{ outputsList }] = answer.resultsList;
  assert.equal(outputsList.length, 3);
  assert.equal(outputsList[0].data.conceptsList.length, 3);
  assert.equal(outputsList[1].data.embeddingsList[0].numDimensions, 1280);
  assert.equal(outputsList[2].data.clustersList.length, 1);
  const byUrl = await workflowOf('General').predictByUrl(`${base}/dog.jpg`, 'image');
  assert.equal(byUrl.resultsList[0].outputsList.length, 3);
});

test('a workflow takes several inputs', async () => {
  const inputs = [
    Input.getInputFromBytes({ inputId: '', textBytes: Buffer.from('a dog') }),
    Input.getInputFromBytes({ inputId: '', imageBytes: dog }),
  ];
  const answer = await workflowOf('Universal').predict({ inputs });
  assert.deepEqual(
    answer.resultsList.map(({ status }) => status.code),
    [10000, 10000],
  );
});

test('what a workflow can not read, and what is none, is told in our words', async () => {
  const said = (pattern) => (error) => {
    assert.match(`${error.message} ${JSON.stringify(error.cause)}`, pattern);
    return true;
  };
  const words = Buffer.from('a dog');
  await assert.rejects(
    workflowOf('General').predictByBytes(words, 'text'),
    said(/Input format unsupported/),
  );
  await assert.rejects(
    workflowOf('no-such-workflow').predictByBytes(dog, 'image'),
    said(/Resource does not exist/),
  );
});
