import { rpc } from '../../rpc/rpc.ts';
import { deletePairs } from './DeleteAnnotations.ts';

export const DeleteAnnotation = rpc('DeleteAnnotation', { scope: 'app' }, async (call, request) => {
  await deletePairs(call, [{ inputId: request.inputId, id: request.annotationId }]);
  return {};
});
