-- A number that grows with every commit that changes who may do what, or which model a name stands for. A server that
-- read such a row once need not read it again while the number stands. One row, changed in the transaction itself, and
-- not a sequence: what a sequence says is seen before the change that it stands for.
CREATE TABLE authority_epoch (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  n   bigint NOT NULL
);
INSERT INTO authority_epoch (n) VALUES (1);

CREATE FUNCTION advance_authority_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Once a transaction, however many rows it changes.
  IF current_setting('limpid.epoch_advanced_by', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
    UPDATE authority_epoch SET n = n + 1;
    PERFORM set_config('limpid.epoch_advanced_by', pg_current_xact_id()::text, true);
  END IF;
  RETURN NULL;
END
$$;

-- Deferred to the commit: taken earlier, the one row would be held while a transaction waits for others.
CREATE CONSTRAINT TRIGGER users_epoch AFTER INSERT OR UPDATE OR DELETE ON users
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER credentials_epoch AFTER INSERT OR UPDATE OR DELETE ON credentials
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER apps_epoch AFTER INSERT OR UPDATE OR DELETE ON apps
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER models_epoch AFTER INSERT OR UPDATE OR DELETE ON models
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER model_aliases_epoch AFTER INSERT OR UPDATE OR DELETE ON model_aliases
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER model_versions_epoch AFTER INSERT OR UPDATE OR DELETE ON model_versions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER runners_epoch AFTER INSERT OR UPDATE OR DELETE ON runners
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
