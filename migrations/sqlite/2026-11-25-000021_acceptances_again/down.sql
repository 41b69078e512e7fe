DROP VIEW acceptances_again;
