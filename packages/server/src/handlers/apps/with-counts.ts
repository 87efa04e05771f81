import { countResources } from '@limpid/store/db/apps';
import { type App, AppExtraInfoSchema, create } from '@limpid/wire';
import type { Call } from '../../call.ts';

/** Adds counts only where asked: some clients can not read them in a plain answer. */
export async function withCounts(
  call: Call<'app'>,
  app: App,
  fields: readonly string[],
): Promise<App> {
  if (!fields.includes('counts') && !fields.includes('all')) return app;
  const counts = await countResources(call.deps.db, call.scope);
  app.extraInfo = create(AppExtraInfoSchema, { counts });
  return app;
}
