import { grantApp } from '@limpid/domain/access/authority';
import { transaction } from '@limpid/store';
import { insertInputs } from '@limpid/store/db/inputs';
import { findAppForScope } from '@limpid/store/db/scopes';
import { meanwhile } from '@limpid/testkit/meanwhile';
import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
const app = { userAppId: { userId: 'ann', appId: 'pets' } };
const box = (top: number, bottom = top + 0.1) => ({
  regionInfo: { boundingBox: { topRow: top, leftCol: 0.1, bottomRow: bottom, rightCol: 0.9 } },
});

beforeAll(async () => {
  await platform.call('PostApps', { apps: [{ id: 'pets', visibility: { gettable: 50 } }] }, ann);
  const found = await findAppForScope(platform.deps.db, 'ann', 'pets');
  if (!found) throw new Error('the app is missing');
  const scope = grantApp({
    appKey: found.appKey,
    appId: 'pets',
    userKey: ann.key,
    userId: 'ann',
    standing: 'owner',
  });
  const input = { kind: 'text', body: '{"text":{"raw":"x"}}', media: [] } as const;
  const none = {
    metadata: undefined,
    latitude: undefined,
    longitude: undefined,
    urlHash: undefined,
  };
  await transaction(platform.deps.db, (tx) =>
    insertInputs(
      tx,
      scope,
      null,
      ['i1', 'i2', 'i3'].map((id) => ({ id, ...input, ...none })),
    ),
  );
});

const ids = (answer: { annotations: { id: string }[] }) => answer.annotations.map(({ id }) => id);

test('annotations are made with new concepts, and listed oldest first', async () => {
  const made = await platform.call(
    'PostAnnotations',
    {
      ...app,
      annotations: [
        {
          id: 'a1',
          inputId: 'i1',
          data: {
            concepts: [
              { id: 'tree', value: 1 },
              { name: 'water', value: 0 },
            ],
          },
        },
        {
          id: 'a2',
          inputId: 'i1',
          data: { regions: [{ ...box(0.1), data: { concepts: [{ id: 'cat', value: 1 }] } }] },
        },
      ],
    },
    ann,
  );
  expect(made.annotations[0]).toMatchObject({
    id: 'a1',
    inputId: 'i1',
    userId: 'ann',
    status: { code: StatusCode.ANNOTATION_SUCCESS },
    data: {
      concepts: [
        { id: 'tree', name: 'tree', value: 1, appId: 'pets' },
        { id: 'water', value: 0 },
      ],
    },
  });
  expect(made.annotations[1]?.data?.regions[0]?.id).toMatch(/^[0-9a-f]{32}$/);
  expect(ids(await platform.call('ListAnnotations', app, ann))).toEqual(['a1', 'a2']);
  const got = await platform.call(
    'GetAnnotation',
    { ...app, inputId: 'i1', annotationId: 'a2' },
    ann,
  );
  expect(got.annotation).toEqual(made.annotations[1]);
  const concepts = await platform.call('ListConcepts', app, ann);
  expect(concepts.concepts.map(({ id }) => id).sort()).toEqual(['cat', 'tree', 'water']);
});

