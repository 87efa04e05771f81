import { transaction } from '@limpid/store';
import {
  type AnnotationPair,
  deleteAnnotationsByKey,
  deleteAnnotationsOf,
  getAnnotations,
} from '@limpid/store/db/annotation-queries';
import { invalidArgument, notFound } from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';

const MAX_INPUTS = 1000;

/** Deletes named annotations, or all of inputs when no annotation is named. Nothing named deletes nothing. */
export const DeleteAnnotations = rpc(
  'DeleteAnnotations',
  { scope: 'app' },
  async (call, request) => {
    const { ids, inputIds } = request;
    if (inputIds.length > MAX_INPUTS)
      throw invalidArgument(`give at most ${MAX_INPUTS} input_ids`, 'annotation');
    if (ids.length === 0) {
      await transaction(call.deps.db, (tx) => deleteAnnotationsOf(tx, call.scope, inputIds));
      return {};
    }
    if (ids.length !== inputIds.length) {
      throw invalidArgument('ids needs as many input_ids, in the same order', 'annotation');
    }
    await deletePairs(
      call,
      ids.map((id, index) => ({ id, inputId: inputIds[index] ?? '' })),
    );
    return {};
  },
);

/** Deletes annotations by input and id, all or none. */
export async function deletePairs(
  call: Call<'app'>,
  pairs: readonly AnnotationPair[],
): Promise<void> {
  await transaction(call.deps.db, async (tx) => {
    const rows = await getAnnotations(tx, call.scope, pairs);
    if (rows.length < pairs.length) throw notFound();
    const whole = rows.find((row) => row.input_level);
    if (whole) {
      throw invalidArgument(
        `annotation '${whole.id}' is of the whole input and goes with it alone`,
        'annotation',
      );
    }
    await deleteAnnotationsByKey(
      tx,
      rows.map((row) => row.key),
    );
  });
}
