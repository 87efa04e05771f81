import { actionOf } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { getModels, lockModel, updateModel } from '@limpid/store/db/models';
import { invalidArgument, modelNotFound } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { bareModel, storedModel } from './model-message.ts';

type TagField = 'toolkits' | 'useCases' | 'languages' | 'checkConsents';

const MAX_TAGS = 128;
const MAX_TAG_LENGTH = 128;

/** Replaces one list of tags of a model and returns it as it is then. */
export async function patchTags(
  call: Call<'app'>,
  request: { readonly modelId: string; readonly action: string },
  field: TagField,
  given: readonly string[],
): Promise<string[]> {
  actionOf(request.action, ['overwrite']);
  const tags = [...new Set(given)];
  if (tags.length > MAX_TAGS || tags.some((tag) => tag === '' || tag.length > MAX_TAG_LENGTH)) {
    throw invalidArgument(
      `A model has at most ${MAX_TAGS} tags of 1 to ${MAX_TAG_LENGTH} characters`,
      'model',
    );
  }
  await transaction(call.deps.db, async (tx) => {
    const key = await lockModel(tx, call.scope, request.modelId);
    const [row] = key === undefined ? [] : await getModels(tx, [key]);
    if (!row) throw modelNotFound();
    const model = bareModel(row);
    model[field] = tags;
    await updateModel(tx, row.key, storedModel(model, row.id));
  });
  return tags;
}
