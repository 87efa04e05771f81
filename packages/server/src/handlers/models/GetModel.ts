import { rpc } from '../../rpc/rpc.ts';
import { requireModel } from './find-model.ts';
import { modelMessage } from './model-message.ts';
import { withCounts } from './with-counts.ts';

/** A model with its newest version, or the one that is named. */
export const GetModel = rpc(
  'GetModel',
  { scope: 'any', missing: 'model' },
  async (call, request) => {
    const { additionalFields: fields } = request;
    const { model, own } = await requireModel(call, request.modelId, request.versionId);
    const shown = {
      presets: fields.includes('presets') || fields.includes('all'),
      // References to what the owner's runners are given: nobody else's concern.
      secrets: own && fields.includes('secrets'),
    };
    const messages = await withCounts(call.deps.db, [model], [modelMessage(model, shown)], fields);
    return { model: messages[0] };
  },
);
