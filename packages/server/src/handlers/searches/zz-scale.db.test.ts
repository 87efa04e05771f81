import { testPlatform } from '@limpid/testkit/platform';
import { sql } from 'kysely';
import { test } from 'vitest';
import { indexVectors } from '../../work/index-vectors.ts';
import { labels, openPlace, type QueryInit } from './place.fixture.ts';

const platform = await testPlatform();
const { db } = platform.deps;
const ann = await platform.addUser('ann');

test('scale', async () => {
  const place = await openPlace(platform, ann, 'big');
  const A = place.scope.appKey;
  const N = 200_000;
  const space = await place.addSpace('emb', 'text-embedder');
  const tagger = await place.addSpace('tagger', 'text-classifier');
  console.time('fill');
  await sql`insert into inputs (app_key, id, kind, status_code, body, metadata, latitude, longitude)
    select ${A}, 'i' || g, case when g % 3 = 0 then 'text' else 'image' end, 30000, '{"text":{"raw":"x"}}',
      jsonb_build_object('country_code', case when g % 5 = 0 then 'US' else 'DE' end, 'n', g), random()*180-90, random()*360-180
    from generate_series(1, ${N}::int) g`.execute(db);
  await sql`insert into concepts (app_key, id, name) select ${A}, 'c' || g, 'c' || g from generate_series(0, 199) g`.execute(db);
  await sql`insert into annotations (app_key, input_key, id, status_code, model_version, body)
    select ${A}, key, 'm', 24150, ${tagger}, '{}' from inputs where app_key = ${A}`.execute(db);
  await sql`insert into annotations (app_key, input_key, id, status_code, user_key, input_level, body)
    select ${A}, key, 'u', 24150, ${ann.key}, true, '{}' from inputs where app_key = ${A} and key % 4 = 0`.execute(db);
  await sql`insert into annotation_concepts (annotation_key, ordinal, app_key, input_key, concept_key, value)
    select n.key, o, ${A}, n.input_key, (select min(key) from concepts where app_key = ${A}) + ((n.input_key * 7 + o * 13) % 200), random()
    from annotations n, generate_series(0, 9) o where n.model_version is not null`.execute(db);
  await sql`insert into annotation_concepts (annotation_key, ordinal, app_key, input_key, concept_key, value)
    select n.key, 0, ${A}, n.input_key, (select min(key) from concepts where app_key = ${A}) + (n.input_key / 4 % 20), 1
    from annotations n where n.user_key is not null`.execute(db);
  await sql`insert into embeddings (app_key, input_key, space, vector)
    select ${A}, key, ${space}, (select string_agg(decode(lpad(to_hex((random()*255)::int), 2, '0') || '0000' || '3f', 'hex'), ''::bytea) from generate_series(1, 32) where key > 0) from inputs where app_key = ${A}`.execute(db);
  await sql`analyze`.execute(db);
  console.timeEnd('fill');
  console.time('index');
  await indexVectors(platform.deps, new AbortController().signal);
  console.timeEnd('index');
  const run = async (name: string, query: QueryInit, more: object = {}) => {
    for (let i = 0; i < 3; i++) {
      const t = performance.now();
      const answer = await platform.call('PostInputsSearches', { ...place.at, searches: [{ query }], pagination: { page: 1, perPage: 20 }, ...more }, ann);
      console.log(name, i, Math.round(performance.now() - t), answer.hits.length, answer.hitCounts[0]?.estimatedTotal, answer.status?.details);
    }
  };
  const c = (...ids: string[]) => ({ annotation: { data: labels(...ids) } });
  await run('all', {});
  await run('count all', {}, { onlyCount: true });
  await run('concept', { filters: [c('c3')] });
  await run('not concept', { filters: [{ ...c('c3'), negate: true }] });
  await run('two concepts', { filters: [c('c3'), c('c5', 'c6')] });
  await run('trusted concept', { filters: [{ annotation: { trusted: true, data: labels('c3') } }] });
  await run('metadata', { filters: [{ annotation: { data: { metadata: { country_code: 'US' } } } }] });
  await run('metadata rare', { filters: [{ annotation: { data: { metadata: { n: 77 } } } }] });
  await run('metadata+concept', { filters: [c('c3'), { annotation: { data: { metadata: { country_code: 'US' } } } }] });
  await run('geo', { filters: [{ annotation: { data: { geo: { geoPoint: { latitude: 10, longitude: 10 }, geoLimit: { type: 'withinKilometers', value: 300 } } } } }] });
  await run('rank concept', { ranks: [c('c3')] });
  await run('rank not concept', { ranks: [{ annotation: { data: labels(['c3', 0]) } }] });
  await run('rank 2', { ranks: [c('c3'), c('c16')] });
  const vector = Array.from({ length: 32 }, () => 0.5 + Math.random() / 4);
  const v = { annotation: { data: { embeddings: [{ vector }] } } };
  await run('vector', { ranks: [v] });
  await run('vector+US', { ranks: [v], filters: [{ annotation: { data: { metadata: { country_code: 'US' } } } }] });
  await run('vector+status', { ranks: [v], filters: [{ input: { status: { code: 30000 } } }] });
  await run('vector+kind', { ranks: [v], filters: [{ input: { data: { text: {} } } }] });
  await run('vector+concept', { ranks: [v], filters: [c('c3')] });
  await run('vector+notconcept', { ranks: [v], filters: [{ ...c('c3'), negate: true }] });
  await run('vector+rank concept', { ranks: [v, c('c3')] });
  await run('vector x2', { ranks: [v, { ...v, negate: true }] });
}, 600_000);
