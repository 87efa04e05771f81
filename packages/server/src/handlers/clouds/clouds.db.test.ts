import { availableParallelism } from 'node:os';
import { testPlatform } from '@limpid/testkit/platform';
import { StatusCode } from '@limpid/wire';
import { expect, test } from 'vitest';

const platform = await testPlatform();
const ann = await platform.addUser('ann');

test('this machine is the one provider, with its cores and memory', async () => {
  const { cloudProviders } = await platform.call('ListCloudProviders', {}, ann);
  expect(cloudProviders.map(({ id }) => id)).toEqual(['local']);
  const regions = await platform.call('ListCloudRegions', { cloudProvider: { id: 'local' } }, ann);
  expect([regions.regions, regions.cloudRegions.map(({ id }) => id)]).toEqual([
    ['local'],
    ['local'],
  ]);
  const types = await platform.call(
    'ListInstanceTypes',
    { cloudProvider: { id: 'local' }, region: 'local' },
    ann,
  );
  expect(types.instanceTypes[0]?.computeInfo?.cpuLimit).toBe(String(availableParallelism()));
});

test('a cloud that is not there has no regions and no machines, and strangers are told nothing', async () => {
  const cloudProvider = { id: 'aws' };
  expect((await platform.call('ListCloudRegions', { cloudProvider }, ann)).regions).toEqual([]);
  expect(
    (await platform.call('ListInstanceTypes', { cloudProvider, region: 'x' }, ann)).instanceTypes,
  ).toEqual([]);
  expect((await platform.call('ListCloudProviders', {})).status?.code).toBe(
    StatusCode.CONN_INVALID_REQUEST,
  );
});
