import { type Blobs, enqueue, openDb, silentLog, transaction } from '@limpid/store';
import { spaceName } from '@limpid/store/vectors/space-name';
import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { indexEmbeddings, purgeBlobs } from '../jobs.ts';
import { purgeDeletedApps } from './purge-apps.ts';

const platform = await testPlatform();
const { db, blobs, vectors } = platform.deps;
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
const image = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#3a1' } })
  .png()
  .toBuffer();
const never = new AbortController().signal;

// Kept by accounts, by the whole instance, or emptied by other jobs.
const notOfApps = new Set([
  'users',
  'usage_records',
  'authority_epoch',
  'limpid_migrations',
  'blob_trash',
  'vector_trash',
]);

/** How many rows each table has. A table that is new is counted as well, so that a purge cannot forget it. */
async function rowCounts(): Promise<Record<string, number>> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
    order by relname`.execute(db);
  const counts: Record<string, number> = {};
  for (const { name } of rows.filter((row) => !notOfApps.has(row.name))) {
    const counted = await sql<{ n: number }>`
      select count(*)::integer as n from ${sql.table(name)}`.execute(db);
    counts[name] = counted.rows[0]?.n ?? -1;
  }
  return counts;
}

async function blobKeys(prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of blobs.list(prefix)) keys.push(key);
  return keys;
}

type Owner = typeof ann;

async function makeApp(id: string, owner: Owner): Promise<bigint> {
  const made = await platform.call('PostApps', { apps: [{ id }] }, owner);
  expect(made.status?.code).toBe(StatusCode.SUCCESS);
  const row = await sql<{ key: bigint }>`
    select key from apps where id = ${id} and deleted_at is null`.execute(db);
  return row.rows[0]?.key ?? 0n;
}

const at = (id: string, owner: Owner) => ({ userAppId: { userId: owner.id, appId: id } });

async function addInputs(id: string, owner: Owner, count: number): Promise<void> {
  const inputs = Array.from({ length: count }, (_, n) => ({
    id: `i${n}`,
    data: {
      image: { base64: image },
      concepts: [{ id: 'leaf', value: 1 }],
      metadata: { n, of: { app: id } },
    },
    datasetIds: ['d'],
  }));
  await platform.call('PostDatasets', { ...at(id, owner), datasets: [{ id: 'd' }] }, owner);
  const call = { ...at(id, owner), inputs, inputsAddJobId: 'job' };
  expect((await platform.call('PostInputs', call, owner)).status?.code).toBe(StatusCode.SUCCESS);
  await platform.drain();
}

/** Searches that were kept, tracks, and files on their way in and out. */
async function addFiles(id: string, owner: Owner): Promise<void> {
  const place = at(id, owner);
  const search = { name: 'all', query: {} };
  const content = { contentName: 'a.zip', contentLength: 9n };
  const part = { partNumber: 1n, data: Buffer.from('part') };
  const answers = [
    await platform.call(
      'PostAnnotationFilters',
      { ...place, annotationFilters: [{ id: 'f', search }] },
      owner,
    ),
    await platform.call(
      'PostAnnotationTracks',
      { ...place, inputId: 'i0', annotationTracks: [{ id: 't', concept: { id: 'leaf' } }] },
      owner,
    ),
    await platform.call('PostUploads', { ...place, uploads: [{ id: 'u', ...content }] }, owner),
    await platform.call(
      'PutUploadContentParts',
      { ...place, uploadId: 'u', contentParts: [part] },
      owner,
    ),
    await platform.call(
      'PostInputsUploads',
      { ...place, inputsUploads: [{ inputsAddJobId: 'archive', upload: content }] },
      owner,
    ),
    await platform.call(
      'PutDatasetVersionExports',
      { ...place, datasetId: 'd', datasetVersionId: 'v', exports: [{ format: 2 }] },
      owner,
    ),
  ];
  for (const { status } of answers) expect(status?.code, status?.details).toBe(StatusCode.SUCCESS);
  await platform.drain();
  await sql`update datasets set annotation_filter = (select max(key) from annotation_filters)
    where app_key = (select max(key) from apps)`.execute(db);
}

interface Made {
  readonly app: bigint;
  readonly model: bigint;
  readonly workflow: bigint;
}

/** Something in every table, by the API where that is short. */
async function fill(id: string, owner: Owner): Promise<Made> {
  const app = await makeApp(id, owner);
  await addInputs(id, owner, 7);
  const versions = { ...at(id, owner), datasetId: 'd', datasetVersions: [{ id: 'v' }] };
  await platform.call('PostDatasetVersions', versions, owner);
  await platform.drain();
  await addFiles(id, owner);
  const { rows } = await sql<Made>`
    with concept as (
      insert into concepts (app_key, id, name) values (${app}, 'tree', 'tree') returning key
    ), words as (
      insert into concept_languages (concept_key, language, name) select key, 'de', 'Baum' from concept
    ), relation as (
      insert into concept_relations (app_key, id, subject_key, object_key, predicate)
      select ${app}, 'r', c.key, o.key, 'hyponym' from concept c, concepts o where o.app_key = ${app} and o.id = 'leaf'
    ), graph as (
      insert into knowledge_graphs (app_key, id) values (${app}, 'g')
    ), model as (
      insert into models (app_key, id, model_type_id, name) values (${app}, 'm', 'visual-embedder', 'm') returning key
    ), alias as (
      insert into model_aliases (app_key, alias, model_key) select ${app}, 'old', key from model
    ), version as (
      insert into model_versions (model_key, id, status_code) select key, 'v', 21100 from model returning key
    ), vocabulary as (
      insert into model_version_concepts (version_key, ordinal, concept_key) select v.key, 0, c.key from version v, concept c
    ), workflow as (
      insert into workflows (app_key, id) values (${app}, 'w') returning key
    ), workflow_version as (
      insert into workflow_versions (workflow_key, id) select key, 'v' from workflow returning key
    ), node as (
      insert into workflow_nodes (version_key, ordinal, id, model_version) select w.key, 0, 'n', v.key from workflow_version w, version v
    ), cluster as (
      insert into compute_clusters (user_key, id) values (${owner.key}, ${id}) returning key
    ), pool as (
      insert into nodepools (cluster_key, id) select key, 'p' from cluster returning key
    ), deployment as (
      insert into deployments (user_key, id, model_version) select ${owner.key}, ${id}, key from version returning key
    ), deployed as (
      insert into deployment_nodepools (deployment_key, nodepool_key, ordinal) select d.key, p.key, 0 from deployment d, pool p
    ), runner as (
      insert into runners (user_key, nodepool_key, id, workflow_version) select ${owner.key}, p.key, ${id}, w.key from pool p, workflow_version w
    )
    select ${app}::bigint as app, v.key as model, w.key as workflow from version v, workflow_version w`.execute(
    db,
  );
  const [made] = rows;
  if (!made) throw new Error('nothing was made');
  await sql`update apps set default_workflow = (select key from workflows where app_key = ${app}) where key = ${app}`.execute(
    db,
  );
  await describe(id, made);
  return made;
}

/** What a base workflow would say of an app's inputs; the models may be another app's. */
async function describe(id: string, { model, workflow }: Made): Promise<void> {
  await sql`
    with described as (
      insert into annotations (app_key, input_key, id, status_code, model_version)
      select i.app_key, i.key, 'by-model', 24150, ${model} from inputs i join apps a on a.key = i.app_key where a.id = ${id} and a.deleted_at is null
      returning key, app_key, input_key
    ), said as (
      insert into annotation_concepts (annotation_key, ordinal, app_key, input_key, concept_key, value)
      select d.key, 0, d.app_key, d.input_key, (select concept_key from model_version_concepts where version_key = ${model}), 1 from described d
    )
    insert into embeddings (app_key, input_key, annotation_key, workflow_version, space, vector)
    select app_key, input_key, key, ${workflow}, ${model}, ${Buffer.from(new Float32Array([1, 2]).buffer)} from described`.execute(
    db,
  );
  await work();
}

const makeDue = (hours: number) =>
  sql`update apps set deleted_at = now() - make_interval(hours => ${hours}::integer) where deleted_at is not null`.execute(
    db,
  );

async function purge(limit?: number): Promise<void> {
  await purgeDeletedApps(platform.deps, never, limit);
  await work();
}

/** What runs by itself every few minutes. */
async function work(): Promise<void> {
  await transaction(db, (tx) => enqueue(tx, [indexEmbeddings.with({}), purgeBlobs.with({})]));
  await platform.drain();
}

test('nothing of a deleted app is left once its time is over, and nothing of others goes', async () => {
  await fill('living', bob);
  const before = {
    rows: await rowCounts(),
    blobs: await blobKeys(),
    spaces: await vectors.spaces(),
  };
  const gone = await fill('gone', ann);
  const compute = ['compute_clusters', 'nodepools'];
  const grown = await rowCounts();
  for (const [table, count] of Object.entries(grown)) {
    expect(count, `${table} has no row of the app: the test says nothing about it`).toBeGreaterThan(
      before.rows[table] ?? 0,
    );
  }
  expect(await vectors.spaces()).toContain(spaceName(gone.model));
  await platform.call('DeleteApp', at('gone', ann), ann);
  // As a rendition that was asked for before and is ready only now.
  await blobs.put(`apps/${gone.app}/inputs/late.small`, image, { contentType: 'image/png' });

  await purge();
  expect((await rowCounts()).inputs).toBe(grown.inputs);

  await makeDue(2);
  // Batches of three: each table takes several.
  await purge(3);
  const after = await rowCounts();
  // Places to run something belong to the user.
  for (const table of compute) before.rows[table] = grown[table] ?? 0;
  expect(after).toEqual(before.rows);
  expect(await blobKeys()).toEqual(before.blobs);
  expect(await vectors.spaces()).toEqual(before.spaces);
  expect((await platform.call('ListInputs', at('living', bob), bob)).inputs).toHaveLength(7);
  expect(await db.selectFrom('vector_trash').select('key').execute()).toEqual([]);
});

test('what living apps name stays as long as they do, and no longer', async () => {
  const made = await fill('lender', ann);
  await makeApp('borrower', bob);
  await addInputs('borrower', bob, 2);
  await sql`update apps set default_workflow = (select workflow_key from workflow_versions where key = ${made.workflow})
            where id = 'borrower'`.execute(db);
  await describe('borrower', made);
  const borrowed = () =>
    sql<{ n: number }>`
      select count(*)::integer as n from annotations a
        join annotation_concepts c on c.annotation_key = a.key join embeddings e on e.annotation_key = a.key
      where a.model_version = ${made.model} and e.space = ${made.model}`
      .execute(db)
      .then(({ rows }) => rows[0]?.n);
  await platform.call('DeleteApp', at('lender', ann), ann);
  await makeDue(2);
  await purge();
  expect(await borrowed()).toBe(2);
  expect(await vectors.spaces()).toContain(spaceName(made.model));
  const kept = await sql<{ inputs: number; concepts: string; base: bigint | null }>`
    select (select count(*)::integer from inputs where app_key = ${made.app}) as inputs,
           (select string_agg(id, ',') from concepts where app_key = ${made.app}) as concepts,
           (select default_workflow from apps where id = 'borrower') as base`.execute(db);
  expect(kept.rows).toEqual([{ inputs: 0, concepts: 'tree', base: null }]);
  expect(await blobKeys(`apps/${made.app}/`)).toEqual([]);

  await platform.call('DeleteInputs', { ...at('borrower', bob), ids: ['i0', 'i1'] }, bob);
  await purge();
  expect(await vectors.spaces()).not.toContain(spaceName(made.model));
  expect(await db.selectFrom('apps').select('id').where('key', '=', made.app).execute()).toEqual(
    [],
  );
});

test('a purge that ends anywhere is ended by the next', async () => {
  const before = { rows: await rowCounts(), blobs: await blobKeys() };
  const made = await fill('broken', ann);
  await platform.call('DeleteApp', at('broken', ann), ann);
  await makeDue(2);
  // Stopped after each statement in turn, as a platform that ends.
  for (let left = 0; left < 6; left += 1) {
    const stopping = new AbortController();
    let asked = 0;
    const signal = Object.create(stopping.signal, {
      aborted: { get: () => asked++ >= left },
    }) as AbortSignal;
    await purgeDeletedApps(platform.deps, signal, 1);
  }
  const apps = await db.selectFrom('apps').select('id').where('key', '=', made.app).execute();
  expect(apps).toEqual([{ id: 'broken' }]);
  // Blobs that do not answer keep the app, by which they are found again.
  const mute: Blobs = Object.create(blobs, {
    list: {
      // biome-ignore lint/correctness/useYield: it fails before it has anything to yield
      value: async function* () {
        throw new Error('the blob store does not answer');
      },
    },
  });
  const deps = { ...platform.deps, blobs: mute };
  await expect(purgeDeletedApps(deps, never)).rejects.toThrow('does not answer');
  await purge();
  const { compute_clusters: _clusters, nodepools: _pools, ...rows } = await rowCounts();
  expect(before.rows).toMatchObject(rows);
  expect(await blobKeys()).toEqual(before.blobs);
});

test('two purges at once do no harm', async () => {
  const before = await rowCounts();
  await fill('twice', ann);
  await platform.call('DeleteApp', at('twice', ann), ann);
  await makeDue(2);
  await Promise.all([purge(2), purgeDeletedApps(platform.deps, never, 2)]);
  await purge();
  const { compute_clusters: _clusters, nodepools: _pools, ...rows } = await rowCounts();
  expect(before).toMatchObject(rows);
});

test('rows that take too long together go by fewer, and an app that fails keeps no other', async () => {
  const before = await rowCounts();
  for (const id of ['stuck', 'slow']) {
    await makeApp(id, ann);
    await addInputs(id, ann, 8);
    await platform.call('DeleteApp', at(id, ann), ann);
  }
  await makeDue(2);
  await sql`
    create function be_slow() returns trigger language plpgsql as $$ begin
      if old.app_key = (select key from apps where id = 'stuck') then raise 'stuck'; end if;
      perform pg_sleep(0.2);
      return old;
    end $$`.execute(db);
  await sql`create trigger slow before delete on inputs for each row execute function be_slow()`.execute(
    db,
  );
  await using hasty = openDb({
    connection: platform.connection,
    log: silentLog,
    statementTimeoutMs: 1_000,
  });
  await expect(purgeDeletedApps({ ...platform.deps, db: hasty }, never)).rejects.toThrow('stuck');
  const left = await sql<{ id: string }>`select id from apps where deleted_at is not null`.execute(
    db,
  );
  expect(left.rows).toEqual([{ id: 'stuck' }]);
  await sql`drop trigger slow on inputs`.execute(db);
  await purge();
  const { compute_clusters: _clusters, nodepools: _pools, ...rows } = await rowCounts();
  expect(before).toMatchObject(rows);
});