test.each([
  [
    'two regions',
    { inputId: 'i1', data: { regions: [box(0.1), box(0.5)] } },
    StatusCode.ANNOTATION_INVALID_ARGUMENT,
  ],
  [
    'a box outside',
    { inputId: 'i1', data: { regions: [box(0.5, 1.2)] } },
    StatusCode.ANNOTATION_INVALID_ARGUMENT,
  ],
  [
    'a value above 1',
    { inputId: 'i1', data: { concepts: [{ id: 'x', value: 3 }] } },
    StatusCode.ANNOTATION_INVALID_ARGUMENT,
  ],
  ['no such input', { inputId: 'nothing', data: {} }, StatusCode.CONN_DOES_NOT_EXIST],
  ['a taken id', { id: 'a1', inputId: 'i1', data: {} }, StatusCode.DATABASE_DUPLICATE_KEY],
  [
    'a status that models have',
    { inputId: 'i1', status: { code: StatusCode.MODEL_TRAINED } },
    StatusCode.ANNOTATION_INVALID_ARGUMENT,
  ],
])('%s is refused and nothing of the batch stays', async (_, bad, code) => {
  const answer = await platform.call(
    'PostAnnotations',
    {
      ...app,
      annotations: [
        { id: 'good', inputId: 'i2', data: { concepts: [{ id: 'fresh', value: 1 }] } },
        bad,
      ],
    },
    ann,
  );
  expect(answer.status?.code).toBe(code);
  expect(ids(await platform.call('ListAnnotations', { ...app, inputIds: ['i2'] }, ann))).toEqual(
    [],
  );
  const concept = await platform.call('GetConcept', { ...app, conceptId: 'fresh' }, ann);
  expect(concept.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('129 are too many', async () => {
  const annotations = Array.from({ length: 129 }, () => ({ inputId: 'i1', data: {} }));
  const answer = await platform.call('PostAnnotations', { ...app, annotations }, ann);
  expect(answer.status?.code).toBe(StatusCode.ANNOTATION_INVALID_ARGUMENT);
});

test('merge replaces a region by id, overwrite drops what it does not carry', async () => {
  const annotations = [
    {
      id: 'p1',
      inputId: 'i3',
      data: { regions: [{ id: 'r', ...box(0.1), data: { concepts: [{ id: 'cat', value: 1 }] } }] },
    },
  ];
  await platform.call('PostAnnotations', { ...app, annotations }, ann);
  const patch = (action: string, data: object) =>
    platform.call(
      'PatchAnnotations',
      { ...app, annotations: [{ id: 'p1', inputId: 'i3', data }], action },
      ann,
    );
  const merged = await patch('merge', {
    regions: [{ id: 'r', data: { concepts: [{ id: 'dog', value: 1 }] } }],
  });
  expect(merged.annotations[0]?.data?.regions).toHaveLength(1);
  expect(merged.annotations[0]?.data?.regions[0]?.data?.concepts.map(({ id }) => id)).toEqual([
    'cat',
    'dog',
  ]);
  const moved = await patch('overwrite', { regions: [{ id: 'r', ...box(0.6) }] });
  expect(moved.annotations[0]?.data?.regions[0]?.data?.concepts ?? []).toEqual([]);
  expect(moved.annotations[0]?.data?.regions[0]?.regionInfo?.boundingBox?.topRow).toBeCloseTo(0.6);
  expect((await patch('upsert', {})).status?.details).toContain("Unrecognized action 'upsert'");
});

test('deleting: by pair, by input, and nothing for nothing', async () => {
  const post = (id: string) => ({
    id,
    inputId: 'i2',
    data: { concepts: [{ id: 'cat', value: 1 }] },
  });
  await platform.call(
    'PostAnnotations',
    { ...app, annotations: ['d1', 'd2', 'd3'].map(post) },
    ann,
  );
  const list = async () =>
    ids(await platform.call('ListAnnotations', { ...app, inputIds: ['i2'] }, ann));
  await platform.call('DeleteAnnotations', { ...app }, ann);
  expect(await list()).toEqual(['d1', 'd2', 'd3']);
  const uneven = await platform.call(
    'DeleteAnnotations',
    { ...app, inputIds: ['i2', 'i2'], ids: ['d1'] },
    ann,
  );
  expect(uneven.status?.code).toBe(StatusCode.ANNOTATION_INVALID_ARGUMENT);
  await platform.call('DeleteAnnotation', { ...app, inputId: 'i2', annotationId: 'd1' }, ann);
  expect(await list()).toEqual(['d2', 'd3']);
  await platform.call('DeleteAnnotations', { ...app, inputIds: ['i2'] }, ann);
  expect(await list()).toEqual([]);
});

test('the default page holds 20, ids need as many inputs', async () => {
  const annotations = Array.from({ length: 25 }, (_, index) => ({
    id: `n${index}`,
    inputId: 'i2',
    data: {},
  }));
  await platform.call('PostAnnotations', { ...app, annotations }, ann);
  const page = (number: number) =>
    platform.call('ListAnnotations', { ...app, inputIds: ['i2'], page: number }, ann);
  expect((await page(1)).annotations).toHaveLength(20);
  expect((await page(2)).annotations).toHaveLength(5);
  const uneven = await platform.call('ListAnnotations', { ...app, ids: ['n1'] }, ann);
  expect(uneven.status?.code).toBe(StatusCode.ANNOTATION_INVALID_ARGUMENT);
  const picked = await platform.call(
    'ListAnnotations',
    { ...app, ids: ['n3', 'n1'], inputIds: ['i2', 'i2'] },
    ann,
  );
  expect(ids(picked).sort()).toEqual(['n1', 'n3']);
});

test('strangers may read a public app and not write', async () => {
  expect((await platform.call('ListAnnotations', app, bob)).status?.code).toBe(StatusCode.SUCCESS);
  const write = await platform.call(
    'PostAnnotations',
    { ...app, annotations: [{ inputId: 'i1' }] },
    bob,
  );
  expect(write.status?.code).toBe(StatusCode.CONN_INSUFFICIENT_SCOPES);
  const named = await platform.call(
    'PostAnnotations',
    { ...app, annotations: [{ inputId: 'i1', userId: 'bob' }] },
    ann,
  );
  expect(named.annotations[0]?.userId).toBe('bob');
  const workers = await platform.call('ListAnnotationWorkers', app, ann);
  expect(workers.workers.map(({ worker }) => worker.value?.id)).toEqual(['ann', 'bob']);
});

test('patches at the same time all count', async () => {
  const made = { id: 'busy', inputId: 'i3', data: { regions: [box(0.1)] } };
  await platform.call('PostAnnotations', { ...app, annotations: [made] }, ann);
  const concepts = Array.from({ length: 12 }, (_, n) => `word-${n}`);
  await Promise.all(
    concepts.map(async (id) => {
      const annotations = [{ id: 'busy', inputId: 'i3', data: { concepts: [{ id, value: 1 }] } }];
      const answer = await platform.call(
        'PatchAnnotations',
        { ...app, annotations, action: 'merge' },
        ann,
      );
      expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
    }),
  );
  const got = await platform.call(
    'GetAnnotation',
    { ...app, inputId: 'i3', annotationId: 'busy' },
    ann,
  );
  const named = got.annotation?.data?.concepts.map(({ id }) => id) ?? [];
  expect(named.sort()).toEqual([...concepts].sort());
});

test('an input that is deleted while it is annotated does not exist', async () => {
  const annotations = [{ id: 'late', inputId: 'i2', data: { concepts: [{ id: 'x', value: 1 }] } }];
  const answer = await meanwhile(
    platform.deps.db,
    (tx) => sql`delete from inputs where id = 'i2'`.execute(tx),
    () => platform.call('PostAnnotations', { ...app, annotations }, ann),
  );
  expect(answer.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect(answer.status?.details).toBe("input 'i2' does not exist");
});
