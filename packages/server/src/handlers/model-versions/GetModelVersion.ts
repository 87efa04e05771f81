import { rpc } from '../../rpc/rpc.ts';
import { requireVersion } from '../models/find-model.ts';
import { versionMessage } from './version-message.ts';

/** The version that is named, or the newest. */
export const GetModelVersion = rpc(
  'GetModelVersion',
  { scope: 'any', missing: 'model' },
  async (call, request) => {
    const { model, version } = await requireVersion(call, request.modelId, request.versionId);
    return { modelVersion: versionMessage(version, model) };
  },
);
