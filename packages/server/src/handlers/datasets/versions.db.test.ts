import { transaction } from '@limpid/store';
import { takeSnapshot } from '@limpid/store/db/dataset-snapshots';
import { testPlatform } from '@limpid/testkit/platform';
import { DatasetVersionMetricsGroupType as GroupType, StatusCode } from '@limpid/wire';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { buildVersion } from '../../flows/dataset/build-version.ts';

const platform = await testPlatform();
const ann = await platform.addUser('ann', { visibility: 50 });
const bob = await platform.addUser('bob');
const app = { userAppId: { userId: 'ann', appId: 'pets' } };

beforeAll(async () => {
  await platform.call('PostApps', { apps: [{ id: 'pets', visibility: { gettable: 50 } }] }, ann);
});

/** A dataset with inputs; the first is labelled with `cat`. */
async function dataset(id: string, ...inputs: string[]) {
  const datasets = [{ id, visibility: { gettable: 50 } }];
  expect((await platform.call('PostDatasets', { ...app, datasets }, ann)).status?.code).toBe(
    StatusCode.SUCCESS,
  );
  await addInputs(id, ...inputs);
  return { ...app, datasetId: id };
}

async function addInputs(datasetId: string, ...ids: string[]) {
  if (ids.length === 0) return;
  const inputs = ids.map((id, index) => ({
    id,
    datasetIds: [datasetId],
    data: { text: { raw: id }, concepts: index === 0 ? [{ id: 'cat', value: 1 }] : [] },
  }));
  const answer = await platform.call('PostInputs', { ...app, inputs }, ann);
  expect(answer.status?.code).toBe(StatusCode.SUCCESS);
}

type Place = Awaited<ReturnType<typeof dataset>>;

const post = (at: Place, ...datasetVersions: { id?: string; description?: string }[]) =>
  platform.call('PostDatasetVersions', { ...at, datasetVersions }, ann);

const read = async (at: Place, datasetVersionId: string, as = ann) =>
  await platform.call('GetDatasetVersion', { ...at, datasetVersionId }, as);

const groupsOf = async (at: Place, datasetVersionId: string, filter: object = {}) => {
  const request = { ...at, datasetVersionId, ...filter };
  return await platform.call('ListDatasetVersionMetricsGroups', request, ann);
};

async function snapshotOf(id: string) {
  const { rows } = await sql<{ input_id: string; body: { annotations: { body: unknown }[] } }>`
    select s.input_id, s.body from dataset_version_inputs s join dataset_versions v on v.key = s.version_key
    where v.id = ${id} order by s.ordinal`.execute(platform.deps.db);
  return rows;
}

async function keyOf(id: string): Promise<bigint> {
  const { rows } = await sql<{ key: bigint }>`
    select key from dataset_versions where id = ${id}`.execute(platform.deps.db);
  return rows[0]?.key ?? 0n;
}

test('a version is pending, then ready, and stays what it was when the dataset changes', async () => {
  const at = await dataset('growing', 'g1', 'g2', 'g3');
  const made = await post(at, { id: 'v1', description: 'first' });
  expect(made.datasetVersions[0]).toMatchObject({
    id: 'v1',
    datasetId: 'growing',
    appId: 'pets',
    userId: 'ann',
    description: 'first',
    requestOrigin: 1,
    status: { code: StatusCode.DATASET_VERSION_PENDING },
    metrics: {},
  });
  expect((await groupsOf(at, 'v1')).datasetVersionMetricsGroups).toEqual([]);
  await platform.drain();
  const ready = await read(at, 'v1');
  expect(ready.datasetVersion?.status?.code).toBe(StatusCode.DATASET_VERSION_READY);
  expect(ready.datasetVersion?.metrics.total).toMatchObject({
    inputsCount: 3n,
    unlabeledInputsCount: 2n,
    positiveInputTagsCount: 1n,
    masksCount: 0n,
  });
  await addInputs('growing', 'g4', 'g5');
  await platform.call('DeleteInputs', { ...app, ids: ['g1'] }, ann);
  await post(at, { id: 'v2' });
  await platform.drain();
  const counts = [];
  for (const id of ['v1', 'v2'])
    counts.push((await read(at, id)).datasetVersion?.metrics.total?.inputsCount);
  expect(counts).toEqual([3n, 4n]);
  expect((await snapshotOf('v1')).map((row) => row.input_id)).toEqual(['g1', 'g2', 'g3']);
  const listed = await platform.call('ListDatasetVersions', at, ann);
  expect(listed.datasetVersions.map(({ id }) => id)).toEqual(['v2', 'v1']);
  const shown = await platform.call('GetDataset', at, ann);
  expect(shown.dataset?.version?.id).toBe('v2');
});

