import { meanwhile } from '@limpid/testkit/meanwhile';
import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';

const platform = await testPlatform();
const ann = await platform.addUser('ann');
const app = { userAppId: { userId: 'ann', appId: 'pets' } };

beforeAll(async () => {
  await platform.call('PostApps', { apps: [{ id: 'pets' }] }, ann);
});

test('concepts are made, named by their id at least, and renamed', async () => {
  const made = await platform.call(
    'PostConcepts',
    { ...app, concepts: [{ id: 'cat', name: 'Cat' }, { id: 'dog' }, { id: '犬 🐕' }] },
    ann,
  );
  expect(made.concepts.map(({ id, name, value }) => [id, name, value])).toEqual([
    ['cat', 'Cat', 1],
    ['dog', 'dog', 1],
    ['犬 🐕', '犬 🐕', 1],
  ]);
  expect(made.concepts[0]).toMatchObject({ language: 'en', appId: 'pets', userId: 'ann' });
  const patched = await platform.call(
    'PatchConcepts',
    { ...app, concepts: [{ id: 'cat', name: 'Kitty' }], action: 'overwrite' },
    ann,
  );
  expect(patched.concepts[0]).toMatchObject({ id: 'cat', name: 'Kitty' });
  const first = await platform.call('ListConcepts', { ...app, page: 1, perPage: 1 }, ann);
  expect(first.concepts.map(({ id }) => id)).toEqual(['cat']);
});

