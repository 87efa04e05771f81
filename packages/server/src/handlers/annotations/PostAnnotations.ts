import type { AppScope } from '@limpid/domain/access/authority';
import { type Label, settleLabels } from '@limpid/domain/input/labels';
import { isUniqueViolation, type Tx, transaction } from '@limpid/store';
import { getAnnotations, inputKeysOf } from '@limpid/store/db/annotation-queries';
import { insertAnnotations } from '@limpid/store/db/annotations';
import { ensureConcepts } from '@limpid/store/db/concepts';
import { findUser } from '@limpid/store/db/users';
import {
  type Annotation,
  create,
  DataSchema,
  duplicateId,
  invalidArgument,
  isClientId,
  newHexId,
  notFound,
  permissionDenied,
  StatusCode,
} from '@limpid/wire';
import type { Call } from '../../call.ts';
import { rpc } from '../../rpc/rpc.ts';
import { annotationBody, annotationMessages } from './annotation-message.ts';
import { checkAnnotation, checkBatch } from './check-annotation.ts';

interface Planned {
  readonly annotation: Annotation;
  readonly id: string;
  readonly labels: readonly Label[];
  readonly userKey: bigint;
}

/** Adds annotations to inputs, all or none. Concepts that do not exist yet are made. */
export const PostAnnotations = rpc('PostAnnotations', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  checkBatch(request.annotations.length);
  const planned: Planned[] = [];
  for (const annotation of request.annotations) {
    checkAnnotation(annotation);
    const id = annotation.id || newHexId(deps.random);
    if (!isClientId(id))
      throw invalidArgument(`'${id.slice(0, 80)}' is not a valid id`, 'annotation');
    annotation.data ??= create(DataSchema);
    const labels = settleLabels(annotation.data, () => newHexId(deps.random));
    const userKey = await workerOf(call, annotation);
    planned.push({ annotation, id, labels, userKey });
  }
  const rows = await transaction(deps.db, async (tx) => {
    const inputKeys = await inputKeysFor(tx, scope, request.annotations);
    const concepts = await ensureConcepts(
      tx,
      scope,
      planned.flatMap(({ labels }) => labels),
    );
    await insertAnnotations(
      tx,
      scope,
      planned.map(({ annotation, id, labels, userKey }, index) => ({
        // Both lists are in the order of the request.
        inputKey: inputKeys[index] as bigint,
        id,
        userKey,
        inputLevel: false,
        statusCode: annotation.status?.code ?? StatusCode.ANNOTATION_SUCCESS,
        taskId: annotation.taskId,
        body: annotationBody(annotation),
        concepts: labels.flatMap((label) => {
          const conceptKey = concepts.get(label.id);
          return conceptKey === undefined ? [] : [{ conceptKey, value: label.value }];
        }),
      })),
    );
    return await getAnnotations(
      tx,
      scope,
      planned.map(({ annotation, id }) => ({ inputId: annotation.inputId, id })),
    );
  }).catch((error: unknown) => {
    throw isUniqueViolation(error)
      ? duplicateId('an annotation with this ID already exists on its input')
      : error;
  });
  return { annotations: await annotationMessages(call, rows) };
});

/** Keys of the inputs that annotations are of, in their order. */
async function inputKeysFor(
  tx: Tx,
  scope: AppScope,
  annotations: readonly Annotation[],
): Promise<bigint[]> {
  const ids = annotations.map(({ inputId }) => inputId);
  const keys = await inputKeysOf(tx, scope, ids);
  return ids.map((id) => {
    const key = keys.get(id);
    if (key === undefined) throw notFound(`input '${id}' does not exist`);
    return key;
  });
}

/** In whose name the annotation is made: the caller's, or by the owner of the app anybody's. */
async function workerOf(call: Call<'app'>, annotation: Annotation): Promise<bigint> {
  const { worker } = annotation.worker ?? {};
  if (worker?.case === 'model' || worker?.case === 'workflow') {
    throw invalidArgument(
      'annotations of models and workflows are made by running them',
      'annotation',
    );
  }
  const named = (worker?.case === 'user' ? worker.value.id : '') || annotation.userId;
  if (!named || named === 'me' || named === call.caller.userId) return call.caller.userKey;
  if (call.scope.userKey !== call.caller.userKey) {
    throw permissionDenied(
      'annotation',
      'only the owner of an app may annotate in the name of others',
    );
  }
  const user = await findUser(call.deps.db, named);
  if (!user) throw notFound(`user '${named}' does not exist`);
  return user.key;
}
