import { actionOf } from '@limpid/domain/patch/index';
import { transaction } from '@limpid/store';
import { updateTaskStatus } from '@limpid/store/db/annotation-queries';
import { invalidArgument } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { checkStatus } from './check-annotation.ts';

/** Gives all annotations of a task one state, or those of some people or in some states, and says whose they were. */
export const PatchAnnotationsStatus = rpc(
  'PatchAnnotationsStatus',
  { scope: 'app' },
  async ({ deps, scope, caller }, request) => {
    const { taskId, statusCode, statusCodes } = request;
    actionOf(request.action, ['overwrite']);
    if (!taskId) throw invalidArgument('task_id is required', 'annotation');
    checkStatus(statusCode);
    const userIds = request.userIds.map((id) => (id === 'me' ? caller.userId : id));
    return await transaction(deps.db, (tx) =>
      updateTaskStatus(tx, scope, { taskId, userIds, statusCodes }, statusCode),
    );
  },
);
