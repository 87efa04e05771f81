import { settleLabels } from '@limpid/domain/input/labels';
import { annotationPatch, applyPatch } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import {
  type AnnotationRow,
  clearAnnotationConcepts,
  deleteAnnotationsByKey,
  getAnnotations,
  lockAnnotations,
  updateAnnotation,
} from '@limpid/store/db/annotation-queries';
import { insertAnnotationConcepts } from '@limpid/store/db/annotations';
import { ensureConcepts } from '@limpid/store/db/concepts';
import {
  type Annotation,
  AnnotationSchema,
  newHexId,
  notFound,
  permissionDenied,
  StatusCode,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import { annotationBody, annotationMessages } from './annotation-message.ts';
import { checkAnnotation, checkBatch } from './check-annotation.ts';

/** Changes annotations, all or none. Emptied ones can be deleted with it, but never the one of a whole input. */
export const PatchAnnotations = rpc('PatchAnnotations', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  checkBatch(request.annotations.length);
  const pairs = request.annotations.map(({ id, inputId }) => ({ id, inputId }));
  await transaction(deps.db, async (tx) => {
    await lockAnnotations(tx, scope, pairs);
    const rows = await getAnnotations(tx, scope, pairs);
    if (rows.length < pairs.length) throw notFound();
    const current = await annotationMessages({ deps: { db: tx }, scope }, rows);
    const changes = rows.map((row, index) => {
      requireAuthor(call, row);
      // Both lists are in the order of the request.
      const before = current[index] as Annotation;
      const patch = request.annotations[index] as Annotation;
      const after = applyPatch(AnnotationSchema, before, patch, request.action, annotationPatch);
      checkAnnotation(after);
      const labels = after.data ? settleLabels(after.data, () => newHexId(deps.random)) : [];
      const isEmptied =
        request.deleteIfEmptyData &&
        request.action === 'remove' &&
        labels.length === 0 &&
        !row.input_level;
      return { row, after, labels, isEmptied };
    });
    await deleteAnnotationsByKey(
      tx,
      changes.filter(({ isEmptied }) => isEmptied).map(({ row }) => row.key),
    );
    for (const { row, after, labels, isEmptied } of changes) {
      if (isEmptied) continue;
      const concepts = await ensureConcepts(tx, scope, labels);
      await updateAnnotation(tx, {
        key: row.key,
        statusCode: after.status?.code || StatusCode.ANNOTATION_SUCCESS,
        statusDetails: after.status?.details ?? '',
        body: annotationBody(after),
      });
      await clearAnnotationConcepts(tx, row.key);
      const named = labels.flatMap(({ id, value }) => {
        const conceptKey = concepts.get(id);
        return conceptKey === undefined ? [] : [{ conceptKey, value }];
      });
      await insertAnnotationConcepts(tx, scope, [
        { key: row.key, inputKey: row.input_key, concepts: named },
      ]);
    }
  });
  const changed = await getAnnotations(deps.db, scope, pairs);
  return { annotations: await annotationMessages(call, changed) };
});

/** The owner of the app may change what anybody made, others only their own. */
function requireAuthor(call: Call<'app'>, row: AnnotationRow): void {
  if (call.scope.userKey === call.caller.userKey || row.user_key === call.caller.userKey) return;
  throw permissionDenied(
    'annotation',
    'only its author or the owner of the app may change an annotation',
  );
}
