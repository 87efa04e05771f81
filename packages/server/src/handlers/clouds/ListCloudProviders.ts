import { rpc } from '../../rpc/rpc.ts';
import { PROVIDER } from './this-machine.ts';

/** Where compute can come from: this instance knows its own machine. */
export const ListCloudProviders = rpc('ListCloudProviders', { scope: 'caller' }, async () => ({
  cloudProviders: [PROVIDER],
}));
