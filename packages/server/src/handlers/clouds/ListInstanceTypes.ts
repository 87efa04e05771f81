import { rpc } from '../../rpc/rpc.ts';
import { machineType, PROVIDER, REGION } from './this-machine.ts';

/** Kinds of machines of a provider and region: of this instance, the one it runs on. */
export const ListInstanceTypes = rpc(
  'ListInstanceTypes',
  { scope: 'caller' },
  async (_call, request) => {
    const isHere =
      request.cloudProvider?.id === PROVIDER.id && (!request.region || request.region === REGION);
    return { instanceTypes: isHere ? [machineType()] : [] };
  },
);
