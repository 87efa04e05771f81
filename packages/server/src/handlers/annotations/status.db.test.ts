import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { beforeAll, expect, test } from 'vitest';
import { labels, openPlace, type Place, text } from '../searches/testing/place.ts';

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
let place: Place;

const {
  ANNOTATION_SUCCESS: success,
  ANNOTATION_PENDING: pending,
  ANNOTATION_AWAITING_REVIEW: review,
} = StatusCode;

beforeAll(async () => {
  place = await openPlace(platform, ann, 'zoo', { visibility: { gettable: 50 } });
  await place.post(text('i1'));
  const made = (id: string, userId: string, taskId: string, code: StatusCode) => ({
    ...{ id, userId, taskId, inputId: 'i1', status: { code }, data: labels('dog') },
  });
  await place.annotate(
    made('a1', 'ann', 't', pending),
    made('a2', 'ann', 't', review),
    made('b1', 'bob', 't', pending),
    made('other', 'bob', 'u', pending),
    made('none', 'bob', '', pending),
  );
});

interface Patch {
  readonly userIds?: string[];
  readonly taskId?: string;
  readonly statusCodes?: StatusCode[];
  readonly statusCode?: StatusCode;
  readonly action?: string;
}
const patch = (fields: Patch, as = ann) =>
  platform.call(
    'PatchAnnotationsStatus',
    { ...place.at, action: 'overwrite', taskId: 't', ...fields },
    as,
  );

async function states() {
  const request = { ...place.at, listAllAnnotations: true };
  const { annotations } = await platform.call('ListAnnotations', request, ann);
  const named = annotations.filter(({ inputLevel }) => !inputLevel);
  return Object.fromEntries(named.map(({ id, status }) => [id, status?.code]));
}

const before = { a1: pending, a2: review, b1: pending, other: pending, none: pending };

test('what makes no sense, and what a stranger asks, changes nothing', async () => {
  const codes = [
    await patch({ statusCode: success, action: 'merge' }),
    await patch({ statusCode: success, taskId: '' }),
    await patch({ statusCode: StatusCode.SUCCESS }),
    await patch({}),
    await patch({ statusCode: success }, bob),
  ].map(({ status }) => status?.code);
  expect(codes).toEqual([
    StatusCode.CONN_INVALID_REQUEST,
    StatusCode.ANNOTATION_INVALID_ARGUMENT,
    StatusCode.ANNOTATION_INVALID_ARGUMENT,
    StatusCode.ANNOTATION_INVALID_ARGUMENT,
    StatusCode.CONN_INSUFFICIENT_SCOPES,
  ]);
  expect(await states()).toEqual(before);
});

test('annotations of a task are given a state, by who made them and in which they are', async () => {
  expect(await patch({ statusCode: success, userIds: ['bob', 'nobody'] })).toMatchObject({
    userIds: ['bob'],
    updatedCount: 1,
  });
  expect(await states()).toEqual({ ...before, b1: success });
  const mine = { statusCode: success, userIds: ['me'], statusCodes: [review] };
  expect(await patch(mine)).toMatchObject({ userIds: ['ann'], updatedCount: 1 });
  expect(await states()).toEqual({ ...before, b1: success, a2: success });
  const all = { statusCode: review };
  expect(await patch(all)).toMatchObject({ userIds: ['ann', 'bob'], updatedCount: 3 });
  expect(await states()).toEqual({ ...before, a1: review, a2: review, b1: review });
  expect(await patch(all)).toMatchObject({ userIds: [], updatedCount: 0 });
});
