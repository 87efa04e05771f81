// Measurements of what happens between calls: runners, and work that waits.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RunnerDispatcher, RunnerEvent } from './runners/dispatcher-types.ts';

/** What `find` gives for these labels, found once. Of few values only: none is forgotten. */
export function remember<T>(find: (...labels: string[]) => T): (...labels: string[]) => T {
  const found = new Map<string, T>();
  return (...labels) => {
    const key = labels.join('\n');
    let value = found.get(key);
    if (value === undefined) {
      value = find(...labels);
      found.set(key, value);
    }
    return value;
  };
}

/** What the runner dispatcher reports to; counts by outcome, times in seconds. */
export function observeRunners(registry: Registry): (event: RunnerEvent) => void {
  const waited = new Histogram({
    name: 'limpid_runner_wait_seconds',
    help: 'Time that an item waited for a slot of a runner.',
    labelNames: ['kind'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60],
    registers: [registry],
  });
  const ran = new Histogram({
    name: 'limpid_runner_item_seconds',
    help: 'Time that an item was with a runner.',
    labelNames: ['kind', 'outcome'],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60, 300, 1800],
    registers: [registry],
  });
  const refused = new Counter({
    name: 'limpid_runner_refused_total',
    help: 'Requests that no runner took, by status code.',
    labelNames: ['code'],
    registers: [registry],
  });
  const waits = remember((kind) => waited.labels(kind));
  const runs = remember((kind, outcome) => ran.labels(kind, outcome));
  return (event) => {
    switch (event.type) {
      case 'started':
        waits(event.kind).observe(event.waitedMs / 1000);
        return;
      case 'ended':
        runs(event.kind, event.outcome).observe(event.ranMs / 1000);
        return;
      case 'refused':
        refused.inc({ code: event.code });
        return;
      case 'connected':
      case 'disconnected':
        return;
      default:
        event satisfies never;
    }
  };
}

/** Gauges that are read when somebody scrapes: summed over runners, for their keys are many and change. */
export function gaugeRunners(registry: Registry, dispatcher: RunnerDispatcher): void {
  const sum = (pick: (stats: ReturnType<RunnerDispatcher['statsOf']>) => number): number =>
    dispatcher.stats().reduce((total, stats) => total + pick(stats), 0);
  gauge(registry, 'limpid_runner_replicas', 'Runner processes connected.', () =>
    sum((s) => s.replicas),
  );
  gauge(registry, 'limpid_runner_slots', 'Items that connected runners can take at a time.', () =>
    sum((s) => s.slots),
  );
  gauge(registry, 'limpid_runner_in_flight', 'Items that runners are at work on.', () =>
    sum((s) => s.inFlight),
  );
  gauge(registry, 'limpid_runner_queued', 'Items that wait for a runner.', () =>
    sum((s) => s.queued),
  );
}

/** A gauge whose value is asked for at each scrape. */
export function gauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => number | Promise<number>,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      this.set(await read());
    },
  });
}