test('what people say of an input is in the version, and nothing that a reviewer turned down', async () => {
  const at = await dataset('said', 's1');
  const annotations = [
    { inputId: 's1', id: 'kept', data: { concepts: [{ id: 'dog', value: 1 }] } },
    {
      inputId: 's1',
      id: 'denied',
      data: { concepts: [{ id: 'bird', value: 1 }] },
      status: { code: StatusCode.ANNOTATION_REVIEW_DENIED },
    },
  ];
  const said = await platform.call('PostAnnotations', { ...app, annotations }, ann);
  expect(said.status?.code).toBe(StatusCode.SUCCESS);
  await post(at, { id: 'with-labels' });
  await platform.drain();
  const { datasetVersionMetricsGroups: groups } = await groupsOf(at, 'with-labels', {
    types: [GroupType.CONCEPT_ID],
  });
  expect(groups.map(({ value }) => value?.kind.value)).toEqual(['cat', 'dog']);
  expect((await snapshotOf('with-labels'))[0]?.body.annotations).toHaveLength(2);
});

test('groups are filtered by type, value and path, and come in pages', async () => {
  const at = await dataset('grouped', 'p1', 'p2');
  await post(at, { id: 'grouped-1' });
  await platform.drain();
  const values = async (filter: object) =>
    (await groupsOf(at, 'grouped-1', filter)).datasetVersionMetricsGroups.map(
      ({ value }) => value?.kind.value,
    );
  expect(await values({ types: [GroupType.INPUT_TYPE] })).toEqual(['total', 'text']);
  expect(await values({ page: 1, perPage: 1 })).toEqual(['total']);
  const one = { kind: { case: 'numberValue', value: 1 } };
  expect(await values({ values: [one] })).toEqual([1]);
  expect(await values({ values: [{ kind: { case: 'stringValue', value: '1' } }] })).toEqual([]);
  expect(await values({ parentPaths: ['/nowhere'] })).toEqual([]);
});

test('an empty dataset has versions too', async () => {
  const at = await dataset('empty');
  await post(at, { id: 'nothing' });
  await platform.drain();
  const { datasetVersionMetricsGroups: groups } = await groupsOf(at, 'nothing');
  expect(groups.map(({ value, metrics }) => [value?.kind.value, metrics?.inputsCount])).toEqual([
    ['total', 0n],
  ]);
});

test('a job that was killed on its way goes on, and one that comes twice changes nothing', async () => {
  const at = await dataset('killed', 'k1', 'k2');
  await post(at, { id: 'half' });
  const version = await keyOf('half');
  const { rows } = await sql<{ dataset_key: bigint }>`
    select dataset_key from dataset_versions where key = ${version}`.execute(platform.deps.db);
  const [found] = rows;
  if (!found) throw new Error('the version is missing');
  // As far as a worker gets that is killed after the snapshot.
  await transaction(platform.deps.db, (tx) =>
    takeSnapshot(tx, { version, dataset: found.dataset_key, ignoreEmpty: false }),
  );
  await addInputs('killed', 'k3');
  await platform.drain();
  const first = await read(at, 'half');
  expect(first.datasetVersion?.metrics.total?.inputsCount).toBe(2n);
  const { log } = platform.deps;
  const { signal } = new AbortController();
  await buildVersion(platform.deps, { version, ignoreEmpty: false }, { last: false, log, signal });
  expect((await read(at, 'half')).datasetVersion).toEqual(first.datasetVersion);
});

