// clarifai-nodejs: its Search class filters and ranks. Filters on annotations go to the annotation search, all else to the
// input search.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Input, Search, User } from 'clarifai-nodejs';
import { owner, url } from '../target.mjs';

const require = createRequire(import.meta.url);
const service = require('clarifai-nodejs-grpc/proto/clarifai/api/service_pb');
const resources = require('clarifai-nodejs-grpc/proto/clarifai/api/resources_pb');

const samples = new URL('../../../packages/runner/src/media/samples/', import.meta.url);
const bytesOf = (name) => readFileSync(new URL(`${name}.jpg`, samples));
const animals = ['dog', 'duck', 'chicken', 'sheep'];
const appId = `search-${randomUUID().slice(0, 12)}`;
const authConfig = { userId: owner.user_id, appId, pat: owner.pat, base: url };
const user = new User({ ...authConfig, appId: '' });

// A server on this machine that the platform may fetch from.
const server = http.createServer((request, response) =>
  createReadStream(new URL(`.${request.url}`, samples)).pipe(response),
);
let files;

before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  files = `http://127.0.0.1:${server.address().port}`;
  const workflow = new resources.Workflow()
    .setId('Universal')
    .setUserId('clarifai')
    .setAppId('main');
  const app = new resources.App().setId(appId).setDefaultWorkflow(workflow);
  await ask('postApps', new service.PostAppsRequest().setUserAppId(place('')).setAppsList([app]));
  const dataset = new resources.Dataset().setId('birds');
  const datasets = new service.PostDatasetsRequest().setDatasetsList([dataset]);
  await ask('postDatasets', datasets.setUserAppId(place(appId)));
  const more = {
    dog: { labels: ['pet'], metadata: { Breed: 'Saint Bernard' } },
    duck: { labels: ['bird'], datasetId: 'birds' },
    chicken: { labels: ['bird', 'pet'], datasetId: 'birds' },
  };
  const inputs = animals.map((inputId) =>
    Input.getInputFromBytes({ inputId, imageBytes: bytesOf(inputId), ...more[inputId] }),
  );
  // The client asks for a list of places and then reads it as one place: it can not send any.
  const point = new resources.GeoPoint().setLongitude(-30).setLatitude(40);
  inputs[0].getData().setGeo(new resources.Geo().setGeoPoint(point));
  const request = new service.PostInputsRequest().setInputsList(inputs);
  await ask('postInputs', request.setUserAppId(place(appId)));
  await Promise.all(animals.map(untilDone));
});

after(async () => {
  server.close();
  server.closeAllConnections();
  await ask('deleteApp', new service.DeleteAppRequest().setUserAppId(place(appId)));
});

function place(app) {
  return new resources.UserAppIDSet().setUserId(owner.user_id).setAppId(app);
}

/** The way in which the SDK's own methods call. */
async function ask(method, request) {
  const stub = user.STUB.client;
  const answer = (await user.grpcRequest(promisify(stub[method]).bind(stub), request)).toObject();
  assert.equal(answer.status.code, 10000, `${method}: ${answer.status.details}`);
  return answer;
}

async function untilDone(inputId) {
  const request = new service.GetInputRequest().setUserAppId(place(appId)).setInputId(inputId);
  for (let tries = 0; tries < 600; tries += 1) {
    const { input } = await ask('getInput', request);
    if (input.status.code === 30000) return;
    assert.ok([30001, 30003].includes(input.status.code), input.status.details);
    await sleep(200);
  }
  assert.fail(`${inputId} is not done`);
}

async function hits(query, options = {}) {
  const found = [];
  for await (const page of new Search({ authConfig, topK: 50, ...options }).query(query)) {
    found.push(...page.hitsList);
  }
  return found;
}

const find = async (...query) => (await hits(...query)).map(({ input }) => input.id);
const named = (...names) => ({ concepts: names.map((name) => ({ name, value: 1 })) });

const filters = [
  [[{}], animals],
  [[named('pet')], ['dog', 'chicken']],
  [[named('pet', 'bird')], ['dog', 'duck', 'chicken']],
  [[named('pet'), named('bird')], ['chicken']],
  [[named('pet'), named('unheard-of')], []],
  [[{ metadata: { Breed: 'Saint Bernard' } }], ['dog']],
  [[{ geoPoint: { longitude: -29, latitude: 40, geoLimit: 100 } }], ['dog']],
  [[{ geoPoint: { longitude: -29, latitude: 40, geoLimit: 50 } }], []],
  [[{ inputTypes: ['image'] }, { inputStatusCode: 30000 }], animals],
  [[{ inputTypes: ['text', 'audio', 'video'] }], []],
  [[{ inputTypes: ['text'], inputStatusCode: 30000 }], animals],
  [[{ inputDatasetIds: ['birds'] }], ['duck', 'chicken']],
  [[{ inputDatasetIds: ['random_dataset'] }], []],
];

for (const [filter, expected] of filters) {
  test(`filters ${JSON.stringify(filter)}`, async () => {
    const found = await hits({ filters: filter });
    assert.deepEqual(
      found.map(({ input }) => input.id),
      expected,
    );
    assert.ok(found.every(({ score }) => score === 1));
  });
}

test('ranks by a picture, by its bytes and behind a URL', async () => {
  const byBytes = await hits({ ranks: [{ imageBytes: bytesOf('duck') }] });
  assert.equal(byBytes[0].input.id, 'duck');
  assert.ok(byBytes[0].score > 0.99);
  const byUrl = await hits({ ranks: [{ imageUrl: `${files}/duck.jpg` }] });
  const seen = (list) => list.map(({ input, score }) => [input.id, score]);
  assert.deepEqual(seen(byUrl), seen(byBytes));
});

test('ranks by words', async () => {
  assert.equal((await find({ ranks: [{ textRaw: 'a photo of a dog' }] }))[0], 'dog');
});

test('filters before it ranks', async () => {
  const ranks = [{ imageBytes: bytesOf('dog') }];
  assert.deepEqual((await find({ ranks, filters: [named('bird')] })).sort(), ['chicken', 'duck']);
  const birds = [{ inputDatasetIds: ['birds'] }];
  assert.deepEqual((await find({ ranks, filters: birds })).sort(), ['chicken', 'duck']);
  assert.equal((await find({ ranks, filters: [{ inputTypes: ['image'] }] }))[0], 'dog');
});

test('takes a page', async () => {
  const search = new Search({ authConfig });
  const images = [{ inputTypes: ['image'] }];
  const { value } = await search.query({ filters: images, page: 2, perPage: 3 }).next();
  assert.deepEqual(
    value.hitsList.map(({ input }) => input.id),
    ['sheep'],
  );
});

test('tells of too many hits in its own words', async () => {
  const search = new Search({ authConfig });
  await assert.rejects(
    search.query({ page: 11, perPage: 1000 }).next(),
    /current pagination settings exceed the limit/,
  );
});
