DROP TRIGGER withdrawals_end;
DROP TRIGGER acceptances_stand;
DROP TABLE standing_acceptances;
DROP INDEX log_records_version_cause_kind;
DROP INDEX log_records_cause_service_kind;
CREATE INDEX log_records_cause_service ON log_records (cause, service, id) WHERE cause IS NOT NULL;
DROP INDEX log_records_actor;
CREATE INDEX log_records_actor ON log_records (actor, id);
