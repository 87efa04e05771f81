import { create, OutputInfoSchema } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { withVocabulary } from '../model-versions/vocabulary.ts';
import { requireModel } from './find-model.ts';
import { modelMessage } from './model-message.ts';

/** A model with the whole vocabulary of its version: the one answer that is not cut into pages. */
export const GetModelOutputInfo = rpc(
  'GetModelOutputInfo',
  { scope: 'any', missing: 'model' },
  async (call, request) => {
    const found = await requireModel(call, request.modelId, request.versionId);
    const model = modelMessage(found.model);
    if (found.version && model.modelVersion) {
      const version = model.modelVersion;
      version.outputInfo ??= create(OutputInfoSchema);
      await withVocabulary(call.deps.db, found.version.key, version.outputInfo, request.language);
      // Older clients read it where it stood before versions had one.
      model.outputInfo = version.outputInfo;
    }
    return { model };
  },
);
