reminder-mail-subject = Erinnerung: { $service } für „{ $course }“
reminder-mail-why = Sie nehmen an der Lehrveranstaltung „{ $course }“ von { $lecturer } teil und haben { $service } noch nicht freigeschaltet.
reminder-mail-words-end = Hier endet die Mitteilung von { $lecturer }. Die Nutzung von { $service } ist freiwillig.
reminder-mail-words-from = { $lecturer } schreibt:
reminder-mail-voluntary = Die Nutzung von { $service } ist freiwillig. Ihre Lehrenden sehen nur, ob Sie { $service } freigeschaltet haben: ja oder nein. Mehr sehen sie nicht.
reminder-mail-how = So schalten Sie { $service } frei: Melden Sie sich an, öffnen Sie „Profile“ und „Berechtigungen“, setzen Sie die Häkchen und drücken Sie „Berechtigung ändern“.

reminder-title = Erinnerung senden
reminder-missing =
    { $count ->
        [one] Eine Person hat den Dienst noch nicht freigeschaltet.
       *[other] { $count } Personen haben den Dienst noch nicht freigeschaltet.
    }
reminder-intro = Sie können ihnen über das Portal eine E-Mail senden. Sie erfahren nur, an wie viele sie geht.
reminder-every =
    { $count ->
        [one] Danach ist einen Tag lang keine weitere Erinnerung für diesen Kurs möglich.
       *[other] Danach ist { $count } Tage lang keine weitere Erinnerung für diesen Kurs möglich.
    }
reminder-text-de = Ihr Text auf Deutsch
reminder-text-en = Ihr Text auf Englisch
reminder-text-hint = Höchstens { $longest } Zeichen, ohne Links. Der Link zum Portal steht immer in der E-Mail.
reminder-usual-words = Wir nutzen { $service } in dieser Lehrveranstaltung. Wenn Sie teilnehmen möchten, schalten Sie den Dienst bitte frei. Danach kann ich Sie in den Kanal aufnehmen.
reminder-frame = Das steht immer in der E-Mail
reminder-check = E-Mail ansehen
reminder-goes-to =
    { $count ->
        [one] Diese E-Mail geht an eine Person, sofern im Verzeichnis eine Adresse steht.
       *[other] Diese E-Mail geht an { $count } Personen, soweit im Verzeichnis ihre Adressen stehen.
    }
reminder-languages = Jede Person erhält sie in ihrer Sprache. Ist diese nicht bekannt, in beiden.
reminder-send =
    { $count ->
        [one] An eine Person senden
       *[other] An { $count } Personen senden
    }
reminder-edit = Text ändern
reminder-sent =
    { $count ->
        [one] Die Erinnerung wurde an eine Person gesendet, sofern im Verzeichnis eine Adresse steht.
       *[other] Die Erinnerung wurde an { $count } Personen gesendet, soweit im Verzeichnis ihre Adressen stehen.
    }
reminder-sent-at = Sie wurde am { $time } abgeschickt.
reminder-sent-service = Es ging um { $service }.
reminder-again-at = Die nächste Erinnerung für diesen Kurs ist ab { $time } möglich.
reminder-nobody-missing = Alle haben { $service } freigeschaltet. Es gibt niemanden zu erinnern.
reminder-back = Zur Liste
reminder-recorded = Jede Erinnerung wird festgehalten. Die Studierenden können das in ihrem Verlauf sehen.
reminder-fault-empty = { $field }: Schreiben Sie einen Text.
reminder-fault-too-long = { $field }: Der Text ist länger als { $piece } Zeichen.
reminder-fault-markup = { $field }: Die Zeichen „<“ und „>“ sind nicht möglich.
reminder-fault-link = { $field }: „{ $piece }“ sieht wie ein Link oder eine Adresse aus. Links sind nicht möglich. Ist keiner gemeint, setzen Sie hinter Punkte und Doppelpunkte ein Leerzeichen.
reminder-fault-too-many-lines = { $field }: Der Text hat mehr als { $piece } Zeilen.
reminder-fault-unreadable = { $field }: Der Text enthält ein Zeichen, das nicht angezeigt werden kann. Geben Sie den Text noch einmal ein, statt ihn einzufügen.
reminder-fault-divider = { $field }: Hinter der Zeile „{ $piece }“ blenden E-Mail-Programme den Rest aus. Beginnen Sie keine Zeile mit zwei Strichen.
reminder-fault-long-word = { $field }: „{ $piece }“ ist zu lang für ein Wort. Setzen Sie Leerzeichen.
reminder-look-again =
    { $count ->
        [one] Bitte sehen Sie sich die E-Mail noch einmal an. Sie geht jetzt an eine Person und ist noch nicht gesendet.
       *[other] Bitte sehen Sie sich die E-Mail noch einmal an. Sie geht jetzt an { $count } Personen und ist noch nicht gesendet.
    }

kind-reminder-sent = Erinnerung gesendet