test('a version that can not be made says so, and keeps nothing', async () => {
  const at = await dataset('broken', 'b1');
  await post(at, { id: 'bad' });
  await sql`update inputs set body = '{}' where id = 'b1'`.execute(platform.deps.db);
  await sql`update annotations set body = '{"data": 7}'
    where input_key = (select key from inputs where id = 'b1')`.execute(platform.deps.db);
  const errors: string[] = [];
  const log = {
    ...platform.deps.log,
    error: (_: object, text?: string) => errors.push(text ?? ''),
  };
  const { signal } = new AbortController();
  const wanted = { version: await keyOf('bad'), ignoreEmpty: false };
  await buildVersion(platform.deps, wanted, { last: false, log, signal });
  expect(errors).toEqual(['a dataset version could not be made']);
  const failed = await read(at, 'bad');
  expect(failed.datasetVersion?.status).toMatchObject({
    code: StatusCode.DATASET_VERSION_FAILURE,
    details: 'making it failed unexpectedly',
  });
  expect(await snapshotOf('bad')).toEqual([]);
  await platform.drain();
});

test('inputs that nobody annotated are left out on request', async () => {
  const at = await dataset('sparse', 'e1', 'e2');
  const config = { ignoreEmptyInputs: true };
  const dataConfig = { case: 'annotationFilterConfig', value: config } as const;
  const datasetVersions = [{ id: 'labelled-only', dataConfig }];
  await platform.call('PostDatasetVersions', { ...at, datasetVersions }, ann);
  await platform.drain();
  expect((await snapshotOf('labelled-only')).map((row) => row.input_id)).toEqual(['e1']);
});

