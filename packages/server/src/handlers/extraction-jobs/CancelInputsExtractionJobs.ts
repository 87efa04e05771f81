import { transaction } from '@limpid/store';
import { cancelExtractions } from '@limpid/store/db/extraction-jobs';
import { rpc } from '../../rpc/rpc.ts';
import { extractionMessage, requireExtractionJobs } from './extraction-message.ts';

/** Ends jobs that are not over, all or none; inputs that they made stay. Those that are over stay as they are. */
export const CancelInputsExtractionJobs = rpc(
  'CancelInputsExtractionJobs',
  { scope: 'app' },
  async ({ deps, scope }, request) => {
    const ids = [...new Set(request.ids)];
    const found = await requireExtractionJobs(deps.db, scope, ids);
    const keys = found.map(({ key }) => key);
    await transaction(deps.db, (tx) => cancelExtractions(tx, keys));
    const rows = await requireExtractionJobs(deps.db, scope, ids);
    return { inputsExtractionJobs: rows.map((row) => extractionMessage(deps, scope, row)) };
  },
);
