export { type FlatOptions, openFlatVectors } from './flat/client.ts';
export { openPgvector } from './pgvector/pgvector.ts';
export { refill } from './refill.ts';
export type * from './vectors.ts';
export { MAX_DIMENSIONS, MAX_K, VectorInputError, VectorsUnavailableError } from './vectors.ts';
export type { GraphOptions } from './zvec/graphs.ts';
