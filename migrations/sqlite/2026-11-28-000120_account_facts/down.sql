DROP VIEW account_facts;
