import {
  type Annotation,
  AnnotationSchema,
  type Data,
  type Embedding,
  type Image,
  type Rank,
} from '@limpid/wire';
import { invalidArgument } from '@limpid/wire/status';
import type { Criterion, RankTerm } from './ast.ts';
import { readConcepts } from './read-concepts.ts';
import { isEmpty, rankAnnotation, requireSupported } from './supported.ts';

/** A term for each thing that the message ranks by; none for an empty one. */
export function readRank(rank: Rank, at: string): RankTerm[] {
  const { annotation, negate } = rank;
  if (!annotation || isEmpty(AnnotationSchema, annotation)) return [];
  requireSupported(AnnotationSchema, annotation, rankAnnotation, `${at}.annotation`);
  const { modelVersionId } = annotation;
  const criteria = readCriteria(annotation, `${at}.annotation`);
  if (criteria.length === 0 && modelVersionId) {
    throw invalidArgument(`${at} names a model version and nothing to rank by`, 'search');
  }
  return criteria.map((criterion) => ({ negate, criterion, modelVersionId }));
}

function readCriteria({ data, inputId }: Annotation, at: string): Criterion[] {
  const criteria: Criterion[] = inputId ? [{ by: 'input', id: inputId }] : [];
  if (!data) return criteria;
  criteria.push(...readMedia(data, `${at}.data`));
  const anyOf = readConcepts(data.concepts, `${at}.data`);
  if (anyOf.length > 0) criteria.push({ by: 'concepts', anyOf });
  if (data.embeddings.length > 0) {
    criteria.push({ by: 'vector', vector: readVector(data.embeddings, `${at}.data`) });
  }
  return criteria;
}

/** The image and the text of a query; empty ones are nothing. */
export function readMedia({ image, text }: Pick<Data, 'image' | 'text'>, at: string): Criterion[] {
  const criteria: Criterion[] = [];
  const source = image && readSource(image, at);
  if (source) criteria.push({ by: 'image', source });
  if (text?.raw) criteria.push({ by: 'text', text: text.raw });
  return criteria;
}

function readSource({ url, base64 }: Image, at: string) {
  if (url && base64.length > 0) {
    throw invalidArgument(`${at}.image needs a url or bytes, not both`, 'search');
  }
  if (base64.length > 0) return { bytes: base64 };
  return url ? { url } : undefined;
}

/** Several, as of an object's regions, stand for their average. */
function readVector(embeddings: readonly Embedding[], at: string): Float32Array {
  for (const { vector, numDimensions } of embeddings) {
    if (vector.length === 0 || !vector.every(Number.isFinite)) {
      throw invalidArgument(`${at}.embeddings needs vectors of numbers`, 'search');
    }
    if (numDimensions !== 0 && numDimensions !== vector.length) {
      throw invalidArgument(`${at}.embeddings has a vector of other than num_dimensions`, 'search');
    }
  }
  return averageOf(embeddings.map(({ vector }) => vector));
}

/** The average of at least one vector. They must be equally long. */
export function averageOf(vectors: readonly ArrayLike<number>[]): Float32Array {
  const [first] = vectors;
  if (first && vectors.length === 1) return Float32Array.from(first);
  const sum = new Float64Array(first?.length ?? 0);
  for (const vector of vectors) {
    if (vector.length !== sum.length) {
      throw invalidArgument('vectors of different lengths cannot be averaged', 'search');
    }
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (vector[i] ?? 0);
  }
  return Float32Array.from(sum, (value) => value / vectors.length);
}
