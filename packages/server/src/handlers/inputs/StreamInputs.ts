import { keysetOf } from '@limpid/domain/page';
import { streamInputs } from '@limpid/store/db/inputs';
import { notFound } from '@limpid/wire';
import { presentInputs } from '../../present/inputs.ts';
import { rpc } from '../../rpc/rpc.ts';

/** Inputs beyond the last one that the caller has. Nothing is missed while others add inputs. */
export const StreamInputs = rpc('StreamInputs', { scope: 'app' }, async (call, request) => {
  const { deps, scope } = call;
  const keyset = keysetOf(request);
  const stream = { after: keyset.after, byId: request.orderById };
  const rows = await streamInputs(deps.db, scope, stream, keyset);
  if (!rows) throw notFound(`There is no input '${request.lastId.slice(0, 80)}' to go on from`);
  return { inputs: await presentInputs(call, rows) };
});
