// What a search needs from elsewhere.
import { readSpaces, type Space } from '@limpid/store/db/search-embeddings';
import type { Call } from '../../call.ts';

export type QueryContent =
  | { readonly image: { readonly url: string } | { readonly bytes: Uint8Array } }
  | { readonly text: string };

export interface SearchNeeds {
  /** The query's place in the space of an embedding model version; throws a StatusError where there is none. */
  embedQuery(call: Call<'app'>, space: bigint, content: QueryContent): Promise<Float32Array>;
}

/** Whoever runs a search, and with what. */
export interface SearchContext {
  readonly call: Call<'app'>;
  readonly needs: SearchNeeds;
  /** Where the app has vectors, as it is at one moment of the search. */
  spaces(): Promise<readonly Space[]>;
}

/**
 * So many vectors that wait for the index are compared one by one. Where more wait, a mass is being taken in, thousands
 * a second, and all of them are found moments later: comparing some would find little and cost each search dear.
 */
const MOST_WAITING = 250;

export function openContext(call: Call<'app'>, needs: SearchNeeds): SearchContext {
  const { deps, scope } = call;
  return { call, needs, spaces: once(() => readSpaces(deps.db, scope, MOST_WAITING)) };
}

export function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}
