mail-accept-again-reminder-subject = Erinnerung: bitte den neuen Bedingungen von { $service } zustimmen
mail-accept-again-from = Die Nutzungsbedingungen von { $service } ändern sich zum { $from }. Bitte stimmen Sie ihnen ab dann zu, spätestens bis { $date }. Sonst endet Ihre Freischaltung.
mail-accept-anew = Die Nutzungsbedingungen von { $service } ändern sich zum { $from }. Dann endet Ihre Freischaltung. Sie können den Dienst sofort danach wieder freischalten, wenn Sie den neuen Bedingungen zustimmen.
terms-index-title = Nutzungsbedingungen
terms-index-intro = Hier bereiten Sie neue Fassungen der Nutzungsbedingungen vor und veröffentlichen sie.
terms-index-caption = Dienste und ihre Bedingungen
terms-index-published = Veröffentlicht
terms-index-draft = Entwurf
terms-index-action = Bearbeiten
terms-index-edit = Bearbeiten
terms-index-edit-which = Bedingungen von { $service } bearbeiten
terms-index-since = gilt seit { $date }
terms-index-from = gilt ab { $date }
terms-index-none = Noch keine Fassung
erased-account = Gelöschtes Konto
draft-saved-by = Entwurf gespeichert von { $name } am { $date }.
editor-title = Nutzungsbedingungen bearbeiten: { $service }
editor-next = Sie schreiben Version { $number }.
editor-newest = Veröffentlichte Version { $number } ansehen
editor-no-draft = Es gibt noch keinen Entwurf. Die Felder zeigen die veröffentlichte Fassung.
editor-not-saved = Ihre Änderungen auf dieser Seite sind noch nicht gespeichert.
editor-text-de = Deutscher Text
editor-text-en = Englischer Text
editor-source = Text (Markdown)
editor-preview = Vorschau
editor-preview-empty = Noch kein Text.
editor-diff = Unterschied zu Version { $number }
editor-other-diff = Unterschied zu dem, was inzwischen gespeichert ist
editor-rules = Wann und für wen die Fassung gilt
editor-major = Wesentliche Änderung: Alle müssen neu zustimmen
editor-minor = Kleine Änderung: Niemand muss neu zustimmen
editor-effective-hint = Leer lassen, wenn die Fassung ab der Veröffentlichung gelten soll.
editor-grace = Frist in Tagen
editor-grace-hint = So lange behalten Mitglieder den Dienst ab dem Tag des Inkrafttretens, ohne neu zugestimmt zu haben.
editor-save = Entwurf speichern
editor-show-preview = Vorschau zeigen
editor-discard = Entwurf verwerfen
diff-none = Kein Unterschied.
diff-added = { $count ->
    [one] 1 Wort hinzugefügt,
   *[other] { $count } Wörter hinzugefügt,
}
diff-removed = { $count ->
    [one] 1 Wort entfernt.
   *[other] { $count } Wörter entfernt.
}
diff-unchanged = { $count ->
    [one] 1 unveränderter Absatz
   *[other] { $count } unveränderte Absätze
}
diff-removed-begin = [entfernt:
diff-added-begin = [hinzugefügt:
diff-end = ]
impact-title = Was die Veröffentlichung bewirkt
impact-effective = Die Fassung gilt ab { $date }.
impact-members = { $count ->
    [0] Zurzeit hat niemand diesen Dienst.
    [one] 1 Mitglied hat diesen Dienst.
   *[other] { $count } Mitglieder haben diesen Dienst.
}
impact-nobody = Niemand muss neu zustimmen. Es werden keine E-Mails verschickt.
impact-must-accept = { $count ->
    [one] 1 Mitglied muss neu zustimmen.
   *[other] { $count } Mitglieder müssen neu zustimmen.
}
impact-mails = { $count ->
    [one] Es wird 1 E-Mail verschickt.
   *[other] Es werden bis zu { $count } E-Mails verschickt. Wer zugestimmt hat, bekommt keine weitere.
}
impact-ending-mail = Wer den Dienst verliert, bekommt eine E-Mail darüber.
impact-unreachable = { $count ->
    [one] 1 Mitglied davon hat keine E-Mail-Adresse.
   *[other] { $count } Mitglieder davon haben keine E-Mail-Adresse.
}
impact-ends = Wer bis { $date } nicht zugestimmt hat, verliert den Dienst.
impact-no-grace = Ohne Frist verlieren alle, die den Dienst haben, ihn in dem Moment, in dem die Fassung gilt.
impact-mails-when = E-Mails gehen an alle, die noch nicht zugestimmt haben:
impact-stage-published = gleich nach der Veröffentlichung
impact-stage-week = eine Woche vor Ende der Frist, am { $date }
impact-stage-day = einen Tag vor Ende der Frist, am { $date }
publish-title = Version { $number } veröffentlichen
publish-text = Eine veröffentlichte Fassung kann niemand mehr ändern oder löschen. Sie bleibt für alle lesbar.
publish-confirm = Geben Sie zur Bestätigung den Namen des Dienstes ein: { $service }
publish-button = Version { $number } veröffentlichen
publish-save-first = Speichern Sie zuerst den Entwurf. Dann können Sie ihn veröffentlichen.
problem-text-too-long = Der Text ist zu lang. Kürzen Sie ihn auf höchstens 128 Kilobyte.
problem-text-missing-de = Der deutsche Text fehlt. Eine Fassung braucht beide Sprachen.
problem-text-missing-en = Der englische Text fehlt. Eine Fassung braucht beide Sprachen.
problem-text-unchanged = Beide Texte sind dieselben wie in der veröffentlichten Fassung.
problem-grace-days = Geben Sie als Frist eine ganze Zahl von 0 bis 366 ein.
problem-date = Geben Sie das Datum als Jahr, Monat und Tag ein, zum Beispiel 2027-04-01.
problem-date-past = Dieser Tag ist vorbei. Wählen Sie heute oder einen späteren Tag, oder lassen Sie das Feld leer.
problem-date-too-far = Wählen Sie einen Tag, der höchstens 366 Tage entfernt ist.
problem-no-draft = Es gibt keinen Entwurf mehr, der veröffentlicht werden könnte.
problem-not-confirmed = Geben Sie zur Bestätigung genau den Namen des Dienstes ein: { $service }
problem-overtaken = Inzwischen hat jemand anderes gespeichert oder veröffentlicht. Ihr Text steht noch hier. Vergleichen Sie ihn mit dem gespeicherten Stand. Wenn Sie noch einmal speichern, ersetzt Ihr Text den anderen.
notice-draft-saved = Der Entwurf ist gespeichert.
notice-draft-discarded = Der Entwurf ist verworfen.
notice-terms-published = Die neue Fassung ist veröffentlicht. Betroffene bekommen in den nächsten Minuten eine E-Mail.
kept-title = Ihre Sitzung ist beendet
kept-text = Ihr Text ist nicht gespeichert. Hier steht er noch. Melden Sie sich in einem neuen Tab an und kopieren Sie ihn dorthin.
kept-sign-in = Anmelden
problem-moved = Inzwischen hat jemand anderes gespeichert oder veröffentlicht. Es wurde nichts veröffentlicht und nichts verworfen. Hier steht der neue Stand. Bitte prüfen Sie ihn zuerst.
