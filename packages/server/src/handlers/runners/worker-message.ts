import type { ModelRef } from '@limpid/store/db/worker-refs';
import { create, ModelSchema, type Worker, WorkerSchema } from '@limpid/wire';

/** What a runner or deployment works on, as clients name it. */
export function workerMessage(model: ModelRef): Worker {
  const { modelId, modelTypeId, versionId, appId, userId } = model;
  return create(WorkerSchema, {
    worker: {
      case: 'model',
      value: create(ModelSchema, {
        id: modelId,
        name: modelId,
        modelTypeId,
        appId,
        userId,
        modelVersion: { id: versionId, appId, userId },
      }),
    },
  });
}
