import { enqueue, transaction } from '@limpid/store';
import { getDatasetVersions, insertDatasetVersions } from '@limpid/store/db/dataset-versions';
import {
  type AnnotationFilter,
  AnnotationFilterConfigSchema,
  alreadyExists,
  clone,
  create,
  type Dataset,
  type DatasetVersion,
  DatasetVersionRequestOrigin,
  DatasetVersionSchema,
  invalidRequest,
  isClientId,
  newHexId,
} from '@limpid/wire';
import { buildDatasetVersion } from '../../jobs.ts';
import { rpc } from '../../rpc/rpc.ts';
import { causedHere } from '../../tracing/jobs.ts';
import { versionFilter } from './dataset-filter.ts';
import { datasetMessage, requireDataset } from './dataset-message.ts';
import { storedVersion, versionMessage } from './version-message.ts';

const MAX_BATCH = 128;

/** Accepts versions, all or none. What is in them is copied in the background; they are pending until then. */
export const PostDatasetVersions = rpc(
  'PostDatasetVersions',
  { scope: 'app' },
  async ({ deps, scope, caller }, request) => {
    const { datasetVersions: versions, datasetId } = request;
    if (versions.length === 0 || versions.length > MAX_BATCH)
      throw invalidRequest(`give 1 to ${MAX_BATCH} dataset_versions`);
    const dataset = await requireDataset(deps.db, scope, datasetId);
    const defaults = datasetMessage(dataset);
    const planned: { id: string; ignoreEmpty: boolean; version: DatasetVersion }[] = [];
    for (const version of versions) {
      const id = version.id || newHexId(deps.random);
      if (!isClientId(id))
        throw invalidRequest(`'${id.slice(0, 80)}' is not a valid dataset version id`);
      const ignoreEmpty = ignoresEmpty(version);
      const filter = await versionFilter(deps.db, scope, version, dataset);
      planned.push({ id, ignoreEmpty, version: settled(version, defaults, filter) });
    }
    const rows = await transaction(deps.db, async (tx) => {
      const made = await insertDatasetVersions(
        tx,
        dataset.key,
        planned.map(({ id, version }) => ({ id, ...storedVersion(version) })),
      );
      const keys = new Map(made.map(({ id, key }) => [id, key]));
      const calls = planned.map(({ id, ignoreEmpty }) => {
        const version = keys.get(id);
        // An id that the call names twice is made once.
        if (version === undefined || keys.size < planned.length)
          throw alreadyExists('Dataset version', id);
        return buildDatasetVersion.with({
          version,
          ignoreEmpty,
          callerId: caller.userId,
          ...causedHere(deps.tracing),
        });
      });
      await enqueue(tx, calls);
      const ids = planned.map(({ id }) => id);
      return await getDatasetVersions(tx, scope, dataset.key, ids);
    });
    return { datasetVersions: rows.map((row) => versionMessage(deps, row)) };
  },
);

/** Whether inputs without annotations are left out. Refuses what would be in the version by other rules. */
function ignoresEmpty({ dataConfig }: DatasetVersion): boolean {
  if (dataConfig.case === 'modelPredictConfig')
    throw invalidRequest('versions made of predictions are not available on this instance yet');
  return dataConfig.value?.ignoreEmptyInputs ?? false;
}

/** What a version takes over from its dataset stays with it, whatever becomes of the dataset. */
function settled(
  version: DatasetVersion,
  defaults: Dataset,
  annotationFilter: AnnotationFilter | undefined,
): DatasetVersion {
  const own = clone(DatasetVersionSchema, version);
  if (annotationFilter) {
    const ignoreEmptyInputs = ignoresEmpty(version);
    const value = create(AnnotationFilterConfigSchema, { annotationFilter, ignoreEmptyInputs });
    own.dataConfig = { case: 'annotationFilterConfig', value };
  }
  own.processingInfo ??= defaults.defaultProcessingInfo;
  own.requestOrigin = DatasetVersionRequestOrigin.MANUAL;
  return own;
}
