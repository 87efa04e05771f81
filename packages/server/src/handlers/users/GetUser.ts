import { findUser } from '@limpid/store/db/users';
import { notFound } from '@limpid/wire';
import { rpc } from '../../rpc/rpc.ts';
import { userMessage } from './user-message.ts';

/** The caller's own profile in full, another public user's without personal details. */
export const GetUser = rpc('GetUser', { scope: 'user' }, async (call) => {
  const user = await findUser(call.deps.db, call.scope.userId);
  if (!user) throw notFound();
  return { user: userMessage(user, call.scope.self) };
});