test('a duplicate is named and nothing of its call stays', async () => {
  await platform.call('PostConcepts', { ...app, concepts: [{ id: 'dup' }] }, ann);
  const again = await platform.call(
    'PostConcepts',
    { ...app, concepts: [{ id: 'new' }, { id: 'dup' }] },
    ann,
  );
  expect(again.status).toMatchObject({
    code: StatusCode.CONCEPTS_INVALID_REQUEST,
    description: 'Invalid request',
  });
  expect(again.status?.details).toContain('duplicate');
  const fresh = await platform.call('GetConcept', { ...app, conceptId: 'new' }, ann);
  expect(fresh.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('actions other than overwrite and unknown concepts are refused', async () => {
  const merge = await platform.call(
    'PatchConcepts',
    { ...app, concepts: [{ id: 'cat' }], action: 'merge' },
    ann,
  );
  expect(merge.status?.details).toContain("Unrecognized action 'merge'");
  const none = await platform.call(
    'PatchConcepts',
    { ...app, concepts: [{ id: 'ai_98Xb0K3q', name: 'x' }], action: 'overwrite' },
    ann,
  );
  expect(none.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
});

test('names are searched with *, in the language asked for', async () => {
  await platform.call(
    'PostConcepts',
    { ...app, concepts: ['dogfish', 'hot dog', '100%'].map((id) => ({ id })) },
    ann,
  );
  await platform.call(
    'PostConceptLanguages',
    { ...app, conceptId: 'dogfish', conceptLanguages: [{ id: 'de', name: 'Hundshai' }] },
    ann,
  );
  const find = async (name: string, language = '') => {
    const answer = await platform.call(
      'PostConceptsSearches',
      { ...app, conceptQuery: { name, language } },
      ann,
    );
    return answer.concepts.map(({ id }) => id);
  };
  expect(await find('dog*')).toEqual(['dog', 'dogfish']);
  expect(await find('DOG')).toEqual(['dog']);
  expect(await find('100%')).toEqual(['100%']);
  expect(await find('hund*', 'de')).toEqual(['dogfish']);
  expect(await find('hund*')).toEqual([]);
});

test('translations are added, changed and listed', async () => {
  const names = { ...app, conceptId: 'cat' };
  const post = (id: string, name: string) =>
    platform.call('PostConceptLanguages', { ...names, conceptLanguages: [{ id, name }] }, ann);
  await post('fr', 'chat');
  expect((await post('fr', 'minou')).status?.code).toBe(StatusCode.DATABASE_DUPLICATE_KEY);
  expect((await post('not a language', 'x')).status?.code).toBe(
    StatusCode.CONCEPTS_INVALID_REQUEST,
  );
  await platform.call(
    'PatchConceptLanguages',
    { ...names, conceptLanguages: [{ id: 'fr', name: 'minou' }], action: 'overwrite' },
    ann,
  );
  const got = await platform.call('GetConceptLanguage', { ...names, language: 'fr' }, ann);
  expect(got.conceptLanguage).toMatchObject({ id: 'fr', name: 'minou' });
  expect((await platform.call('ListConceptLanguages', names, ann)).conceptLanguages).toHaveLength(
    1,
  );
});

test('one edge is seen from both ends, and gone from both when deleted', async () => {
  const ids = ['honey', 'food', 'pup', 'puppy'];
  await platform.call('PostConcepts', { ...app, concepts: ids.map((id) => ({ id })) }, ann);
  const relate = (conceptId: string, id: string, predicate: string) =>
    platform.call(
      'PostConceptRelations',
      { ...app, conceptId, conceptRelations: [{ objectConcept: { id }, predicate }] },
      ann,
    );
  const read = async (conceptId: string, predicate = '') => {
    const answer = await platform.call(
      'ListConceptRelations',
      { ...app, conceptId, predicate },
      ann,
    );
    return answer.conceptRelations.map((r) => [
      r.subjectConcept?.id,
      r.predicate,
      r.objectConcept?.id,
    ]);
  };
  const made = await relate('honey', 'food', 'hyponym');
  expect(made.conceptRelations[0]).toMatchObject({
    predicate: 'hyponym',
    subjectConcept: { id: 'honey' },
  });
  await relate('puppy', 'pup', 'synonym');
  expect(await read('honey')).toEqual([['honey', 'hyponym', 'food']]);
  expect(await read('food')).toEqual([['food', 'hypernym', 'honey']]);
  expect(await read('pup')).toEqual([['pup', 'synonym', 'puppy']]);
  expect(await read('', 'hypernym')).toEqual([['food', 'hypernym', 'honey']]);
  expect(await read('')).toHaveLength(2);

  const again = await relate('food', 'honey', 'hypernym');
  expect(again.conceptRelations[0]?.id).toBe(made.conceptRelations[0]?.id);
  expect((await relate('pup', 'puppy', 'synonym')).conceptRelations).toHaveLength(1);
  expect(await read('')).toHaveLength(2);
  expect((await relate('honey', 'food', 'likes')).status?.code).toBe(
    StatusCode.CONCEPTS_INVALID_REQUEST,
  );
  expect((await relate('honey', 'nothing', 'hyponym')).status?.code).toBe(
    StatusCode.CONN_DOES_NOT_EXIST,
  );

  const ids2 = made.conceptRelations.map(({ id }) => id);
  await platform.call('DeleteConceptRelations', { ...app, conceptId: 'food', ids: ids2 }, ann);
  expect(await read('honey')).toEqual([]);
  expect(await read('food')).toEqual([]);
});

test('a knowledge graph is made once', async () => {
  const post = () =>
    platform.call(
      'PostKnowledgeGraphs',
      { ...app, knowledgeGraphs: [{ id: 'zoo', name: 'Zoo' }] },
      ann,
    );
  expect((await post()).knowledgeGraphs[0]).toMatchObject({ id: 'zoo', name: 'Zoo' });
  expect((await post()).status?.code).toBe(StatusCode.DATABASE_DUPLICATE_KEY);
  expect((await platform.call('ListKnowledgeGraphs', app, ann)).knowledgeGraphs).toHaveLength(1);
});

test('concepts of another app are not there', async () => {
  await platform.call('PostApps', { apps: [{ id: 'other' }] }, ann);
  const other = { userAppId: { userId: 'ann', appId: 'other' } };
  const got = await platform.call('GetConcept', { ...other, conceptId: 'cat' }, ann);
  expect(got.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await platform.call('ListConcepts', other, ann)).concepts).toEqual([]);
});

test('inputs are counted by what they show and do not show, and by their state', async () => {
  await platform.call('PostApps', { apps: [{ id: 'counted' }] }, ann);
  const counted = { userAppId: { userId: 'ann', appId: 'counted' } };
  await platform.call(
    'PostConcepts',
    { ...counted, concepts: [{ id: 'lone', name: 'Lone' }] },
    ann,
  );
  const input = (id: string, value: number) => ({
    id,
    data: { text: { raw: id }, concepts: [{ id: 'fox', value }] },
  });
  const done = [input('a', 1), input('b', 1), input('c', 0)];
  await platform.call('PostInputs', { ...counted, inputs: done }, ann);
  await platform.drain();
  await platform.call('PostInputs', { ...counted, inputs: [input('d', 1)] }, ann);
  // The same said twice of one input is one input.
  const annotations = [{ inputId: 'a', data: { concepts: [{ id: 'fox', value: 1 }] } }];
  await platform.call('PostAnnotations', { ...counted, annotations }, ann);
  const { conceptCounts } = await platform.call('GetConceptCounts', counted, ann);
  const none = { positive: 0, negative: 0 };
  expect(conceptCounts).toMatchObject([
    { id: 'lone', name: 'Lone', conceptTypeCount: none },
    {
      id: 'fox',
      name: 'fox',
      conceptTypeCount: { positive: 3, negative: 1 },
      detailConceptCount: {
        processed: { positive: 2, negative: 1 },
        toProcess: { positive: 1, negative: 0 },
        processing: none,
        errors: none,
      },
    },
  ]);
  const second = await platform.call('GetConceptCounts', { ...counted, page: 2, perPage: 1 }, ann);
  expect(second.conceptCounts.map(({ id }) => id)).toEqual(['fox']);
});

test('patches at the same time all count', async () => {
  const metadata = { seen: true };
  const changes = [
    { name: 'Busy' },
    { definition: 'patched a lot' },
    { metadata },
    { visibility: { gettable: 50 } },
    { keypointInfo: { keypointNames: ['nose'] } },
  ];
  const concepts = Array.from({ length: 4 }, (_, n) => ({ id: `busy-${n}` }));
  await platform.call('PostConcepts', { ...app, concepts }, ann);
  await Promise.all(
    changes.map(async (change, n) => {
      const patches = concepts.map((concept) => ({ ...concept, ...change }));
      // In any order, without deadlocks that are not overcome.
      if (n % 2 === 1) patches.reverse();
      const answer = await platform.call(
        'PatchConcepts',
        { ...app, concepts: patches, action: 'overwrite' },
        ann,
      );
      expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
    }),
  );
  for (const { id } of concepts) {
    const got = await platform.call('GetConcept', { ...app, conceptId: id }, ann);
    expect(got.concept).toMatchObject(Object.assign({}, ...changes));
  }
});

test('translations of a concept are patched by one call at a time', async () => {
  await platform.call('PostConcepts', { ...app, concepts: [{ id: 'owl' }] }, ann);
  const at = { ...app, conceptId: 'owl' };
  const conceptLanguages = [{ id: 'fr', name: 'hibou' }];
  await platform.call('PostConceptLanguages', { ...at, conceptLanguages }, ann);
  const patches = [{ id: 'fr', name: 'chouette' }];
  const answer = await meanwhile(
    platform.deps.db,
    (tx) => sql`select from concepts where id = 'owl' for no key update`.execute(tx),
    () =>
      platform.call(
        'PatchConceptLanguages',
        { ...at, conceptLanguages: patches, action: 'overwrite' },
        ann,
      ),
  );
  expect(answer.conceptLanguages).toMatchObject(patches);
});
