// Makes running processes equal what is wanted: a built-in model's runner is started when somebody waits for it and
// ended when nobody has for a while. One process serves all built-in models, so that they share networks and pixels.

import {
  type ModelProcess,
  type ModelProcessOptions,
  startModelProcess,
} from '../process/child.ts';
import type { FromRunner } from '../process/main.ts';
import type { Assignment } from '../process/serve-models.ts';

export interface AgentOptions {
  /** What a runner is to serve, with a token made for it; undefined for runners that others keep. */
  readonly assign: (runnerKey: string) => Promise<Assignment | undefined>;
  /** Work that runs or waits for a runner now. */
  readonly load: (runnerKey: string) => number;
  readonly start: {
    readonly baseUrl: () => string;
    readonly modelsDir: string;
    readonly threads: number;
    readonly inFlight: number;
    readonly rootCertificates?: string;
  };
  readonly process: Pick<ModelProcessOptions, 'script' | 'nodeArgs'>;
  readonly replicaId: () => string;
  /** Idle time after which a runner is ended, ms. */
  readonly idleMs?: number;
  readonly log: {
    info(fields: object, text: string): void;
    warn(fields: object, text: string): void;
  };
}

export interface Agent extends AsyncDisposable {
  /** Somebody waits for this runner: starts it unless it runs or starts already. */
  wake(runnerKey: string): void;
  /** Has the weights of these models fetched, one after the other, in the background. */
  prefetch(modelIds: readonly string[]): void;
  /** Runners that are started or starting. */
  readonly running: () => string[];
}

interface Running {
  readonly assignment: Assignment;
  busyAt: number;
}

const CHECK_MS = 5_000;
const GRACE_MS = 20_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

export function createAgent(options: AgentOptions): Agent {
  const { log, idleMs = 600_000 } = options;
  const running = new Map<string, Running>();
  const starting = new Set<string>();
  const pulling = new Set<string>();
  let child: ModelProcess | undefined;
  let crashes = 0;
  let notBefore = 0;
  let closing = false;

  function open(): ModelProcess {
    const started = startModelProcess({ ...options.process, onMessage });
    const { baseUrl, ...rest } = options.start;
    started.send({ start: { ...rest, baseUrl: baseUrl(), replicaId: options.replicaId() } });
    log.info({ pid: started.pid }, 'model process started');
    void started.ended.then((how) => {
      // One that was ended for idleness is no longer ours, and its end no news.
      if (child !== started || closing) return;
      child = undefined;
      running.clear();
      pulling.clear();
      crashes += 1;
      notBefore = Date.now() + Math.min(FIRST_PAUSE_MS * 2 ** (crashes - 1), LONGEST_PAUSE_MS);
      log.warn({ how }, 'model process ended by itself');
    });
    return started;
  }

  function onMessage(message: FromRunner): void {
    if ('pulled' in message) {
      pulling.delete(message.pulled);
      if (message.error)
        log.warn({ model: message.pulled, error: message.error }, 'a model could not be fetched');
      else log.info({ model: message.pulled }, 'model is there');
    } else if ('ready' in message) {
      crashes = 0;
      log.info({ runner: message.ready }, 'built-in model serves');
    } else if ('failed' in message) {
      log.warn(
        { runner: message.failed, error: message.error },
        'built-in model could not be started',
      );
      for (const [key, { assignment }] of running) {
        if (assignment.runnerId === message.failed) running.delete(key);
      }
    } else {
      log.info(message.log, 'model process');
    }
  }

  async function start(runnerKey: string): Promise<void> {
    const assignment = await options.assign(runnerKey);
    if (!assignment || closing || running.has(runnerKey)) return;
    child ??= open();
    running.set(runnerKey, { assignment, busyAt: Date.now() });
    child.send({ serve: assignment });
  }

  function endIdle(): void {
    const now = Date.now();
    for (const [key, runner] of running) {
      if (options.load(key) > 0) runner.busyAt = now;
      if (now - runner.busyAt < idleMs) continue;
      running.delete(key);
      child?.send({ release: runner.assignment.runnerId });
    }
    if (running.size > 0 || starting.size > 0 || pulling.size > 0 || !child) return;
    const idle = child;
    child = undefined;
    log.info({ pid: idle.pid }, 'model process ends: no model is in use');
    void idle.end(GRACE_MS);
  }

  const timer = setInterval(endIdle, CHECK_MS);
  timer.unref();
  return {
    wake: (runnerKey) => {
      const known = running.get(runnerKey);
      if (known) known.busyAt = Date.now();
      if (known || closing || starting.has(runnerKey) || Date.now() < notBefore) return;
      starting.add(runnerKey);
      start(runnerKey)
        .catch((error: unknown) =>
          log.warn({ error: String(error) }, 'a runner could not be started'),
        )
        .finally(() => starting.delete(runnerKey));
    },
    prefetch: (modelIds) => {
      if (modelIds.length === 0 || closing) return;
      child ??= open();
      for (const id of modelIds) {
        pulling.add(id);
        child.send({ pull: id });
      }
    },
    running: () => [...running.keys()],
    [Symbol.asyncDispose]: async () => {
      closing = true;
      clearInterval(timer);
      await child?.end(GRACE_MS);
    },
  };
}
