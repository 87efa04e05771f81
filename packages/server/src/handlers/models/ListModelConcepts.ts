import { pageOf } from '@limpid/domain/page';
import { listVersionConcepts } from '@limpid/store/db/concepts';
import { rpc } from '../../rpc/rpc.ts';
import { conceptMessage } from '../concepts/concept-message.ts';
import { requireModel } from './find-model.ts';

/** The vocabulary of a model version, page by page, in its own order. */
export const ListModelConcepts = rpc(
  'ListModelConcepts',
  { scope: 'any', missing: 'model' },
  async (call, request) => {
    const page = pageOf(request);
    const { version } = await requireModel(call, request.modelId, request.versionId);
    if (!version) return { concepts: [] };
    const rows = await listVersionConcepts(call.deps.db, version.key, request.search, page);
    return {
      concepts: rows.map(({ app_id: appId, user_id: userId, ...row }) =>
        conceptMessage(row, { appId, userId }),
      ),
    };
  },
);
