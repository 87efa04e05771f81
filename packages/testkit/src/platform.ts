// The pipeline in process, on a real database: what handler tests call through.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from '@bufbuild/protobuf';
import type { Deps } from '@limpid/server/deps';
import { createEvents } from '@limpid/server/events';
import { createFetcher } from '@limpid/server/flows/media/fetch-url';
import { handlers } from '@limpid/server/handlers/index';
import { openMediaTools } from '@limpid/server/media/tools';
import { createDispatcher } from '@limpid/server/rpc/dispatch';
import type { Incoming } from '@limpid/server/rpc/dispatch-types';
import type { RequestOf, RpcName } from '@limpid/server/rpc/rpc';
import { createRunnerDispatcher } from '@limpid/server/runners/dispatcher';
import { createRunnerPolls } from '@limpid/server/runners/poll';
import { createSecretBox } from '@limpid/server/secrets';
import { createAccount } from '@limpid/server/sign-in/accounts';
import { traceQueries } from '@limpid/server/tracing/outside';
import { createJobHandlers, type WorkOptions } from '@limpid/server/work/handlers';
import { openBlobs } from '@limpid/store';
import { type Method, methodByName, type V2 } from '@limpid/wire';
import { Registry } from 'prom-client';
import { type TestDatabase, testDatabase } from './database.ts';
import { drainJobs } from './drain.ts';
import { atEndOfFile } from './leaks.ts';
import { silentLogger } from './logger.ts';
import { lazyVectors } from './vectors.ts';

type Output<N extends RpcName> = MessageShape<
  (typeof V2)['method'][Uncapitalize<N> & keyof (typeof V2)['method']]['output'] & DescMessage
>;
type Input<N extends RpcName> = MessageInitShape<
  (typeof V2)['method'][Uncapitalize<N> & keyof (typeof V2)['method']]['input'] & DescMessage
>;

export interface TestUser {
  readonly id: string;
  readonly key: bigint;
  readonly pat: string;
  readonly password: string;
}

export interface TestPlatform extends AsyncDisposable {
  readonly deps: Deps;
  /** For what connects by itself. */
  readonly connection: TestDatabase['connection'];
  /** The clock that the platform reads; tests set it forward. */
  readonly time: { now: Date };
  /** Runs background jobs until none is left that could run now. */
  drain(options?: Omit<WorkOptions, 'deps'>): Promise<void>;
  addUser(id: string, options?: { visibility?: number; isAdmin?: boolean }): Promise<TestUser>;
  /** Calls an RPC through the whole pipeline with a credential, or with none. */
  call<N extends RpcName>(
    name: N,
    request: Input<N>,
    as?: { pat: string } | string,
  ): Promise<Output<N>>;
  /** The same for a stream: sends the requests, collects the answers. */
  stream<N extends RpcName>(
    name: N,
    requests: Iterable<Input<N>>,
    as?: { pat: string } | string,
  ): Promise<Output<N>[]>;
}

export async function testPlatform(overrides: Partial<Deps> = {}): Promise<TestPlatform> {
  const { tracing } = overrides;
  const database = await testDatabase(tracing && { watch: traceQueries(tracing) });
  const time = { now: new Date() };
  const folder = await mkdtemp(join(tmpdir(), 'limpid-platform-'));
  const vectors = lazyVectors(join(folder, 'vectors'), database.connection);
  atEndOfFile(async () => {
    await vectors.close();
    await rm(folder, { recursive: true, force: true });
  });
  const runners = createRunnerDispatcher({ ids: () => randomBytes(16).toString('hex') });
  const deps: Deps = {
    db: database.db,
    secrets: createSecretBox(new Uint8Array(32).fill(7)),
    config: {
      publicUrl: () => 'http://127.0.0.1:8080',
      rateLimitRps: 0,
      purgeAfterSeconds: 3600,
    },
    clock: () => time.now,
    random: () => randomBytes(32),
    log: silentLogger,
    blobs: await openBlobs(join(folder, 'blobs')),
    vectors,
    media: await openMediaTools({ scratchFolder: join(folder, 'scratch') }),
    fetchUrl: createFetcher({ allowed: ['127.0.0.1'] }),
    assertSpace: async () => undefined,
    runners,
    runnerPolls: createRunnerPolls({ dispatcher: runners }),
    wakeRunner: () => undefined,
    ...overrides,
  };
  const dispatcher = createDispatcher({
    deps,
    handlers,
    touches: new Map(),
    events: createEvents(new Registry()),
  });
  const open = (name: string, as: { pat: string } | string | undefined) => {
    const pat = typeof as === 'object' ? as.pat : as;
    return dispatcher.open(incoming(requireMethod(name), pat));
  };
  return {
    deps,
    connection: database.connection,
    time,
    drain: (options) =>
      drainJobs(deps.db, database.connection, createJobHandlers({ deps, ...options })),
    addUser: async (id, options = {}) => {
      const made = await createAccount(deps, { id, email: `${id}@example.test`, ...options });
      return { id, key: made.user.key, pat: made.pat, password: made.password };
    },
    call: async (name, request, as) => {
      const call = await open(name, as);
      const message = create(requireMethod(name).desc.input, request as never);
      return (await call.unary(message)) as never;
    },
    stream: async (name, requests, as) => {
      const call = await open(name, as);
      const answers = [];
      for await (const answer of call.stream(messages(name, requests))) answers.push(answer);
      return answers as never;
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

async function* messages(
  name: string,
  requests: Iterable<unknown>,
): AsyncIterable<RequestOf<RpcName>> {
  for (const request of requests)
    yield create(requireMethod(name).desc.input, request as never) as never;
}

function requireMethod(name: string): Method {
  const method = methodByName(name);
  if (!method) throw new Error(`There is no RPC ${name}`);
  return method;
}

function incoming(method: Method, pat: string | undefined): Incoming {
  return {
    method,
    transport: 'grpc',
    header: (name) => (name === 'authorization' && pat ? `Key ${pat}` : undefined),
    signal: new AbortController().signal,
    peer: '127.0.0.1',
  };
}
