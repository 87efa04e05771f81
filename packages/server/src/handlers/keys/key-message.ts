import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Caller } from '@limpid/domain/access/authority';
import type { Db, Tx } from '@limpid/store';
import { appIdsOf, type CredentialRow, findKey } from '@limpid/store/db/credentials';
import { type KeySchema, notFound } from '@limpid/wire';
import type { Deps } from '../../deps.ts';

type KeyInit = MessageInitShape<typeof KeySchema>;

export const TYPES = { pat: 'personal_access_token', app_key: 'app_specific_key' } as const;

/** Keys as clients see them. `id` is the public id: the secret is shown once, by PostKeys alone. */
export async function keyMessages(
  db: Db,
  userId: string,
  rows: readonly CredentialRow[],
): Promise<KeyInit[]> {
  const apps = await appIdsOf(
    db,
    rows.flatMap((row) => (row.app_key === null ? [] : [row.app_key])),
  );
  return rows.map((row) =>
    keyMessage(row, userId, row.app_key === null ? undefined : apps.get(row.app_key)),
  );
}

export function keyMessage(row: CredentialRow, userId: string, appId: string | undefined): KeyInit {
  return {
    id: row.public_id,
    type: row.kind === 'app_key' ? TYPES.app_key : TYPES.pat,
    description: row.description,
    scopes: row.scopes,
    endpoints: row.endpoints,
    apps: appId === undefined ? [] : [{ id: appId, userId }],
    createdAt: timestampFromDate(row.created_at),
    ...(row.expires_at && { expiresAt: timestampFromDate(row.expires_at) }),
  };
}

/** Clients name a key by its public id or by the secret itself, which is all that some of them keep. */
export function namedKey({ secrets }: Pick<Deps, 'secrets'>, id: string) {
  return { publicId: id, secretHash: secrets.hashCredential(id) };
}

export async function requireKey(
  deps: { readonly db: Db | Tx; readonly secrets: Deps['secrets'] },
  caller: Caller,
  id: string,
): Promise<CredentialRow> {
  const row = await findKey(deps.db, caller.userKey, namedKey(deps, id));
  if (!row) throw notFound();
  return row;
}
