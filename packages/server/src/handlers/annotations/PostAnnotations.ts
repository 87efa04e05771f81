import { create } from '@bufbuild/protobuf';
import { type Label, settleLabels } from '@limpid/domain/input/labels';
import { isUniqueViolation, transaction } from '@limpid/store';
import { getAnnotations, inputKeysOf } from '@limpid/store/db/annotation-queries';
import { insertAnnotations } from '@limpid/store/db/annotations';
import { ensureConcepts } from '@limpid/store/db/concepts';
import { findUser } from '@limpid/store/db/users';
import {
  type Annotation,
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
  readonly inputKey: bigint;
  readonly id: string;
  readonly labels: readonly Label[];
  readonly userKey: bigint;
}

/** Adds annotations to inputs, all or none. Concepts that do not exist yet are made. */
export const PostAnnotations = rpc('PostAnnotations', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  checkBatch(request.annotations.length);
  const inputs = await inputKeysOf(
    deps.db,
    scope,
    request.annotations.map(({ inputId }) => inputId),
  );
  const planned: Planned[] = [];
  for (const annotation of request.annotations) {
    checkAnnotation(annotation);
    const inputKey = inputs.get(annotation.inputId);
    if (inputKey === undefined) throw notFound(`input '${annotation.inputId}' does not exist`);
    const id = annotation.id || newHexId(deps.random);
    if (!isClientId(id))
      throw invalidArgument(`'${id.slice(0, 80)}' is not a valid id`, 'annotation');
    annotation.data ??= create(DataSchema);
    const labels = settleLabels(annotation.data, () => newHexId(deps.random));
    const userKey = await workerOf(call, annotation);
    planned.push({ annotation, inputKey, id, labels, userKey });
  }
  const rows = await transaction(deps.db, async (tx) => {
    const concepts = await ensureConcepts(
      tx,
      scope,
      planned.flatMap(({ labels }) => labels),
    );
    await insertAnnotations(
      tx,
      scope,
      planned.map(({ annotation, inputKey, id, labels, userKey }) => ({
        inputKey,
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
