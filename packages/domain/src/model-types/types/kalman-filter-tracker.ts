import type { ModelTypeManifest } from '../manifest.ts';

export const kalmanFilterTracker: ModelTypeManifest = {
  id: 'kalman-filter-tracker',
  title: 'Kalman Filter Hungarian Tracker',
  description:
    'Follows objects through frames by predicting where each will be and matching detections to predictions.',
  kind: 'operator',
  inputs: [
    'frames[...].data.regions[...].data.concepts,frames[...].data.regions[...].region_info.bounding_box',
  ],
  outputs: ['frames[...].data.regions[...].track_id'],
  sequential: true,
  fields: [
    {
      path: 'output_info.params.min_confidence',
      type: 'NUMBER',
      description: 'Lowest score of a detection that is tracked.',
      range: { min: 0, max: 1 },
    },
    {
      path: 'output_info.params.min_visible_frames',
      type: 'NUMBER',
      description: 'Only tracks seen in more frames than this are returned.',
      range: { min: 0 },
    },
    {
      path: 'output_info.params.max_disappeared',
      type: 'NUMBER',
      description: 'Frames in a row that an object may be missing before its track ends.',
      range: { min: 0 },
    },
    {
      path: 'output_info.params.filtered_probability',
      type: 'BOOLEAN',
      description: 'Give the tracker’s probability instead of the detection’s.',
    },
    {
      path: 'output_info.params.max_detection',
      type: 'NUMBER',
      description: 'Most detections of a frame.',
      range: { min: 0 },
    },
    {
      path: 'output_info.params.has_probability',
      type: 'BOOLEAN',
      description: 'Detections carry a probability.',
    },
    {
      path: 'output_info.params.has_embedding',
      type: 'BOOLEAN',
      description: 'Detections carry an embedding.',
    },
  ],
};