test('what can not be made is refused before anything is', async () => {
  const at = await dataset('refusing');
  await post(at, { id: 'taken' });
  const details = async (...datasetVersions: object[]) =>
    (await platform.call('PostDatasetVersions', { ...at, datasetVersions }, ann)).status?.details;
  const filtered = (annotationFilter: object) => ({
    dataConfig: { case: 'annotationFilterConfig', value: { annotationFilter } },
  });
  const predicted = { dataConfig: { case: 'modelPredictConfig', value: {} } };
  expect(await details()).toContain('1 to 128');
  expect(await details({ id: 'new' }, { id: 'taken' })).toContain('already exists');
  expect(await details({ id: 'twice' }, { id: 'twice' })).toContain('already exists');
  expect(await details({ id: 'no spaces' })).toContain('not a valid dataset version id');
  expect(await details(filtered({ id: 'mine' }))).toContain("'mine' does not exist");
  expect(await details(filtered({ search: {} }))).toContain('needs an id or a query');
  expect(await details(filtered({ search: { id: 'none' } }))).toContain("'none' does not exist");
  const ranks = [{ annotation: { data: { concepts: [{ id: 'cat', value: 1 }] } } }];
  expect(await details(filtered({ search: { query: { ranks } } }))).toContain('and not rank');
  expect(await details(predicted)).toContain('not available');
  const listed = await platform.call('ListDatasetVersions', at, ann);
  expect(listed.datasetVersions.map(({ id }) => id)).toEqual(['taken']);
  const nowhere = await platform.call('ListDatasetVersions', { ...app, datasetId: 'none' }, ann);
  expect(nowhere.status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  await platform.drain();
});

test('only what describes a version is patched, and only overwritten', async () => {
  const at = await dataset('patched', 'm1');
  await post(at, { id: 'pv', description: 'before' });
  await platform.drain();
  const patch = (action: string, version: object) => {
    const datasetVersions = [{ id: 'pv', ...version }];
    return platform.call('PatchDatasetVersions', { ...at, datasetVersions, action }, ann);
  };
  const merged = await patch('merge', { description: 'x' });
  expect(merged.status?.details).toContain("Unrecognized action 'merge'");
  const changed = await patch('overwrite', { description: 'after', metadata: { by: 'ann' } });
  expect(changed.datasetVersions[0]).toMatchObject({
    description: 'after',
    metadata: { by: 'ann' },
    status: { code: StatusCode.DATASET_VERSION_READY },
    metrics: { total: { inputsCount: 1n } },
  });
});

test('versions are deleted all or none, and others stay', async () => {
  const at = await dataset('deleting', 'd1');
  await post(at, { id: 'd-one' }, { id: 'd-two' });
  await platform.drain();
  const drop = (...datasetVersionIds: string[]) =>
    platform.call('DeleteDatasetVersions', { ...at, datasetVersionIds }, ann);
  expect((await drop('d-one', 'never')).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await drop('d-one')).status?.code).toBe(StatusCode.SUCCESS);
  expect((await drop()).status?.code).toBe(StatusCode.SUCCESS);
  expect((await read(at, 'd-one')).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  expect((await read(at, 'd-two')).datasetVersion?.metrics.total?.inputsCount).toBe(1n);
  expect(await snapshotOf('d-one')).toEqual([]);
});

test('strangers see public versions of a public dataset and make none', async () => {
  const at = await dataset('public');
  const datasetVersions = [{ id: 'shown', visibility: { gettable: 50 } }, { id: 'hidden' }];
  await platform.call('PostDatasetVersions', { ...at, datasetVersions }, ann);
  const listed = await platform.call('ListDatasetVersions', at, bob);
  expect(listed.datasetVersions.map(({ id }) => id)).toEqual(['shown']);
  const shown = await platform.call('GetDataset', at, bob);
  expect(shown.dataset?.version?.id).toBe('shown');
  expect((await read(at, 'hidden', bob)).status?.code).toBe(StatusCode.CONN_DOES_NOT_EXIST);
  const own = { ...at, datasetVersions: [{ id: 'theirs' }] };
  const refused = await platform.call('PostDatasetVersions', own, bob);
  expect(refused.status?.code).not.toBe(StatusCode.SUCCESS);
  await platform.drain();
});

test('all hits of a search are added at once, which merges datasets', async () => {
  await dataset('source', 'x1', 'x2', 'x3');
  const target = await dataset('target', 'x4');
  await platform.call(
    'PostDatasetInputs',
    { ...target, datasetInputs: [{ input: { id: 'x3' } }] },
    ann,
  );
  const search = { query: { filters: [{ input: { datasetIds: ['source'] } }] } };
  const merged = await platform.call('PostDatasetInputs', { ...target, search }, ann);
  expect(merged.status?.code).toBe(StatusCode.SUCCESS);
  const idsIn = async (datasetId: string) => {
    const answer = await platform.call('ListDatasetInputs', { ...app, datasetId }, ann);
    return answer.datasetInputs.map(({ input }) => input?.id).sort();
  };
  expect(await idsIn('target')).toEqual(['x1', 'x2', 'x3', 'x4']);
  expect(await idsIn('source')).toEqual(['x1', 'x2', 'x3']);
});

test('patches at the same time all count', async () => {
  const at = await dataset('busy');
  const versions = Array.from({ length: 4 }, (_, n) => ({ id: `busy-${n}` }));
  await post(at, ...versions);
  const changes = [
    { description: 'new' },
    { metadata: { seen: true } },
    { visibility: { gettable: 50 } },
  ];
  await Promise.all(
    changes.map(async (change, n) => {
      const datasetVersions = versions.map((version) => ({ ...version, ...change }));
      if (n % 2 === 1) datasetVersions.reverse();
      const request = { ...at, datasetVersions, action: 'overwrite' };
      const answer = await platform.call('PatchDatasetVersions', request, ann);
      expect(answer.status?.code, answer.status?.details).toBe(StatusCode.SUCCESS);
    }),
  );
  for (const { id } of versions)
    expect((await read(at, id)).datasetVersion).toMatchObject(Object.assign({}, ...changes));
  await platform.drain();
});
