import { pageOf } from '@limpid/domain/page';
import { listExtractionJobs } from '@limpid/store/db/extraction-jobs';
import { rpc } from '../../rpc/rpc.ts';
import { extractionMessage } from './extraction-message.ts';

/** Newest first. */
export const ListInputsExtractionJobs = rpc(
  'ListInputsExtractionJobs',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const rows = await listExtractionJobs(deps.db, scope, pageOf(request));
    return { inputsExtractionJobs: rows.map((row) => extractionMessage(deps, scope, row)) };
  },
);
