import { listPages, pageOf } from '@limpid/domain/page';
import { type AnnotationFilter, listAnnotations } from '@limpid/store/db/annotation-queries';
import { invalidArgument, type ListAnnotationsRequest } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { annotationMessages } from './annotation-message.ts';

// This list alone documents a smaller default page.
const PAGES = { ...listPages, perPage: 20, noun: 'annotation' } as const;

/** Annotations in the order they were made: people's, and with `list_all_annotations` those of models too. */
export const ListAnnotations = rpc('ListAnnotations', { scope: 'app' }, async (call, request) => {
  const { deps, scope, caller } = call;
  const filter = filterOf(request, caller.userId);
  const rows = await listAnnotations(deps.db, scope, filter, pageOf(request, PAGES));
  return { annotations: await annotationMessages(call, rows) };
});

function filterOf(request: ListAnnotationsRequest, callerId: string): AnnotationFilter {
  const { ids, inputIds } = request;
  if (ids.length > 0 && ids.length !== inputIds.length) {
    throw invalidArgument('ids needs as many input_ids, in the same order', 'annotation');
  }
  return {
    inputIds,
    pairs: ids.map((id, index) => ({ id, inputId: inputIds[index] ?? '' })),
    userIds: request.userIds.map((id) => (id === 'me' ? callerId : id)),
    modelVersionIds: request.modelVersionIds,
    statusCodes: request.statuses.map(({ code }) => code),
    taskId: request.taskId,
    all: request.listAllAnnotations,
  };
}
