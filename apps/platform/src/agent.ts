// The agent of this process: starts the instance's own models when somebody waits for them.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Agent, createAgent } from '@limpid/runner/agent/agent';
import type { Deps } from '@limpid/server/deps';
import { assignRunner } from '@limpid/server/runners/managed';
import { newHexId } from '@limpid/wire';
import type { Config } from './config.ts';

const IN_FLIGHT = 64;

export function startAgent(
  config: Config,
  deps: Omit<Deps, 'wakeRunner'>,
  localUrl: () => string,
): Agent {
  return createAgent({
    assign: (runnerKey) => assignRunner(deps, runnerKey),
    load: (runnerKey) => {
      const { inFlight, queued } = deps.runners.statsOf(runnerKey);
      return inFlight + queued;
    },
    start: {
      // Runners of this process reach it where it listens, not by the address that others use.
      baseUrl: localUrl,
      modelsDir: config.modelsDir,
      threads: availableParallelism(),
      inFlight: IN_FLIGHT,
      ...(config.tlsCertPath && { rootCertificates: config.tlsCertPath }),
    },
    process: { script: fileURLToPath(new URL('./entries/model-process.ts', import.meta.url)) },
    replicaId: () => newHexId(deps.random),
    log: deps.log,
  });
}
