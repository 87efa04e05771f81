import type { ModelTypeManifest } from '../manifest.ts';

export const kalmanReidTracker: ModelTypeManifest = {
  id: 'kalman-reid-tracker',
  title: 'Kalman Reid Tracker',
  description:
    'Follows objects as the Kalman filter tracker does, and knows them again by their embeddings.',
  kind: 'operator',
  inputs: [
    'frames[...].data.regions[...].data.concepts,frames[...].data.regions[...].region_info.bounding_box,frames[...].data.regions[...].data.embeddings',
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
    {
      path: 'output_info.params.association_confidence',
      type: 'ARRAY_OF_NUMBERS',
      description: 'Lowest confidence of each round of association.',
    },
    {
      path: 'output_info.params.covariance_error',
      type: 'NUMBER',
      description: 'Uncertainty of the first state of a track.',
      range: { min: 0 },
    },
    {
      path: 'output_info.params.observation_error',
      type: 'NUMBER',
      description: 'Uncertainty of the coordinates of a detection.',
      range: { min: 0 },
    },
    {
      path: 'output_info.params.distance_metric',
      type: 'STRING',
      description: 'Metric of the Hungarian matching.',
    },
    {
      path: 'output_info.params.initialization_confidence',
      type: 'NUMBER',
      description: 'Score that starts a track; matters only above min_confidence.',
      range: { min: 0, max: 1 },
    },
    {
      path: 'output_info.params.project_track',
      type: 'NUMBER',
      description: 'Frames for which a box is projected while nothing is detected.',
      range: { min: 0 },
    },
    {
      path: 'output_info.params.use_detect_box',
      type: 'NUMBER',
      description: 'Frames for which the last detected box is projected; 1 is the current frame.',
      range: { min: 0 },
    },
    {
      path: 'output_info.params.project_without_detect',
      type: 'BOOLEAN',
      description: 'Keep projecting when nothing matches.',
    },
    {
      path: 'output_info.params.project_fix_box_size',
      type: 'BOOLEAN',
      description: 'Keep the size of the box while projecting.',
    },
    {
      path: 'output_info.params.detect_box_fall_back',
      type: 'NUMBER',
      description: 'The detected box is used when the error of association is above this.',
      range: { min: 0 },
    },
    {
      path: 'output_info.params.keep_track_in_image',
      type: 'BOOLEAN',
      description: 'Push predictions back into the image.',
    },
    {
      path: 'output_info.params.match_limit_ratio',
      type: 'NUMBER',
      description: 'Factor on max_distance that limits what is associated.',
      range: { min: 0 },
    },
    {
      path: 'output_info.params.max_emb_distance',
      type: 'NUMBER',
      description: 'Largest distance of embeddings at which an object is known again.',
      range: { min: 0 },
    },
    {
      path: 'output_info.params.max_dead',
      type: 'NUMBER',
      description: 'Frames after which an ended track is not taken up again.',
      range: { min: 0 },
    },
    {
      path: 'output_info.params.var_tracker',
      type: 'STRING',
      description: 'How the embeddings of several moments combine; na keeps the newest.',
      default: 'na',
    },
    {
      path: 'output_info.params.reid_model_path',
      type: 'STRING',
      description: 'Model that links tracks by appearance.',
    },
  ],
};
