import { pageOf } from '@limpid/domain/page';
import { listInputJobs } from '@limpid/store/db/input-jobs';
import { rpc } from '../../rpc/rpc.ts';
import { presentJobs } from './job-message.ts';

/** Newest first. */
export const ListInputsAddJobs = rpc(
  'ListInputsAddJobs',
  { scope: 'app' },
  async (call, request) => {
    const { deps, scope } = call;
    const rows = await listInputJobs(deps.db, scope, pageOf(request));
    return { inputsAddJobs: await presentJobs(deps, scope, rows) };
  },
);
