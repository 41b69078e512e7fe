error-403-title = Das ist nicht erlaubt
error-403-text = Die Seite war vielleicht zu lange offen, oder Ihr Konto darf sie nicht sehen. Laden Sie die Seite davor neu und versuchen Sie es noch einmal. Es wurde nichts geändert.
error-404-title = Diese Seite gibt es nicht
error-404-text = Prüfen Sie die Adresse oder gehen Sie zur Startseite.
error-405-title = So lässt sich diese Seite nicht aufrufen
error-405-text = Gehen Sie zur Startseite und benutzen Sie dort die Links und Schaltflächen. Es wurde nichts geändert.
error-413-title = Das ist zu groß
error-413-text = Es wurden mehr Daten gesendet, als diese Seite annimmt. Es wurde nichts geändert.
error-422-title = Diese Eingaben ließen sich nicht lesen
error-422-text = Laden Sie das Formular neu und füllen Sie es noch einmal aus. Es wurde nichts geändert.
error-429-title = Zu viele Anfragen
error-429-text = Bitte warten Sie einen Moment und versuchen Sie es dann noch einmal.
error-500-title = Das hat nicht geklappt
error-500-text = Der Fehler liegt bei uns. Bitte versuchen Sie es später noch einmal. Wenn es wieder nicht klappt, nennen Sie der Beratung die Nummer unten.
error-503-title = Gerade nicht erreichbar
error-503-text = Ein Dienst, den diese Seite braucht, antwortet nicht. Was Sie schon gespeichert haben, bleibt gespeichert. Bitte versuchen Sie es in einigen Minuten noch einmal.
error-retry = { $count ->
    [one] Versuchen Sie es in einer Minute noch einmal.
   *[other] Versuchen Sie es in { $count } Minuten noch einmal.
  }
error-home = Zur Startseite
error-request = Nummer dieser Anfrage: { $id }
