-- Metadata as facts, for filters. `metadata @>` has every row that it finds read, since the GIN index tells only which
-- may match; facts name their inputs out of the index alone, as concepts and datasets do.

-- A number for each scalar leaf of nested objects, of its path and its value: `a @> b` is the same as
-- `metadata_facts(a) @> metadata_facts(b)` where b is nothing but objects with leaves. What stands in arrays gives none, as
-- no scalar that is asked for is found in there. Of 10^19 pairs one has the same number, which is accepted. The hashes are
-- those of hash partitions, so later releases of PostgreSQL keep them; who changes this function fills the table anew.
CREATE FUNCTION metadata_facts(metadata jsonb, path bigint DEFAULT 0) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  facts bigint[] := '{}';
  name  text;
  leaf  jsonb;
BEGIN
  IF jsonb_typeof(metadata) <> 'object' THEN RETURN facts; END IF;
  FOR name, leaf IN SELECT key, value FROM jsonb_each(metadata) LOOP
    -- A path is the hash of its last key seeded with that of those before it: no separator that a key may hold.
    CASE jsonb_typeof(leaf)
      WHEN 'object' THEN facts := facts || metadata_facts(leaf, hashtextextended(name, path));
      WHEN 'array' THEN NULL;
      -- 1.0 is 1.
      WHEN 'number' THEN
        facts := facts || hashtextextended(trim_scale(leaf::numeric)::text, hashtextextended(name, path));
      -- As JSON, where "1" is not 1.
      ELSE facts := facts || hashtextextended(leaf::text, hashtextextended(name, path));
    END CASE;
  END LOOP;
  RETURN facts;
END $$;

-- Kept by triggers and without foreign keys, each of which would be a look-up for every fact.
CREATE TABLE input_facts (
  app_key   bigint NOT NULL,
  fact      bigint NOT NULL,
  input_key bigint NOT NULL
);

CREATE FUNCTION keep_input_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM input_facts
    WHERE app_key = OLD.app_key AND fact = ANY (metadata_facts(OLD.metadata)) AND input_key = OLD.key;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    -- Two facts of one input may have the same number; ON CONFLICT would be the dearer way.
    INSERT INTO input_facts (app_key, fact, input_key)
    SELECT DISTINCT NEW.app_key, fact, NEW.key FROM unnest(metadata_facts(NEW.metadata)) AS fact;
  END IF;
  RETURN NULL;
END $$;
-- For each row, not each statement, so that inputs without metadata cost nothing.
CREATE TRIGGER inputs_facts_made AFTER INSERT ON inputs
  FOR EACH ROW WHEN (NEW.metadata IS NOT NULL) EXECUTE FUNCTION keep_input_facts();
CREATE TRIGGER inputs_facts_changed AFTER UPDATE OF metadata ON inputs
  FOR EACH ROW WHEN (OLD.metadata IS DISTINCT FROM NEW.metadata) EXECUTE FUNCTION keep_input_facts();
CREATE TRIGGER inputs_facts_gone AFTER DELETE ON inputs
  FOR EACH ROW WHEN (OLD.metadata IS NOT NULL) EXECUTE FUNCTION keep_input_facts();

-- After the triggers, whose making keeps others from writing inputs until all is committed.
INSERT INTO input_facts (app_key, fact, input_key)
SELECT DISTINCT i.app_key, f.fact, i.key FROM inputs AS i, unnest(metadata_facts(i.metadata)) AS f (fact);
ALTER TABLE input_facts ADD PRIMARY KEY (app_key, fact, input_key);
