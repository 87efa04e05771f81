import { toJsonString } from '@bufbuild/protobuf';
import { ValueSchema } from '@bufbuild/protobuf/wkt';
import { pageOf } from '@limpid/domain/page';
import { listMetricsGroups, type MetricsGroupRow } from '@limpid/store/db/dataset-versions';
import { readDoc } from '@limpid/store/db/doc';
import {
  create,
  type DatasetVersionMetricsGroup,
  DatasetVersionMetricsGroupSchema,
  DatasetVersionMetricsSchema,
} from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { requireDataset } from './dataset-message.ts';
import { requireVersion } from './version-message.ts';

/** What was counted in a version: the whole first, then by groups. None while the version is being made. */
export const ListDatasetVersionMetricsGroups = rpc(
  'ListDatasetVersionMetricsGroups',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const dataset = await requireDataset(deps.db, scope, request.datasetId);
    const version = await requireVersion(deps.db, scope, dataset, request.datasetVersionId);
    const { parentPaths, types } = request;
    // A value without a kind is no value, and matches none.
    const values = request.values.map((value) =>
      value.kind.case === undefined ? 'null' : toJsonString(ValueSchema, value),
    );
    const filter = { parentPaths, types, values };
    const rows = await listMetricsGroups(deps.db, version.key, filter, pageOf(request));
    return { datasetVersionMetricsGroups: rows.map(groupMessage) };
  },
);

function groupMessage(row: MetricsGroupRow): DatasetVersionMetricsGroup {
  const value: unknown = row.value;
  return create(DatasetVersionMetricsGroupSchema, {
    parentPath: row.parent_path,
    type: row.type,
    value: {
      kind:
        typeof value === 'number'
          ? { case: 'numberValue', value }
          : { case: 'stringValue', value: String(value) },
    },
    metrics: readDoc(DatasetVersionMetricsSchema, row.body),
  });
}
