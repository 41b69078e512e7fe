upload-title = Liste prüfen
upload-intro = Laden Sie eine Teilnehmerliste hoch, wie Moodle und andere Lernplattformen sie ausgeben. Sie sehen dann zu jeder Zeile, ob die Person den Dienst freigeschaltet hat.
upload-current = Ihre Liste vom { $time } ansehen
upload-service = Um welchen Dienst geht es?
upload-file = CSV-Datei
upload-limits = Höchstens { $kilobytes } Kilobyte und { $lines } Zeilen.
upload-identifiers = Die erste Zeile benennt die Spalten. Eine davon sagt, wer gemeint ist: { $identifiers }.
upload-by-username = Benutzername
upload-by-mail = E-Mail-Adresse
upload-by-matriculation = Matrikelnummer
upload-button = Liste prüfen
upload-protection = Was mit Ihrer Liste geschieht
upload-only-own = Eine Antwort gibt es nur zu Personen, die im Verzeichnis in einem Ihrer eigenen Kurse stehen, und nur in Kursen mit mindestens { $smallest } Personen. Alle anderen Zeilen sind „nicht prüfbar“. Das sagt nichts darüber, ob es die Person gibt oder ob sie etwas freigeschaltet hat.
upload-names = Ein Name steht nur neben einem Benutzernamen. Zu wem eine E-Mail-Adresse oder Matrikelnummer gehört, wird nicht mitgeteilt.
upload-surplus-rule = Alle übrigen Spalten werden ungelesen verworfen.
upload-kept =
    { $count ->
        [one] Ihre Liste wird nach einer Minute gelöscht.
       *[other] Ihre Liste wird nach { $count } Minuten gelöscht.
    }
upload-recorded = Jede Prüfung wird festgehalten. Die Studierenden, zu denen Sie eine Antwort erhalten, können das in ihrem Verlauf sehen.

upload-answers-title = Ergebnis
upload-answers-intro = Wer aus Ihrer Liste vom { $time } { $service } freigeschaltet hat.
upload-filter = Zeilen
upload-all = Alle
upload-activated = freigeschaltet
upload-not-activated = nicht freigeschaltet
upload-not-verifiable = nicht prüfbar
upload-no-lines = Zu dieser Auswahl gibt es keine Zeile.
upload-line = Zeile
upload-value = In der Liste
upload-verdict = Ergebnis
upload-no-value = ohne Angabe
upload-no-username = kein Benutzername
upload-no-mail = keine E-Mail-Adresse
upload-no-matriculation = keine Matrikelnummer
upload-repeats = (wie Zeile { $line })
upload-pages = Seiten
upload-first-page = Zum Anfang
upload-next-page = Weitere Zeilen
upload-not-verifiable-text = „Nicht prüfbar“ heißt: Die Person steht in keinem Ihrer eigenen Kurse mit mindestens { $smallest } Personen, oder es ist nicht eindeutig, wer gemeint ist.
upload-surplus =
    { $count ->
        [0] Keine Spalte wurde verworfen.
        [one] Eine Spalte wurde ungelesen verworfen.
       *[other] { $count } Spalten wurden ungelesen verworfen.
    }
upload-ends = Die Liste wird am { $time } gelöscht.
upload-has-passwords = In der Datei ist eine Spalte mit Passwörtern. Sie wurde nicht gelesen und nicht gespeichert. Bitte geben Sie diese Datei nicht weiter.
upload-file-name = geprüfte-Liste
upload-csv = Ergebnis als CSV-Datei
upload-another = Andere Liste prüfen
upload-forget = Liste jetzt löschen

upload-fault-no-file = Wählen Sie eine CSV-Datei aus.
upload-fault-unreadable-form = Das Formular ist unvollständig angekommen. Bitte senden Sie es noch einmal.
upload-fault-too-large = Die Datei ist größer als { $kilobytes } Kilobyte. Entfernen Sie Spalten, die nicht gebraucht werden, oder teilen Sie die Liste.
upload-fault-too-many-lines = Die Liste ist zu lang. Zeile { $line } ist eine Zeile zu viel. Teilen Sie die Liste.
upload-fault-empty = Die Datei ist leer.
upload-fault-spreadsheet = Das ist eine Datei einer Tabellenkalkulation, zum Beispiel von Excel. Speichern Sie die Tabelle als CSV: „Speichern unter“, Dateityp „CSV UTF-8“.
upload-fault-markup = Das ist eine Webseite oder XML. Speichern Sie die Tabelle als CSV: „Speichern unter“, Dateityp „CSV UTF-8“.
upload-fault-utf16 = Die Datei ist in UTF-16 gespeichert. Speichern Sie sie als „CSV UTF-8“.
upload-fault-binary = Das ist keine Textdatei. Speichern Sie die Tabelle als CSV: „Speichern unter“, Dateityp „CSV UTF-8“.
upload-fault-unreadable = Zeile { $line } enthält ein Zeichen, das sich nicht lesen lässt. Speichern Sie die Tabelle als „CSV UTF-8“.
upload-fault-line-too-long = Zeile { $line } ist zu lang für eine Teilnehmerliste.
upload-fault-too-many-columns = Zeile { $line } hat zu viele Spalten für eine Teilnehmerliste.
upload-fault-more-values = Zeile { $line } hat mehr Werte, als die Überschriften Spalten nennen. Prüfen Sie, ob ein Komma oder Semikolon in einem Namen steht, und setzen Sie den Namen in Anführungszeichen.
upload-fault-fewer-values = Zeile { $line } hat weniger Werte, als die Überschriften Spalten nennen. Weil die Liste eine Spalte für Passwörter hat, wird nichts auf Verdacht gelesen. Ergänzen oder löschen Sie die Zeile; am besten löschen Sie die Spalte.
upload-fault-open-quote = In Zeile { $line } beginnt ein Anführungszeichen, das nirgends endet.
upload-fault-value-too-long = In Zeile { $line } steht ein zu langer Wert.
upload-fault-no-identifier = Keine Spalte sagt, wer gemeint ist. Die erste Zeile muss die Spalten benennen, zum Beispiel „Benutzername“ oder „E-Mail-Adresse“.
upload-fault-ambiguous = In Zeile { $line } tragen mehrere Spalten dieselbe Bedeutung. Löschen Sie alle bis auf eine.
upload-fault-nobody = Unter den Überschriften steht niemand.

kind-roster-checked = Liste geprüft
