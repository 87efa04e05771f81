import { rpc } from '../../rpc/rpc.ts';
import { runnerKeyOf } from './ProcessRunnerItems.ts';

/** The long poll of older runners: waits for an item, and says when to ask again. */
export const ListRunnerItems = rpc(
  'ListRunnerItems',
  { scope: 'user', unlimited: true },
  async (call, request) => {
    const key = await runnerKeyOf(call, request);
    return await call.deps.runnerPolls.poll(key, call.signal);
  },
);
