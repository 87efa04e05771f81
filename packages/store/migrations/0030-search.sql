-- Searches name concepts in any language.
CREATE INDEX concept_languages_by_name ON concept_languages (language, lower(name));

-- Searches leave out what the vector index still holds of deleted rows.
CREATE INDEX vector_trash_by_space ON vector_trash (space);

-- Vectors that the index can't hold, as of another size than the others of their space. They count as indexed.
ALTER TABLE embeddings ADD COLUMN unfit boolean NOT NULL DEFAULT false;
