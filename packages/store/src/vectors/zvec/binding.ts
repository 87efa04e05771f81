import { createRequire } from 'node:module';

export type Zvec = typeof import('@zvec/zvec');
export type ZvecCollection = import('@zvec/zvec').ZVecCollection;

export const VECTOR_FIELD = 'vector';

let loaded: Zvec | null | undefined;

/**
 * The optional native package, or nothing where it has no binary for this platform. Loaded on first use: it is
 * 36 MB, and most instances never hold enough vectors to want it.
 */
export function loadZvec(): Zvec | undefined {
  if (loaded === undefined) loaded = load() ?? null;
  return loaded ?? undefined;
}

function load(): Zvec | undefined {
  try {
    const zvec = createRequire(import.meta.url)('@zvec/zvec') as Zvec;
    setUp(zvec);
    return zvec;
  } catch {
    return undefined;
  }
}

/** Once in a process is all it takes: a second thread that asks finds it done. */
function setUp(zvec: Zvec): void {
  try {
    zvec.ZVecInitialize({ logLevel: zvec.ZVecLogLevel.ERROR });
  } catch (error) {
    if (!zvec.isZVecError(error)) throw error;
  }
}
