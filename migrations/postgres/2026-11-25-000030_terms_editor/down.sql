DROP TABLE terms_notices;
DROP TABLE terms_drafts;
