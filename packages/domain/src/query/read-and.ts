// The older form of a query: a list of `And`s, each of which filters by what people said of an input, ranks by what
// models say of it, or filters annotations.
import {
  type And,
  AnnotationSchema,
  type Input,
  InputSchema,
  type Output,
  OutputSchema,
} from '@limpid/wire';
import type { AnnotationTest, Criterion, FilterTerm, InputTest, RankTerm } from './ast.ts';
import { factTests, readAnnotation } from './read-annotation.ts';
import { readConcepts } from './read-concepts.ts';
import { finishFilter } from './read-filter.ts';
import { readMedia } from './read-rank.ts';
import { andAnnotation, andInput, andOutput, isEmpty, requireSupported } from './supported.ts';

export interface AndTerms {
  readonly filters: readonly FilterTerm[];
  readonly ranks: readonly RankTerm[];
}

export function readAnd(and: And, at: string): AndTerms {
  const { negate } = and;
  const filters: (FilterTerm | undefined)[] = [];
  if (and.annotation && !isEmpty(AnnotationSchema, and.annotation)) {
    requireSupported(AnnotationSchema, and.annotation, andAnnotation, `${at}.annotation`);
    const tests = readAnnotation(and.annotation, `${at}.annotation`);
    filters.push(finishFilter({ negate, ...tests, anyOfInput: [] }));
  }
  if (and.input) filters.push(readAndInput(and.input, negate, `${at}.input`));
  const { criteria, clusters } = readAndOutput(and.output, `${at}.output`);
  if (clusters.length > 0) {
    const annotation: AnnotationTest[] = [{ is: 'clusters', anyOf: clusters }];
    filters.push({ negate, annotation, input: [], anyOfInput: [] });
  }
  return {
    filters: filters.filter((term) => term !== undefined),
    ranks: criteria.map((criterion) => ({ negate, criterion, modelVersionId: '' })),
  };
}

/** Here the parts narrow each other, and concepts are those that people gave. */
function readAndInput(message: Input, negate: boolean, at: string): FilterTerm | undefined {
  requireSupported(InputSchema, message, andInput, at);
  const { id, datasetIds, status, data } = message;
  const annotation: AnnotationTest[] = [];
  const input: InputTest[] = [];
  if (id) input.push({ is: 'input', id });
  if (datasetIds.length > 0) input.push({ is: 'datasets', anyOf: datasetIds });
  if (status?.code) input.push({ is: 'status', code: status.code });
  if (data) {
    const concepts = readConcepts(data.concepts, `${at}.data`);
    if (concepts.length > 0)
      annotation.push({ is: 'trusted' }, { is: 'concepts', anyOf: concepts });
    if (data.image?.url) input.push({ is: 'image_url', url: data.image.url });
    input.push(...factTests(data, `${at}.data`));
  }
  return finishFilter({ negate, annotation, input, anyOfInput: [] });
}

function readAndOutput(
  message: Output | undefined,
  at: string,
): { criteria: Criterion[]; clusters: string[] } {
  if (!message) return { criteria: [], clusters: [] };
  requireSupported(OutputSchema, message, andOutput, at);
  const { data, input } = message;
  const criteria: Criterion[] = input?.id ? [{ by: 'input', id: input.id }] : [];
  if (input?.data) criteria.push(...readMedia(input.data, `${at}.input.data`));
  const anyOf = readConcepts(data?.concepts ?? [], `${at}.data`);
  if (anyOf.length > 0) criteria.push({ by: 'concepts', anyOf });
  const clusters = (data?.clusters ?? []).map(({ id }) => id).filter(Boolean);
  return { criteria, clusters };
}
