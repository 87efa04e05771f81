-- Annotations of frames in the order in which a video shows them. The expressions stand in frame-annotations.ts as well.
CREATE INDEX annotations_by_frame ON annotations (
  input_key,
  (coalesce((body #>> '{data,frames,0,frame_info,time}')::bigint, 0)),
  (coalesce((body #>> '{data,frames,0,frame_info,number}')::bigint, 0)),
  key
) WHERE body -> 'data' ? 'frames';
