kind-membership-refused = Verzeichnis verweigert
kind-sign-in-refused = Anmeldung abgelehnt
kind-sessions-ended = Sitzungen beendet
kind-portal-started = Portal gestartet
