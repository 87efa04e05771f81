import { type AppScope, grantApp, grantUser } from '@limpid/domain/access/authority';
import { PUBLIC } from '@limpid/domain/access/visibility';
import { type Db, transaction } from '@limpid/store';
import { SHARED_APP } from '@limpid/store/db/app-refs';
import { insertApp } from '@limpid/store/db/apps';
import { findAppForScope } from '@limpid/store/db/scopes';
import { findUser, insertUser } from '@limpid/store/db/users';

const { userId, appId } = SHARED_APP;

/** The app that holds what the instance offers, made with its owner where it is missing. Nobody can sign in as its owner. */
export async function ensureSharedApp(db: Db): Promise<AppScope> {
  const existing = await findAppForScope(db, userId, appId);
  if (!existing) await makeSharedApp(db);
  const app = existing ?? (await findAppForScope(db, userId, appId));
  if (!app) throw new Error(`${userId}/${appId} could not be made`);
  return grantApp({ appKey: app.appKey, appId, userKey: app.ownerKey, userId, standing: 'owner' });
}

async function makeSharedApp(db: Db): Promise<void> {
  await transaction(db, async (tx) => {
    await insertUser(tx, {
      id: userId,
      email: null,
      passwordHash: null,
      visibility: PUBLIC,
      isSystem: true,
      body: { full_name: 'Built into this instance' },
    });
    const owner = await findUser(tx, userId);
    if (!owner?.is_system) throw new Error(`the id '${userId}' belongs to a person`);
    await insertApp(tx, grantUser({ userKey: owner.key, userId, self: true }), {
      id: appId,
      visibility: PUBLIC,
      isTemplate: false,
      defaultLanguage: 'en',
      defaultWorkflow: null,
      sampleMs: null,
      body: JSON.stringify({ description: 'Models and workflows of this instance' }),
    });
  });
}
