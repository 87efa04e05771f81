import type { ModelTypeManifest } from '../manifest.ts';

export const centroidTracker: ModelTypeManifest = {
  id: 'centroid-tracker',
  title: 'Centroid Tracker',
  description: 'Follows objects through frames by the distance between the centers of their boxes.',
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
      path: 'output_info.params.track_id_prefix',
      type: 'STRING',
      description: 'Put before every track id, so that two trackers never give the same.',
      default: '',
    },
    {
      path: 'output_info.params.max_disappeared',
      type: 'NUMBER',
      description: 'Frames in a row that an object may be missing before its track ends.',
      range: { min: 0 },
    },
    {
      path: 'output_info.params.max_distance',
      type: 'NUMBER',
      description: 'A detection joins a track only when it is nearer than this.',
      range: { min: 0 },
    },
  ],
};
