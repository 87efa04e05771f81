// grpc.health.v1: what load balancers and orchestrators ask a gRPC server.

import type { DescFile } from '@bufbuild/protobuf';
import { type GrpcCall, GrpcCode } from './call.ts';
import { describeFile, messageOf } from './describe.ts';
import { readOneJson, type SideMethods, sendJson } from './side-service.ts';

/** Made when asked for: nothing works at import. */
export const healthFile = (): DescFile =>
  describeFile({
    name: 'grpc/health/v1/health.proto',
    package: 'grpc.health.v1',
    messages: {
      HealthCheckRequest: { service: [1, 'string'] },
      HealthCheckResponse: { status: [1, '.HealthCheckResponse.ServingStatus'] },
    },
    nested: {
      HealthCheckResponse: {
        ServingStatus: ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'],
      },
    },
    service: {
      name: 'Health',
      methods: {
        Check: ['HealthCheckRequest', 'HealthCheckResponse'],
        Watch: ['HealthCheckRequest', 'HealthCheckResponse', 'out'],
      },
    },
  });

export interface HealthOptions {
  /** Full names; the empty name stands for the whole server. */
  readonly services: readonly string[];
  readonly serving: () => boolean;
}

const WATCH_MS = 1000;

export function createHealth(options: HealthOptions): SideMethods {
  const file = healthFile();
  const Request = messageOf(file, 'HealthCheckRequest');
  const Response = messageOf(file, 'HealthCheckResponse');
  const known = new Set(['', ...options.services]);

  const askedFor = async (call: GrpcCall): Promise<string> => {
    const request = (await readOneJson(call, Request)) as { service?: string };
    return request.service ?? '';
  };
  const statusOf = (service: string): string => {
    if (!known.has(service)) return 'SERVICE_UNKNOWN';
    return options.serving() ? 'SERVING' : 'NOT_SERVING';
  };
  return {
    '/grpc.health.v1.Health/Check': async (call) => {
      const service = await askedFor(call);
      if (!known.has(service)) return call.end(GrpcCode.notFound, `Unknown service ${service}`);
      await sendJson(call, Response, { status: statusOf(service) });
      call.end();
    },
    '/grpc.health.v1.Health/Watch': async (call) => {
      const service = await askedFor(call);
      let last = '';
      while (!call.over) {
        const status = statusOf(service);
        if (status !== last) await sendJson(call, Response, { status });
        last = status;
        await pause(WATCH_MS, call.signal);
      }
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    timer.unref();
    signal.addEventListener('abort', done);
  });
}
