audit-tabs-label = Teile der Prüfung
audit-tab-records = Protokoll
audit-reason-title = Warum sehen Sie nach?
audit-reason-intro = Die folgenden Seiten zeigen Daten anderer Personen. Bitte geben Sie einmal einen Grund an. Er wird mit jeder Seite festgehalten, die Sie in dieser Sitzung öffnen. Die Personen, deren Daten Sie sehen, können ihn lesen.
audit-reason-label = Grund
audit-reason-hint = Zum Beispiel die Nummer eines Tickets, 3 bis 200 Zeichen. Bitte schreiben Sie hier keine Namen von Personen.
audit-reason-wrong = Geben Sie einen Grund mit 3 bis 200 Zeichen an.
audit-reason-button = Weiter
audit-reason-is = Ihr Grund:
audit-reason-change = Ändern
audit-records-title = Im Protokoll suchen
audit-filter-label = Suche
audit-person = Person
audit-person-hint = Anfang von Name, Benutzername oder E-Mail-Adresse
audit-kind = Art
audit-service = Dienst
audit-version = Fassung der Nutzungsbedingungen
audit-cause = Ursache
audit-from = Von
audit-until = Bis
audit-any = Alle
audit-search = Suchen
audit-reset = Zurücksetzen
audit-date-wrong = Geben Sie ein Datum an, zum Beispiel 2026-11-23.
audit-dates-reversed = Der letzte Tag darf nicht vor dem ersten liegen.
audit-people-found = Gefundene Personen
audit-too-many-people = Mehr als 50 Personen passen. Nur die ersten werden angezeigt und gesucht. Bitte suchen Sie genauer.
audit-count = { $count ->
    [0] Keine Datensätze
    [one] Ein Datensatz
   *[other] { $count } Datensätze
  }
audit-count-many = Mehr als { $number } Datensätze
audit-no-match = Kein Datensatz passt zu dieser Suche. Erweitern Sie den Zeitraum oder nehmen Sie eine Bedingung heraus.
audit-none-yet = Es ist noch nichts festgehalten. Sobald sich jemand anmeldet, ist hier etwas zu sehen.
audit-records-caption = Datensätze, neueste zuerst
audit-at = Wann
audit-what = Was
audit-whom = Person
audit-by = Durch
audit-pages-label = Seiten
audit-newer = Neuere Datensätze
audit-older = Ältere Datensätze
audit-erased = Gelöschtes Konto
audit-actor-system = Latchkey, selbsttätig
audit-actor-operator = Kommandozeile
audit-record-id = Nummer des Datensatzes
audit-request-id = Nummer der Anfrage
audit-subjects = Personen, um deren Daten es geht
audit-more-people = { $count ->
    [one] und eine weitere Person
   *[other] und { $count } weitere Personen
  }
kind-terms-accepted = Nutzungsbedingungen akzeptiert
kind-acceptance-withdrawn = Zustimmung zurückgezogen
kind-entitlement-granted = Berechtigung erteilt
kind-entitlement-ended = Berechtigung beendet
kind-membership-written = Verzeichnis geschrieben
kind-terms-published = Nutzungsbedingungen veröffentlicht
kind-signed-in = Angemeldet
kind-signed-out = Abgemeldet
kind-account-erased = Konto gelöscht
kind-roles-changed = Rollen geändert
kind-reason-given = Grund angegeben
kind-log-searched = Protokoll durchsucht
kind-record-viewed = Datensatz angesehen
kind-person-viewed = Person angesehen
kind-log-exported = Protokoll exportiert
cause-accepted = Nutzungsbedingungen akzeptiert
cause-member = Durch die Person
cause-account-gone = Konto nicht mehr im Verzeichnis
cause-grace-ended = Neue Bedingungen nicht rechtzeitig akzeptiert
