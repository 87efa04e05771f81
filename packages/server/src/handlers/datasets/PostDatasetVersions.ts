import { enqueue, transaction } from '@limpid/store';
import { getDatasetVersions, insertDatasetVersions } from '@limpid/store/db/dataset-versions';
import {
  alreadyExists,
  clone,
  type Dataset,
  type DatasetVersion,
  DatasetVersionRequestOrigin,
  DatasetVersionSchema,
  invalidRequest,
  isClientId,
  newHexId,
  notFound,
} from '@limpid/wire';
import { buildDatasetVersion } from '../../jobs.ts';
import { rpc } from '../../rpc/rpc.ts';
import { causedHere } from '../../tracing/jobs.ts';
import { datasetMessage, requireDataset } from './dataset-message.ts';
import { storedVersion, versionMessage } from './version-message.ts';

const MAX_BATCH = 128;

/** Accepts versions, all or none. What is in them is copied in the background; they are pending until then. */
export const PostDatasetVersions = rpc(
  'PostDatasetVersions',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const { datasetVersions: versions, datasetId } = request;
    if (versions.length === 0 || versions.length > MAX_BATCH)
      throw invalidRequest(`give 1 to ${MAX_BATCH} dataset_versions`);
    const dataset = await requireDataset(deps.db, scope, datasetId);
    const defaults = datasetMessage(dataset);
    const planned = versions.map((version) => {
      const id = version.id || newHexId(deps.random);
      if (!isClientId(id))
        throw invalidRequest(`'${id.slice(0, 80)}' is not a valid dataset version id`);
      return { id, ignoreEmpty: ignoresEmpty(version, defaults), version };
    });
    const rows = await transaction(deps.db, async (tx) => {
      const made = await insertDatasetVersions(
        tx,
        dataset.key,
        planned.map(({ id, version }) => ({ id, ...storedVersion(settled(version, defaults)) })),
      );
      const keys = new Map(made.map(({ id, key }) => [id, key]));
      const calls = planned.map(({ id, ignoreEmpty }) => {
        const version = keys.get(id);
        // An id that the call names twice is made once.
        if (version === undefined || keys.size < planned.length)
          throw alreadyExists('Dataset version', id);
        return buildDatasetVersion.with({ version, ignoreEmpty, ...causedHere(deps.tracing) });
      });
      await enqueue(tx, calls);
      const ids = planned.map(({ id }) => id);
      return await getDatasetVersions(tx, scope, dataset.key, ids);
    });
    return { datasetVersions: rows.map(versionMessage) };
  },
);

/** Whether inputs without annotations are left out. Refuses what would be in the version by other rules. */
function ignoresEmpty({ dataConfig }: DatasetVersion, defaults: Dataset): boolean {
  if (dataConfig.case === 'modelPredictConfig')
    throw invalidRequest('versions made of predictions are not available on this instance yet');
  const { annotationFilter, ignoreEmptyInputs = false } = dataConfig.value ?? {};
  const filter = annotationFilter ?? defaults.defaultAnnotationFilter;
  if (filter?.id) throw notFound(`Annotation filter '${filter.id.slice(0, 80)}' does not exist`);
  if (filter?.search)
    throw invalidRequest('annotation filters are not available on this instance yet');
  return ignoreEmptyInputs;
}

/** What a version takes over from its dataset stays with it, whatever becomes of the dataset. */
function settled(version: DatasetVersion, defaults: Dataset): DatasetVersion {
  const own = clone(DatasetVersionSchema, version);
  own.processingInfo ??= defaults.defaultProcessingInfo;
  own.requestOrigin = DatasetVersionRequestOrigin.MANUAL;
  return own;
}
