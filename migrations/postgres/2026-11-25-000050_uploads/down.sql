DROP TABLE reminders;
DROP TABLE uploads;
