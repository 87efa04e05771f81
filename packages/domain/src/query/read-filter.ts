// Filter messages. Documented: filters narrow each other; within one, its concepts widen each other, and so do all parts
// of its `input`.
import { timestampDate } from '@bufbuild/protobuf/wkt';
import {
  AnnotationSchema,
  type Filter,
  type Input,
  InputSchema,
  type TimeRange,
} from '@limpid/wire';
import { invalidArgument } from '@limpid/wire/status';
import { mediaKinds } from '../input/media.ts';
import type { AnnotationTest, FilterTerm, InputTest } from './ast.ts';
import { readAnnotation } from './read-annotation.ts';
import { filterInput, isEmpty, requireSupported } from './supported.ts';

/** Undefined for a filter that asks nothing. */
export function readFilter(filter: Filter, at: string): FilterTerm | undefined {
  const { negate } = filter;
  const annotation: AnnotationTest[] = [];
  const input: InputTest[] = [];
  if (filter.annotation && !isEmpty(AnnotationSchema, filter.annotation)) {
    const tests = readAnnotation(filter.annotation, `${at}.annotation`);
    annotation.push(...tests.annotation);
    input.push(...tests.input);
  }
  if (filter.lastUpdatedTimeRange) annotation.push(...changedTests(filter.lastUpdatedTimeRange));
  const anyOfInput = filter.input ? inputTests(filter.input, `${at}.input`) : [];
  return finishFilter({ negate, annotation, input, anyOfInput });
}

/** A filter's last touch, shared with the older form. */
export function finishFilter(term: FilterTerm): FilterTerm | undefined {
  const { annotation, input, anyOfInput } = term;
  if (annotation.length + input.length + anyOfInput.length === 0) return undefined;
  return term.negate ? { ...term, annotation: annotation.map(withPresence) } : term;
}

/**
 * gRPC can't tell 0 from nothing. In a filter that is turned round, a concept without a value means its presence: the
 * absence of an absence is asked by nobody.
 */
function withPresence(test: AnnotationTest): AnnotationTest {
  if (test.is !== 'concepts') return test;
  const anyOf = test.anyOf.map((concept) => ({ ...concept, value: concept.value || 1 }));
  return { is: 'concepts', anyOf };
}

function inputTests(input: Input, at: string): InputTest[] {
  requireSupported(InputSchema, input, filterInput, at);
  const { id, data, datasetIds, status } = input;
  const tests: InputTest[] = id ? [{ is: 'input', id }] : [];
  const kinds = mediaKinds.filter((kind) => data?.[kind]);
  if (kinds.length > 0) tests.push({ is: 'kinds', anyOf: kinds });
  if (datasetIds.length > 0) tests.push({ is: 'datasets', anyOf: datasetIds });
  if (status?.code) tests.push({ is: 'status', code: status.code });
  return tests;
}

function changedTests({ startTime, endTime }: TimeRange): AnnotationTest[] {
  const from = startTime && timestampDate(startTime);
  const to = endTime && timestampDate(endTime);
  if (!from && !to) return [];
  if (from && to && from > to) {
    throw invalidArgument('last_updated_time_range ends before it starts', 'search');
  }
  return [{ is: 'changed', from, to }];
}
