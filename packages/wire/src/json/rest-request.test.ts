import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import {
  DeleteInputsRequestSchema,
  ListDatasetVersionMetricsGroupsRequestSchema,
  ListDeploymentsRequestSchema,
  ListInputsRequestSchema,
  ListModelsRequestSchema,
  PatchInputsRequestSchema,
} from '../gen/proto/clarifai/api/service_pb.js';
import { methodByName } from '../methods.ts';
import { createRestRouter } from '../rest-router.ts';
import { StatusError } from '../status.ts';
import { decodeRestRequest } from './rest-request.ts';

const router = createRestRouter();

/** As a transport would: route the path, split the query, parse the body. */
function request(verb: string, url: string, body?: unknown) {
  const { pathname, searchParams } = new URL(url, 'http://host');
  const match = router.match(verb, pathname);
  if (!match || 'allowed' in match) throw new Error(`no route for ${verb} ${url}`);
  return decodeRestRequest(match.method, { params: match.params, query: searchParams, body });
}

test('the path fills nested fields', () => {
  expect(request('GET', '/v2/users/me/apps/a%20b/inputs')).toStrictEqual(
    create(ListInputsRequestSchema, { userAppId: { userId: 'me', appId: 'a b' } }),
  );
});

test('a query: dotted names, repeated keys, numbers and enums as text', () => {
  const url = '/v2/deployments?user_app_id.user_id=u&page=2&perPage=20&scheduling_priorities=1';
  expect(request('GET', `${url}&scheduling_priorities=2&unknown=x&__proto__.a=1`)).toStrictEqual(
    create(ListDeploymentsRequestSchema, {
      userAppId: { userId: 'u' },
      page: 2,
      perPage: 20,
      schedulingPriorities: [1, 2],
    }),
  );
});

test.each(['True', 'true', '1'])('a query says %s for true', (text) => {
  expect(request('GET', `/v2/models?featured_only=${text}`)).toStrictEqual(
    create(ListModelsRequestSchema, { featuredOnly: true }),
  );
});

test.each(['False', 'false', '0', ''])('a query says %j for false', (text) => {
  expect(request('GET', `/v2/models?featured_only=${text}`)).toStrictEqual(
    create(ListModelsRequestSchema),
  );
});

test('an empty text of a query is nothing for a number; a comma belongs to its value', () => {
  expect(request('GET', '/v2/models?page=&query=&name=a,b')).toStrictEqual(
    create(ListModelsRequestSchema, { name: 'a,b' }),
  );
});

test('a query gives values of any JSON type', () => {
  const path = '/v2/users/u/apps/a/datasets/d/versions/v/metrics';
  const message = request('GET', `${path}?values=true&values=plain%20text&values=5`);
  expect(message).toStrictEqual(
    create(ListDatasetVersionMetricsGroupsRequestSchema, {
      userAppId: { userId: 'u', appId: 'a' },
      datasetId: 'd',
      datasetVersionId: 'v',
      values: [
        { kind: { case: 'boolValue', value: true } },
        { kind: { case: 'stringValue', value: 'plain text' } },
        { kind: { case: 'numberValue', value: 5 } },
      ],
    }),
  );
});

test('a DELETE and a GET may carry a body', () => {
  const body = { user_app_id: { user_id: 'u', app_id: 'a' }, ids: ['1', '2'] };
  const userAppId = { userId: 'u', appId: 'a' };
  expect(request('DELETE', '/v2/inputs', body)).toStrictEqual(
    create(DeleteInputsRequestSchema, { userAppId, ids: ['1', '2'] }),
  );
  expect(request('GET', '/v2/inputs', { page: 3 })).toStrictEqual(
    create(ListInputsRequestSchema, { page: 3 }),
  );
});

test('the path beats the body, the body beats the query, and what each lacks stays', () => {
  const body = { user_app_id: { user_id: 'body', app_id: 'body' }, action: 'merge' };
  const url = '/v2/users/path/apps/path/inputs?action=remove&user_app_id.user_id=query';
  expect(request('PATCH', url, body)).toStrictEqual(
    create(PatchInputsRequestSchema, {
      userAppId: { userId: 'path', appId: 'path' },
      action: 'merge',
    }),
  );
  const partial = request('PATCH', '/v2/inputs?user_app_id.app_id=query', {
    user_app_id: { user_id: 'body' },
  });
  expect(partial).toMatchObject({ userAppId: { userId: 'body', appId: 'query' } });
});

test('no body, null and an empty object are the same', () => {
  for (const body of [undefined, null, {}]) {
    expect(request('PATCH', '/v2/inputs', body)).toStrictEqual(create(PatchInputsRequestSchema));
  }
});

test.each([
  [
    '/v2/inputs?page=many',
    undefined,
    'page: expected a whole number from 0 to 4294967295, got "many"',
  ],
  ['/v2/inputs?user_app_id=me', undefined, 'user_app_id: expected an object, got "me"'],
  ['/v2/models?featured_only=yes', undefined, 'featured_only: expected true or false, got "yes"'],
  ['/v2/inputs', [1], 'expected an object, got a list'],
  ['/v2/inputs', { user_app_id: 5 }, 'user_app_id: expected an object, got 5'],
])('%s %j is refused', (url, body, details) => {
  expect(() => request('GET', url, body)).toThrow(new StatusError(11100, { details }));
});

test('every method builds an empty request', () => {
  const method = methodByName('PostInputs');
  if (!method) throw new Error('no PostInputs');
  const input = { params: {}, query: new URLSearchParams(), body: undefined };
  expect(decodeRestRequest(method, input)).toStrictEqual(create(method.desc.input));
});
