-- Tracks of things through a video: what the annotations of many frames with one track id have in common.
CREATE TABLE annotation_tracks (
  key            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  app_key        bigint NOT NULL REFERENCES apps (key),
  input_key      bigint NOT NULL REFERENCES inputs (key) ON DELETE CASCADE,
  id             text NOT NULL,
  status_code    integer NOT NULL,
  status_details text NOT NULL DEFAULT '',
  -- The AnnotationTrack message without what stands in columns.
  body           jsonb NOT NULL DEFAULT '{}',
  created_at     timestamptz NOT NULL DEFAULT now(),
  modified_at    timestamptz NOT NULL DEFAULT now(),
  UNIQUE (input_key, id)
);
CREATE INDEX annotation_tracks_by_id ON annotation_tracks (app_key, id);
