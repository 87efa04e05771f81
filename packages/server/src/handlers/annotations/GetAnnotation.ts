import { getAnnotations } from '@limpid/store/db/annotation-queries';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { annotationMessages } from './annotation-message.ts';

export const GetAnnotation = rpc('GetAnnotation', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  const rows = await getAnnotations(deps.db, scope, [
    { inputId: request.inputId, id: request.annotationId },
  ]);
  const [annotation] = await annotationMessages(call, rows);
  if (!annotation) throw notFound();
  return { annotation };
});
