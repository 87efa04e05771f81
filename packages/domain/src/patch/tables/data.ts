import {
  ConceptSchema,
  DataSchema,
  FrameSchema,
  PartSchema,
  RegionSchema,
  TimeSegmentSchema,
  TrackSchema,
} from '@limpid/wire';
import { defineTable, every, type FieldRules, json, plain, readOnly, rule } from '../spec.ts';

/** A label on data: over gRPC its value is taken as sent, so zero turns a label negative. */
export const labelFields: FieldRules = defineTable(ConceptSchema, {
  ...every(readOnly, 'id', 'appId', 'userId', 'createdAt', 'vocabId', 'extraInfo'),
  ...every(plain, 'name', 'language', 'definition', 'visibility', 'keypointInfo', 'image'),
  value: { ...plain, always: true },
  metadata: json,
});

export const labels = rule('upsert', 'set', 'drop', { of: () => labelFields });

function elements(of: () => FieldRules) {
  return rule('upsert', 'set', 'drop', { of });
}

const machineMade = every(readOnly, 'colors', 'clusters', 'embeddings', 'hits', 'heatmaps');

/** Data of an annotation, a region or a frame. The model's own findings in it are not edited. */
export const dataFields: FieldRules = defineTable(DataSchema, {
  ...machineMade,
  ...every(plain, 'image', 'video', 'audio', 'text', 'geo', 'ndarray'),
  ...every(plain, 'intValue', 'floatValue', 'bytesValue', 'boolValue', 'stringValue'),
  concepts: labels,
  metadata: json,
  structValue: json,
  regions: elements(() => regionFields),
  frames: elements(() => frameFields),
  tracks: elements(() => trackFields),
  timeSegments: elements(() => segmentFields),
  parts: elements(() => partFields),
});

export const regionFields: FieldRules = defineTable(RegionSchema, {
  id: readOnly,
  ...every(plain, 'regionInfo', 'value', 'trackId'),
  data: rule('fields', 'rebuild', 'fields', { of: () => dataFields }),
});

export const frameFields: FieldRules = defineTable(FrameSchema, {
  id: readOnly,
  frameInfo: plain,
  data: rule('fields', 'rebuild', 'fields', { of: () => annotationDataFields }),
});

const trackFields: FieldRules = defineTable(TrackSchema, {
  id: readOnly,
  ...every(plain, 'timeInfo', 'quality'),
  data: rule('fields', 'rebuild', 'fields', { of: () => dataFields }),
});

const segmentFields: FieldRules = defineTable(TimeSegmentSchema, {
  id: readOnly,
  timeInfo: plain,
  data: rule('fields', 'rebuild', 'fields', { of: () => dataFields }),
});

const partFields: FieldRules = defineTable(PartSchema, {
  id: readOnly,
  data: rule('fields', 'rebuild', 'fields', { of: () => dataFields }),
});

/** An annotation holds one region or one frame; clients re-send it without its id to move it. */
export const annotationDataFields: FieldRules = {
  ...dataFields,
  regions: rule('single', 'set', 'single', { of: () => regionFields }),
  frames: rule('single', 'set', 'single', { of: () => frameFields }),
};

/** Data of an input: the media itself stays, whatever the action. */
export const inputDataFields: FieldRules = {
  ...dataFields,
  ...every(readOnly, 'image', 'video', 'audio', 'text'),
};
