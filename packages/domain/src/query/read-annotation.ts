// What an Annotation message asks of annotations and of their inputs.
import {
  type Annotation,
  AnnotationSchema,
  type Data,
  DataSchema,
  type JsonObject,
} from '@limpid/wire';
import type { AnnotationTest, InputTest, RegionShape, Shape } from './ast.ts';
import { readGeo } from './geo.ts';
import { readConcepts } from './read-concepts.ts';
import { filterAnnotation, isEmpty, requireSupported } from './supported.ts';

export interface AnnotationTests {
  readonly annotation: readonly AnnotationTest[];
  readonly input: readonly InputTest[];
}

export function readAnnotation(message: Annotation, at: string): AnnotationTests {
  requireSupported(AnnotationSchema, message, filterAnnotation, at);
  const annotation: AnnotationTest[] = [...identityTests(message), ...stateTests(message)];
  const input: InputTest[] = message.inputId ? [{ is: 'input', id: message.inputId }] : [];
  const { data } = message;
  if (!data) return { annotation, input };
  if (isEmpty(DataSchema, data)) annotation.push({ is: 'shape', shape: 'whole' });
  annotation.push(...shapeTests(data), ...labelTests(data, `${at}.data`));
  input.push(...factTests(data, `${at}.data`));
  return { annotation, input };
}

function identityTests(message: Annotation): AnnotationTest[] {
  const { worker } = message.worker ?? {};
  const named: (AnnotationTest & { readonly id: string })[] = [
    { is: 'id', id: message.id },
    { is: 'user', id: message.userId },
    { is: 'model_version', id: message.modelVersionId },
    { is: 'task', id: message.taskId },
  ];
  if (worker?.case === 'user') named.push({ is: 'user', id: worker.value.id });
  if (worker?.case === 'model') {
    named.push({ is: 'model_version', id: worker.value.modelVersion?.id ?? '' });
  }
  if (worker?.case === 'workflow') {
    named.push({ is: 'workflow_version', id: worker.value.version?.id ?? '' });
  }
  return named.filter(({ id }) => id !== '');
}

function stateTests({ status, trusted, inputLevel, annotationInfo }: Annotation): AnnotationTest[] {
  const tests: AnnotationTest[] = [];
  if (status?.code) tests.push({ is: 'status', code: status.code });
  if (trusted) tests.push({ is: 'trusted' });
  if (inputLevel) tests.push({ is: 'input_level' });
  const anyOf = entriesOf(annotationInfo);
  if (anyOf.length > 0) tests.push({ is: 'info', anyOf });
  return tests;
}

const regionFields: readonly [
  'boundingBox' | 'mask' | 'point' | 'polygon' | 'span',
  RegionShape,
][] = [
  ['boundingBox', 'bounding_box'],
  ['mask', 'mask'],
  ['point', 'point'],
  ['polygon', 'polygon'],
  ['span', 'span'],
];

function shapeTests(data: Data): AnnotationTest[] {
  const shapes: Shape[] = [];
  if (data.frames.length > 0) shapes.push('frame');
  if (data.timeSegments.length > 0) shapes.push('time_segment');
  if (data.text) shapes.push('text');
  const tests: AnnotationTest[] = [];
  for (const { regionInfo, trackId } of data.regions) {
    for (const [field, shape] of regionFields) if (regionInfo?.[field]) shapes.push(shape);
    if (trackId) tests.push({ is: 'track', id: trackId });
  }
  return [...tests, ...shapes.map((shape): AnnotationTest => ({ is: 'shape', shape }))];
}

function labelTests(data: Data, at: string): AnnotationTest[] {
  const tests: AnnotationTest[] = [];
  const clusters = data.clusters.map(({ id }) => id).filter(Boolean);
  if (clusters.length > 0) tests.push({ is: 'clusters', anyOf: clusters });
  const concepts = readConcepts(data.concepts, at);
  if (concepts.length > 0) tests.push({ is: 'concepts', anyOf: concepts });
  return tests;
}

/** What stands in an annotation's data, but is a fact of the input. */
export function factTests(data: Data, at: string): InputTest[] {
  const tests: InputTest[] = data.geo ? readGeo(data.geo, `${at}.geo`) : [];
  const metadata = entriesOf(data.metadata);
  if (metadata.length > 0) tests.push({ is: 'metadata', anyOf: metadata });
  return tests;
}

/** Each pair by itself: several are documented to widen each other. */
function entriesOf(json: JsonObject | undefined): JsonObject[] {
  return Object.entries(json ?? {}).map(([key, value]) => ({ [key]: value }));
}
