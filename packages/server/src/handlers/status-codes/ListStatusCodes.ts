import { statusTable } from '@limpid/wire/status-table';
import { rpc } from '../../rpc/rpc.ts';

/** Every status code with its text, in numeric order. */
export const ListStatusCodes = rpc('ListStatusCodes', { scope: 'open' }, async () => {
  const rows = [...statusTable].sort(([a], [b]) => a - b);
  return { statuses: rows.map(([code, , , , description]) => ({ code, description })) };
});
