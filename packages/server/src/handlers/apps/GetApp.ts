import { getApps } from '@limpid/store/db/apps';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { appMessage } from './app-message.ts';
import { withCounts } from './with-counts.ts';

export const GetApp = rpc('GetApp', { scope: 'app' }, async (call, request) => {
  const [row] = await getApps(call.deps.db, [call.scope.appKey]);
  if (!row) throw notFound();
  const app = appMessage(row);
  return { app: await withCounts(call, app, request.additionalFields) };
});
