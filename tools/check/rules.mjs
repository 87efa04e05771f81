// What may import what, and the few exceptions to the house limits. The checks read this and nothing else.

/** Packages: a package may import itself and those listed. */
export const packages = {
  'packages/wire': [],
  'packages/domain': ['packages/wire'],
  'packages/store': ['packages/domain', 'packages/wire'],
  'packages/server': ['packages/store', 'packages/domain', 'packages/wire'],
  'packages/runner': ['packages/domain', 'packages/wire'],
  'packages/testkit': [
    'packages/wire',
    'packages/domain',
    'packages/store',
    'packages/server',
    'packages/runner',
    'apps/platform',
  ],
  'apps/platform': [
    'packages/wire',
    'packages/domain',
    'packages/store',
    'packages/server',
    'packages/runner',
  ],
};

/** Rooms of packages/server/src: a room may import itself, those listed and every leaf. */
export const serverRooms = {
  transport: ['rpc', 'media'],
  routes: ['transport', 'rpc', 'sign-in', 'flows', 'media'],
  rpc: ['handlers', 'present'],
  handlers: ['flows', 'runners', 'present', 'media'],
  flows: ['runners', 'media', 'present'],
  work: ['flows', 'reconcile'],
  reconcile: ['flows', 'runners'],
  runners: [],
  'sign-in': [],
  seed: ['flows'],
  present: [],
  media: [],
  tracing: ['flows', 'runners'],
};

/** Files that any room may import and that import no room at run time. */
export const serverLeaves = [
  'call.ts',
  'config.ts',
  'deps.ts',
  'events.ts',
  'jobs.ts',
  'logger.ts',
  'metrics.ts',
  'secrets.ts',
  'rpc/rpc.ts',
  'tracing/jobs.ts',
  'tracing/tracing.ts',
];

/** Files at the top of packages/server/src that put the rooms together. */
export const serverRoots = ['index.ts', 'server.ts'];

/** Flows from the floor up: a flow may import those before it, and no flow of its own step or after. */
export const flowSteps = [
  ['media', 'archive', 'upload'],
  ['predict'],
  ['workflow'],
  ['search'],
  ['ingest'],
];

/** Folders that may start processes or threads. */
export const spawners = [
  'packages/store/src/launcher/',
  'packages/store/src/vectors/',
  'packages/server/src/media/',
  'packages/runner/src/process/',
  'packages/testkit/',
];

export const lines = { aim: 150, look: 350, most: 500 };

/** Data tables: long because the facts are many. */
export const longFiles = ['packages/wire/src/status-table.ts'];
