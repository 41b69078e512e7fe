reminder-mail-subject = Erinnerung: { $service } für „{ $course }“
reminder-mail-why = Sie nehmen an der Lehrveranstaltung „{ $course }“ von { $lecturer } teil und haben { $service } noch nicht freigeschaltet.
reminder-mail-words-from = { $lecturer } schreibt:
reminder-mail-voluntary = Die Nutzung von { $service } ist freiwillig. Ihre Lehrenden sehen nur, ob Sie { $service } freigeschaltet haben: ja oder nein. Mehr sehen sie nicht.
reminder-mail-how = So schalten Sie { $service } frei: Melden Sie sich an, öffnen Sie „Profile“ und „Berechtigungen“, setzen Sie die Häkchen und drücken Sie „Berechtigung ändern“.
