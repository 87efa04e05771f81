// clarifai-nodejs, the SDK: its clients take the address from their configuration only.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { User } from 'clarifai-nodejs';
import { owner, url } from '../target.mjs';

const require = createRequire(import.meta.url);
const { GetUserRequest } = require('clarifai-nodejs-grpc/proto/clarifai/api/service_pb');
const { UserAppIDSet } = require('clarifai-nodejs-grpc/proto/clarifai/api/resources_pb');

const connect = (pat) => new User({ userId: owner.user_id, appId: '', pat, base: url });

/** The way in which the SDK's own methods call. */
function ask(user, method, request) {
  const { client } = user.STUB;
  return user.grpcRequest(promisify(client[method]).bind(client), request);
}

function whoAmI() {
  const place = new UserAppIDSet();
  place.setUserId('me');
  const request = new GetUserRequest();
  request.setUserAppId(place);
  return request;
}

test('a client of the SDK finds the user behind its token', async () => {
  const response = (await ask(connect(owner.pat), 'getUser', whoAmI())).toObject();
  assert.equal(response.status.code, 10000);
  assert.equal(response.status.description, 'Ok');
  assert.equal(response.user.id, owner.user_id);
});

test('a bad token reaches the caller as a status, not as a gRPC error', async () => {
  const response = (await ask(connect('nope'), 'getUser', whoAmI())).toObject();
  assert.equal(response.status.code, 11008);
});

test('methods of the SDK raise with our text', async () => {
  await assert.rejects(connect('nope').app({ appId: 'any' }), (error) => {
    assert.match(
      `${error.message} ${JSON.stringify(error.cause)}`,
      /Invalid API key or Invalid API key\/application pair/,
    );
    return true;
  });
});
