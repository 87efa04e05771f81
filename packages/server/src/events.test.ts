import { type Method, methodByName } from '@limpid/wire';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createEvents } from './events.ts';
import type { Logger } from './logger.ts';
import { observeRunners } from './metrics.ts';

const ignore = (): void => undefined;
const log: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => log,
};

async function linesOf(registry: Registry, pattern: RegExp): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => pattern.test(line));
}

test('calls are counted by RPC, transport and code, and timed by RPC and transport', async () => {
  const registry = new Registry();
  const events = createEvents(registry);
  const call = { seconds: 0.02, bytesIn: 1, bytesOut: 1 };
  for (const [name, transport, code] of [
    ['GetApp', 'grpc', 10000],
    ['GetApp', 'grpc', 10000],
    ['GetApp', 'rest', 10000],
    ['GetApp', 'grpc', 11101],
    ['GetUser', 'grpc', 10000],
  ] as const) {
    events.rpcFinished({ method: methodByName(name) as Method, transport, code, ...call }, log);
  }
  expect(await linesOf(registry, /^limpid_rpc_requests_total/)).toEqual([
    'limpid_rpc_requests_total{rpc="GetApp",transport="grpc",code="10000"} 2',
    'limpid_rpc_requests_total{rpc="GetApp",transport="rest",code="10000"} 1',
    'limpid_rpc_requests_total{rpc="GetApp",transport="grpc",code="11101"} 1',
    'limpid_rpc_requests_total{rpc="GetUser",transport="grpc",code="10000"} 1',
  ]);
  expect(await linesOf(registry, /^limpid_rpc_seconds_(count|bucket.*le="0.0(1|25)")/)).toEqual([
    'limpid_rpc_seconds_bucket{le="0.01",rpc="GetApp",transport="grpc"} 0',
    'limpid_rpc_seconds_bucket{le="0.025",rpc="GetApp",transport="grpc"} 3',
    'limpid_rpc_seconds_count{rpc="GetApp",transport="grpc"} 3',
    'limpid_rpc_seconds_bucket{le="0.01",rpc="GetApp",transport="rest"} 0',
    'limpid_rpc_seconds_bucket{le="0.025",rpc="GetApp",transport="rest"} 1',
    'limpid_rpc_seconds_count{rpc="GetApp",transport="rest"} 1',
    'limpid_rpc_seconds_bucket{le="0.01",rpc="GetUser",transport="grpc"} 0',
    'limpid_rpc_seconds_bucket{le="0.025",rpc="GetUser",transport="grpc"} 1',
    'limpid_rpc_seconds_count{rpc="GetUser",transport="grpc"} 1',
  ]);
});

test('what runners do is timed by kind and outcome', async () => {
  const registry = new Registry();
  const observe = observeRunners(registry);
  observe({ type: 'started', runnerKey: '1', kind: 'unary', waitedMs: 3 });
  for (const outcome of ['answered', 'answered', 'lost'] as const) {
    observe({ type: 'ended', runnerKey: '1', kind: 'unary', ranMs: 30, outputs: 1, outcome });
  }
  observe({ type: 'refused', code: 21351, runnerKeys: ['1'] });
  expect(await linesOf(registry, /_(count|total)\{/)).toEqual([
    'limpid_runner_wait_seconds_count{kind="unary"} 1',
    'limpid_runner_item_seconds_count{kind="unary",outcome="answered"} 2',
    'limpid_runner_item_seconds_count{kind="unary",outcome="lost"} 1',
    'limpid_runner_refused_total{code="21351"} 1',
  ]);
});
