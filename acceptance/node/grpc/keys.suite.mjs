// clarifai-nodejs-grpc: its own definition of the service, over h2c on the platform's one port.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import clarifai from 'clarifai-nodejs-grpc';
import { address, owner, stranger } from '../target.mjs';

const { ClarifaiStub, grpc } = clarifai;
// The package opens TLS only: its client class serves for a plain port.
const secure = ClarifaiStub.grpc('localhost:1');
const stub = new secure.constructor(address, grpc.credentials.createInsecure());
secure.close();
after(() => stub.close());

function call(name, request, secret) {
  const metadata = new grpc.Metadata();
  if (secret) metadata.set('authorization', `Key ${secret}`);
  return new Promise((resolve, reject) => {
    stub[name](request, metadata, { deadline: Date.now() + 20_000 }, (error, response) => {
      if (error) reject(error);
      else resolve(response);
    });
  });
}

const me = { user_app_id: { user_id: 'me' } };
const token = (description) => ({ description, scopes: ['All'], type: 'personal_access_token' });

test('GetUser tells who the token is', async () => {
  const response = await call('GetUser', me, owner.pat);
  assert.equal(response.status.code, 10000);
  assert.equal(response.user.id, owner.user_id);
});

test('a bad key and no key are told in band', async () => {
  const bad = await call('GetUser', me, 'nope');
  assert.equal(bad.status.code, 11008);
  assert.equal(bad.status.description, 'Invalid API key or Invalid API key/application pair');
  assert.equal((await call('GetUser', me)).status.code, 11102);
});

test('a key is made, listed, changed and revoked', async () => {
  const made = await call('PostKeys', { ...me, keys: [token('node')] }, owner.pat);
  assert.equal(made.status.code, 10000, made.status.details);
  const secret = made.keys[0].id;
  assert.equal((await call('GetUser', me, secret)).user.id, owner.user_id);

  const changed = await call(
    'PatchKeys',
    {
      ...me,
      action: 'overwrite',
      keys: [{ id: secret, description: 'node changed', scopes: ['All'] }],
    },
    owner.pat,
  );
  assert.equal(changed.status.code, 10000, changed.status.details);
  const listed = await call('ListKeys', { ...me, per_page: 1000 }, owner.pat);
  assert.equal(listed.keys.filter((key) => key.description === 'node changed').length, 1);
  assert.ok(!JSON.stringify(listed).includes(secret));

  assert.equal((await call('DeleteKey', { ...me, key_id: secret }, owner.pat)).status.code, 10000);
  assert.equal((await call('GetUser', me, secret)).status.code, 11008);
});

test("a stranger can not revoke another's key", async () => {
  const made = await call('PostKeys', { ...me, keys: [token('kept')] }, owner.pat);
  const secret = made.keys[0].id;
  const denied = await call('DeleteKey', { ...me, key_id: secret }, stranger.pat);
  assert.equal(denied.status.code, 11101);
  assert.equal((await call('GetUser', me, secret)).status.code, 10000);
  await call('DeleteKey', { ...me, key_id: secret }, owner.pat);
});

test('many calls share one connection', async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => call('GetUser', me, owner.pat)),
  );
  assert.ok(
    answers.every((answer) => answer.status.code === 10000 && answer.user.id === owner.user_id),
  );
  assert.equal(new Set(answers.map((answer) => answer.status.req_id)).size, 200);
});

test('what the platform does not do yet says so in band', async () => {
  const streamed = await new Promise((resolve, reject) => {
    const found = [];
    const metadata = new grpc.Metadata();
    metadata.set('authorization', `Key ${owner.pat}`);
    const stream = stub.StreamLogEntries({ log_type: 'builder' }, metadata, {
      deadline: Date.now() + 20_000,
    });
    stream.on('data', (answer) => found.push(answer));
    stream.on('error', reject);
    stream.on('end', () => resolve(found));
  });
  assert.equal(streamed.length, 1);
  assert.ok(streamed[0].status.code >= 10000);
});
