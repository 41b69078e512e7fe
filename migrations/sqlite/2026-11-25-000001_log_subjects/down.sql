DROP TABLE log_subjects;
