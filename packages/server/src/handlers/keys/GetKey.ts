import { rpc } from '../../rpc/rpc.ts';
import { keyMessages, requireKey } from './key-message.ts';

export const GetKey = rpc('GetKey', { scope: 'user' }, async (call, request) => {
  const row = await requireKey(call.deps, call.caller, request.keyId);
  const [key] = await keyMessages(call.deps.db, call.caller.userId, [row]);
  return key ? { key } : {};
});
