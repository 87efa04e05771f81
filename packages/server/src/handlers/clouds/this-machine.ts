import { arch, availableParallelism, cpus, totalmem } from 'node:os';
import { create, type InstanceType, InstanceTypeSchema } from '@limpid/wire';

export const PROVIDER = { id: 'local', name: 'This machine' } as const;
export const REGION = 'local';

/** The machine that the platform runs on, as an instance type. */
export function machineType(): InstanceType {
  const cores = availableParallelism();
  const gibibytes = Math.floor(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model.trim() || 'CPU';
  return create(InstanceTypeSchema, {
    id: 'local',
    description: `${cores} × ${model}, ${gibibytes} GiB`,
    computeInfo: { cpuLimit: String(cores), cpuMemory: `${gibibytes}Gi` },
    cloudProvider: PROVIDER,
    region: REGION,
    architecture: arch() === 'x64' ? 'amd64' : arch(),
  });
}
