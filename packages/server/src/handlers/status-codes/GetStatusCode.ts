import { notFound } from '@limpid/wire';
import { statusTable } from '@limpid/wire/status-table';
import { rpc } from '../../rpc/rpc.ts';

/** One status code by its number: the contract returns it as the status of the answer itself. */
export const GetStatusCode = rpc('GetStatusCode', { scope: 'open' }, async (_call, request) => {
  const found = statusTable.find(([code]) => String(code) === request.statusCodeId);
  if (!found) throw notFound();
  const [code, , , , description] = found;
  return { status: { code, description } };
});
