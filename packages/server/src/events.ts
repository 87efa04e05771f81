// What matters, once each: a log line and a low-cardinality measurement.
import type { Method } from '@limpid/wire';
import { statusInfo } from '@limpid/wire';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Logger } from './logger.ts';
import { remember } from './metrics.ts';

export interface RpcFinished {
  readonly method: Method;
  readonly transport: 'grpc' | 'rest';
  readonly seconds: number;
  readonly code: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface Events {
  rpcFinished(event: RpcFinished, log: Logger): void;
}

export function createEvents(registry: Registry): Events {
  const requests = new Counter({
    name: 'limpid_rpc_requests_total',
    help: 'Calls answered, by RPC, transport and status code.',
    labelNames: ['rpc', 'transport', 'code'],
    registers: [registry],
  });
  const latency = new Histogram({
    name: 'limpid_rpc_seconds',
    help: 'Time from the headers of a call to its answer.',
    labelNames: ['rpc', 'transport'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  // Finding the series of a set of labels costs more than adding to it.
  const count = remember((rpc, transport, code) => requests.labels(rpc, transport, code));
  const observe = remember((rpc, transport) => latency.labels(rpc, transport));
  return {
    rpcFinished: (event, log) => {
      const { method, transport, seconds, code } = event;
      count(method.name, transport, String(code)).inc();
      observe(method.name, transport).observe(seconds);
      const line = {
        code,
        ms: Math.round(seconds * 1e5) / 100,
        in: event.bytesIn,
        out: event.bytesOut,
      };
      if (statusInfo(code).audience === 'bug') log.warn(line, 'call');
      else log.debug(line, 'call');
    },
  };
}
