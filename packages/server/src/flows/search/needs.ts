// What a search needs from elsewhere.
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
}
