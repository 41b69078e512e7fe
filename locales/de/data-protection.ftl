data-protection = Datenschutz
data-protection-purpose = Zweck
data-protection-legal-basis = Rechtsgrundlage
data-protection-recipients = Empfänger
data-protection-retention = Speicherdauer
legal-basis-terms = Die Nutzungsbedingungen, denen Sie zustimmen (Art. 6 Abs. 1 Buchst. b DSGVO).
legal-basis-consent = Ihre Einwilligung (Art. 6 Abs. 1 Buchst. a DSGVO). Sie können sie jederzeit zurückziehen.
state-not-disclosed-text = Für diesen Dienst fehlen noch Angaben zum Datenschutz. Deshalb kann ihn noch niemand freischalten. Fragen beantwortet die Beratung.
record-title = Verzeichnis von Verarbeitungstätigkeiten
record-intro = Nach Art. 30 Abs. 1 DSGVO, aus der Konfiguration des Portals erstellt. Ob Daten in Drittländer gehen, steht bei den Empfängern; steht dort nichts, gehen keine dorthin.
record-controller = Verantwortlicher
record-organisation = Organisation
record-contact = Kontakt
record-officer = Datenschutzbeauftragte Person
record-missing = nicht angegeben
record-what = Tätigkeit
record-purpose = Zweck
record-legal-basis = Rechtsgrundlage
record-people = Betroffene Personen
record-data = Kategorien von Daten
record-recipients = Empfänger
record-retention = Löschfrist
record-measures = Technische und organisatorische Maßnahmen
record-everybody = Alle, die sich mit einem Konto des Verzeichnisses anmelden können.
record-service-data = Name, Benutzername, E-Mail-Adresse, Eintrag im Verzeichnis; Version, Sprache und Zeit der Zustimmung oder ihres Widerrufs.
record-portal-purpose = Anmelden, Dienste freischalten und zurückgeben, Zustimmungen nachweisen.
record-portal-legal-basis = Nutzungsbedingungen (Art. 6 Abs. 1 Buchst. b DSGVO); Nachweis der Zustimmungen (Art. 5 Abs. 2 und Art. 7 Abs. 1 DSGVO).
record-portal-people = Mitglieder der Organisation, die sich am Portal anmelden oder in einem Kurs sind, den Lehrende dort ansehen.
record-portal-data = Name, Benutzername, E-Mail-Adresse, Zugehörigkeit, Eintrag im Verzeichnis; Sitzungen mit Gerät und Zeit; Zustimmungen; Protokoll der Handlungen. Von allen, die sich noch nicht angemeldet haben: eine mit einem Schlüssel gebildete Prüfsumme und eine Nummer.
record-portal-recipients = Personal, das das Protokoll mit angegebenem Grund einsieht; Lehrende für eigene Kurse, wo ein Dienst das vorsieht.
record-portal-retention = { $count ->
    [one] Sitzungen bis zu ihrem Ende. Namen und Adressen bis 1 Tag, nachdem das Konto das Verzeichnis verlassen hat; vorgemerkte Nummern ebenso lange nach dem letzten Ansehen. Zustimmungen und Protokoll bleiben danach ohne Namen.
   *[other] Sitzungen bis zu ihrem Ende. Namen und Adressen bis { $count } Tage, nachdem das Konto das Verzeichnis verlassen hat; vorgemerkte Nummern ebenso lange nach dem letzten Ansehen. Zustimmungen und Protokoll bleiben danach ohne Namen.
}
record-portal-measures = Verschlüsselte Verbindungen, kein gespeichertes Passwort, Rollen aus dem Verzeichnis, nicht änderbares Protokoll, jede Einsicht mit Grund protokolliert (docs/SECURITY.md).
record-legal-basis-terms = Nutzungsbedingungen, denen die Person zustimmt (Art. 6 Abs. 1 Buchst. b DSGVO).
record-legal-basis-consent = Einwilligung (Art. 6 Abs. 1 Buchst. a DSGVO).
own-data-link = Alle Daten über Sie
own-data-title = Alle Daten über Sie
own-data-intro = Das ist alles, was dieses Portal über Sie speichert. Sie können es als Datei mitnehmen, die auch Programme lesen.
own-data-download = Als JSON-Datei herunterladen
own-data-account = Konto
own-data-dn = Eintrag im Verzeichnis
own-data-key = Schlüssel im Verzeichnis
own-data-id = Nummer des Kontos im Portal
own-data-first-seen = Zuerst angemeldet
own-data-last-seen = Zuletzt gesehen
own-data-services = Dienste
own-data-acceptances = Zustimmungen
own-data-requests = E-Mails zu neuen Bedingungen
own-data-none = Nichts gespeichert.
own-data-log = Protokoll
own-data-log-count = { $count ->
    [one] Im Protokoll steht 1 Eintrag über Sie.
   *[other] Im Protokoll stehen { $count } Einträge über Sie. Hier stehen die neuesten, in der Datei alle.
}
own-data-log-caption = Einträge des Protokolls, neueste zuerst
own-data-by = Durch wen
own-data-by-yourself = Sie selbst
own-data-by-somebody-else = Berechtigte Person
own-data-by-operator = Betrieb des Portals
own-data-by-system = Portal
legal-basis-public-task = Eine Aufgabe im öffentlichen Interesse (Art. 6 Abs. 1 Buchst. e DSGVO).
record-legal-basis-public-task = Eine Aufgabe im öffentlichen Interesse (Art. 6 Abs. 1 Buchst. e DSGVO).
