// clarifai-nodejs: its Input class adds, waits for and patches inputs of every kind.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Input, User } from 'clarifai-nodejs';
import { owner, url } from '../target.mjs';

const require = createRequire(import.meta.url);
const service = require('clarifai-nodejs-grpc/proto/clarifai/api/service_pb');
const resources = require('clarifai-nodejs-grpc/proto/clarifai/api/resources_pb');

const media = new URL('../../media/', import.meta.url);
const bytesOf = (name) => readFileSync(new URL(name, media));
const appId = `node-${randomUUID().slice(0, 12)}`;
const authConfig = { userId: owner.user_id, appId, pat: owner.pat, base: url };
let input;
let files;

// A server on this machine that the platform may fetch from.
const server = http.createServer((request, response) => {
  try {
    response.end(bytesOf(request.url.slice(1).replace(/\?.*/, '')));
  } catch {
    response.writeHead(404).end();
  }
});

before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  files = `http://127.0.0.1:${server.address().port}`;
  const user = new User({ ...authConfig, appId: '' });
  const app = new resources.App().setId(appId);
  const request = new service.PostAppsRequest().setUserAppId(place('')).setAppsList([app]);
  const made = await ask(user, 'postApps', request);
  assert.equal(made.status.code, 10000, made.status.details);
  input = new Input({ authConfig });
});

after(async () => {
  server.close();
  server.closeAllConnections();
  const request = new service.DeleteAppRequest().setUserAppId(place(appId));
  if (input) await ask(input, 'deleteApp', request);
});

function place(app) {
  return new resources.UserAppIDSet().setUserId(owner.user_id).setAppId(app);
}

/** The way in which the SDK's own methods call. */
async function ask(client, method, request) {
  const stub = client.STUB.client;
  return (await client.grpcRequest(promisify(stub[method]).bind(stub), request)).toObject();
}

async function get(id) {
  const request = new service.GetInputRequest().setUserAppId(place(appId)).setInputId(id);
  return (await ask(input, 'getInput', request)).input;
}

async function done(jobId, id) {
  assert.ok(await input.waitForInputs({ inputJobId: jobId }));
  const found = await get(id);
  assert.equal(found.status.code, 30000, JSON.stringify(found.status));
  return found;
}

const KINDS = { image: 'card.png', video: 'clip.mp4', audio: 'tone.wav' };

for (const [kind, file] of Object.entries(KINDS)) {
  test(`${kind} from a URL, a file and bytes`, async () => {
    const ways = {
      Url: [`${kind}Url`, `${files}/${file}?node`],
      File: [`${kind}File`, new URL(file, media).pathname],
      Bytes: [`${kind}Bytes`, new Uint8Array(bytesOf(file))],
    };
    // Together, because the SDK looks after its jobs only every three seconds.
    await Promise.all(
      Object.entries(ways).map(async ([way, [name, source]]) => {
        const inputId = `${kind}-${way}`;
        const jobId = await input[`uploadFrom${way}`]({ inputId, [name]: source });
        const found = await done(jobId, inputId);
        const hosted = found.data[kind].hosted;
        const answer = await fetch(`${hosted.prefix}/orig/${hosted.suffix}`, {
          headers: { authorization: `Key ${owner.pat}` },
        });
        assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytesOf(file));
      }),
    );
  });
}

test('text, with labels and metadata', async () => {
  const made = Input.getTextInput({
    inputId: 'labelled',
    rawText: 'some text',
    labels: ['one', 'two'],
    metadata: { deep: { key: [1, 'two'] } },
  });
  const { data } = await done(await input.uploadInputs({ inputs: [made] }), 'labelled');
  assert.equal(data.text.raw, 'some text');
  assert.deepEqual(
    data.conceptsList.map(({ id, name, value }) => [id, name, value]),
    [
      ['id-one', 'one', 1],
      ['id-two', 'two', 1],
    ],
  );
  const request = new service.GetInputRequest().setUserAppId(place(appId)).setInputId('labelled');
  const stub = input.STUB.client;
  const read = await input.grpcRequest(promisify(stub.getInput).bind(stub), request);
  const metadata = read.getInput().getData().getMetadata().toJavaScript();
  assert.deepEqual(metadata, { deep: { key: [1, 'two'] } });
});

test('patching changes labels and leaves the text', async () => {
  const jobId = await input.uploadText({ inputId: 'patched', rawText: 'kept' });
  await done(jobId, 'patched');
  const concept = new resources.Concept().setId('cat').setValue(1);
  const patch = new resources.Input().setId('patched');
  patch.setData(new resources.Data().setConceptsList([concept]));
  await input.patchInputs({ inputs: [patch], action: 'merge' });
  const { data } = await get('patched');
  assert.equal(data.conceptsList[0].id, 'cat');
  assert.equal(data.text.raw, 'kept');
});

test('a bulk upload takes many calls and leaves nothing out', async () => {
  const inputs = Array.from({ length: 300 }, (_, n) =>
    Input.getTextInput({ inputId: `bulk-${n}`, rawText: `text ${n}` }),
  );
  await input.bulkUpload({ inputs });
  const request = new service.ListInputsRequest().setUserAppId(place(appId)).setPerPage(1000);
  const { inputsList } = await ask(input, 'listInputs', request);
  const bulk = inputsList.filter(({ id }) => id.startsWith('bulk-'));
  assert.equal(bulk.length, 300);
  assert.ok(bulk.every(({ status }) => status.code === 30000));
});
