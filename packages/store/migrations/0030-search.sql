-- Searches name concepts in any language.
CREATE INDEX concept_languages_by_name ON concept_languages (language, lower(name));
