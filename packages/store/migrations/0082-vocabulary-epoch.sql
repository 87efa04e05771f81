-- What concepts are called, what they are kinds of, and which models an app is based on is kept by servers between calls
-- as well (0055).
CREATE CONSTRAINT TRIGGER concepts_epoch AFTER INSERT OR UPDATE OR DELETE ON concepts
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER concept_languages_epoch AFTER INSERT OR UPDATE OR DELETE ON concept_languages
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER concept_relations_epoch AFTER INSERT OR UPDATE OR DELETE ON concept_relations
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER workflows_epoch AFTER INSERT OR UPDATE OR DELETE ON workflows
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER workflow_versions_epoch AFTER INSERT OR UPDATE OR DELETE ON workflow_versions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
CREATE CONSTRAINT TRIGGER workflow_nodes_epoch AFTER INSERT OR UPDATE OR DELETE ON workflow_nodes
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION advance_authority_epoch();
