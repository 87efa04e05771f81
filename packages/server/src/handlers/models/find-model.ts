import type { AppScope, UserScope } from '@limpid/domain/access/authority';
import { type FoundModel, findModelVersion } from '@limpid/store/db/model-refs';
import type { ModelVersionRow } from '@limpid/store/db/model-versions';
import { modelNotFound } from '@limpid/wire';
import type { Call } from '../../call.ts';

/** The model and version that a request means, by the resolution rule; 21200 when the caller sees none. */
export async function requireModel(
  call: Call<'any'>,
  modelId: string,
  versionId = '',
): Promise<FoundModel> {
  const scope: AppScope | UserScope | undefined = call.scope;
  const found = await findModelVersion(call.deps.db, call.caller, { scope, modelId, versionId });
  if (!found) throw modelNotFound();
  return found;
}

/** The same where a version is needed. */
export async function requireVersion(
  call: Call<'any'>,
  modelId: string,
  versionId: string,
): Promise<FoundModel & { readonly version: ModelVersionRow }> {
  const found = await requireModel(call, modelId, versionId);
  if (!found.version) throw modelNotFound();
  return { ...found, version: found.version };
}
