import { rpc } from '../../rpc/rpc.ts';
import { PROVIDER, REGION } from './this-machine.ts';

/** Regions of a provider, in the older form and in the newer. A provider that is not there has none. */
export const ListCloudRegions = rpc(
  'ListCloudRegions',
  { scope: 'caller' },
  async (_call, request) => {
    const asked = request.cloudProvider?.id;
    if (asked && asked !== PROVIDER.id) return { regions: [], cloudRegions: [] };
    return { regions: [REGION], cloudRegions: [{ id: REGION }] };
  },
);
