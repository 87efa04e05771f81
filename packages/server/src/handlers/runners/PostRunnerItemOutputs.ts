import { rpc } from '../../rpc/rpc.ts';
import { runnerKeyOf } from './ProcessRunnerItems.ts';

/** What an older runner computed for an item that it polled. */
export const PostRunnerItemOutputs = rpc(
  'PostRunnerItemOutputs',
  { scope: 'user', unlimited: true },
  async (call, request) => {
    const key = await runnerKeyOf(call, request);
    call.deps.runnerPolls.deliver(key, request);
    return {};
  },
);
