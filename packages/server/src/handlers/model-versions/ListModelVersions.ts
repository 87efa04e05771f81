import { pageOf } from '@limpid/domain/page';
import { listModelVersions, type VersionQuery } from '@limpid/store/db/model-versions';
import { rpc } from '../../rpc/rpc.ts';
import { requireModel } from '../models/find-model.ts';
import { versionMessage } from './version-message.ts';

const SORTS: Readonly<Record<string, VersionQuery['sort']>> = {
  sortByStatusCode: 'status_code',
  sortByNumInputs: 'num_inputs',
  sortByDescription: 'description',
  sortByCreatedAt: 'created_at',
};

/** Versions of a model, newest first unless asked otherwise. */
export const ListModelVersions = rpc(
  'ListModelVersions',
  { scope: 'any', missing: 'model' },
  async (call, request) => {
    const page = pageOf(request);
    const { model, own } = await requireModel(call, request.modelId);
    const query = {
      sort: SORTS[request.sortBy.case ?? ''] ?? 'created_at',
      ascending: request.sortAscending,
      all: own,
      trainedOnly: request.trainedOnly,
      conceptIds: request.conceptIds,
      minReplicas: request.minReplicas,
    };
    const rows = await listModelVersions(call.deps.db, model.key, query, page);
    return { modelVersions: rows.map((row) => versionMessage(row, model)) };
  },
);
