sign-in-title = Anmelden
sign-in-intro = Melden Sie sich mit Ihrem Konto an ({ $organisation }).
sign-in-name = Benutzername
sign-in-password = Passwort
sign-in-button = Anmelden
sign-in-forgotten = Passwort vergessen
sign-in-help = Hilfe beim Anmelden
sign-in-session-ended = Ihre Sitzung ist beendet. Bitte melden Sie sich neu an. Ihre Eingaben bleiben erhalten.
sign-in-name-missing = Geben Sie Ihren Benutzernamen ein.
sign-in-password-missing = Geben Sie Ihr Passwort ein.
sign-in-refused = Die Anmeldung hat nicht geklappt: Der Benutzername oder das Passwort stimmt nicht, oder das Konto ist gesperrt. Prüfen Sie beides und versuchen Sie es noch einmal. Wenn es wieder nicht klappt, setzen Sie ein neues Passwort oder fragen Sie die Beratung.
sign-in-refused-field = Prüfen Sie Benutzername und Passwort.
sign-in-throttled = { $count ->
    [one] Es gab zu viele Versuche. Bitte warten Sie eine Minute und versuchen Sie es dann noch einmal.
   *[other] Es gab zu viele Versuche. Bitte warten Sie { $count } Minuten und versuchen Sie es dann noch einmal.
  }
sign-in-must-change-password = Sie müssen zuerst Ihr Passwort ändern. Danach können Sie sich hier anmelden.
sign-in-password-expired = Ihr Passwort ist abgelaufen. Setzen Sie ein neues Passwort. Danach können Sie sich hier anmelden.
sign-in-account-disabled = Ihr Konto ist deaktiviert. Bitte wenden Sie sich an die Beratung.
sign-in-account-expired = Ihr Konto ist abgelaufen. Bitte wenden Sie sich an die Beratung.
sign-in-directory-unavailable = Die Anmeldung ist gerade nicht möglich, weil das Verzeichnis nicht antwortet. Bitte versuchen Sie es in einigen Minuten noch einmal.
sign-in-overloaded = Gerade melden sich sehr viele Personen an. Bitte warten Sie eine Minute und versuchen Sie es dann noch einmal.
sign-in-cookie-missing = Ihr Browser hat das Cookie für die Anmeldung nicht mitgeschickt. Bitte erlauben Sie Cookies für diese Seite und versuchen Sie es noch einmal.
