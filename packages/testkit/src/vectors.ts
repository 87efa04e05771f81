// The vector index of a test platform. Its thread starts with the first vector: most tests have none.

import { openFlatVectors, type Vectors } from '@limpid/store/vectors/index';
import type pg from 'pg';

export function lazyVectors(folder: string, database: pg.PoolConfig): Vectors {
  let opened: Promise<Vectors> | undefined;
  const open = (): Promise<Vectors> => {
    opened ??= openFlatVectors({ folder, database, graphs: false });
    return opened;
  };
  return {
    upsert: async (space, docs) => (await open()).upsert(space, docs),
    takeWaiting: async (limit) => (await open()).takeWaiting(limit),
    remove: async (space, keys) => (await open()).remove(space, keys),
    removeApp: async (space, app) => (await open()).removeApp(space, app),
    query: async (space, query) => (await open()).query(space, query),
    optimize: async (space) => (await open()).optimize(space),
    stats: async (space) => (await open()).stats(space),
    spaces: async () => (await open()).spaces(),
    drop: async (space) => (await open()).drop(space),
    close: async () => (await opened)?.close(),
  };
}
