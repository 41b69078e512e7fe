courses-title = Kurse
courses-intro = Hier sehen Sie für Ihre eigenen Kurse, wer einen Dienst schon freigeschaltet hat: ja oder nein, sonst nichts.
courses-current = Dieses Semester
courses-older = Frühere Semester
courses-none = Im Verzeichnis ist kein Kurs mit Ihnen als Lehrperson eingetragen.
courses-none-next = Fehlt hier ein Kurs? Lassen Sie sich dort als Lehrperson eintragen, wo Ihre Kurse verwaltet werden. Danach erscheint er hier von selbst.
courses-none-current = In diesem Semester haben Sie noch keinen Kurs.
courses-no-sources = Diese Seite ist noch nicht eingerichtet: Das Portal weiß nicht, wo es Kurse findet. Der IT-Support kann das ändern.
courses-no-services = Zurzeit gibt es keinen Dienst, dessen Freischaltung Lehrende sehen dürfen.
courses-unreadable = Diese Liste lässt sich gerade nicht lesen. Bitte laden Sie die Seite in einigen Minuten neu.
courses-count = { $activated } von { $people } freigeschaltet
courses-summer = Sommersemester { $years }
courses-winter = Wintersemester { $years }

class-services = Dienste
class-as-of = Liste der Teilnehmenden von { $time }.
class-refresh = Jetzt neu lesen
class-board = Tafel für den Hörsaal
class-csv = Liste als CSV-Datei
class-csv-name = Name
class-csv-username = Benutzername
class-csv-activated = Freigeschaltet
class-csv-yes = ja
class-csv-no = nein
class-search = Name oder Benutzername
class-search-button = Suchen
class-search-all = Alle anzeigen
class-found =
    { $count ->
        [0] Niemand gefunden.
        [one] Eine Person gefunden.
       *[other] { $count } Personen gefunden.
    }
class-no-match = Hier passt niemand zu Ihrer Suche.
class-missing = Noch nicht freigeschaltet
class-missing-none = Alle haben freigeschaltet.
class-activated = Freigeschaltet
class-activated-none = Noch niemand hat freigeschaltet.
class-name = Name
class-username = Benutzername
class-copy = In einen Kanal einladen
class-copy-text = Die Listen enthalten alle, die { $service } freigeschaltet haben. In einen Kanal lassen sich Personen erst aufnehmen, nachdem sie sich dort zum ersten Mal angemeldet haben. Wer sich noch nie angemeldet hat, wird vom Chat übergangen: Laden Sie diese Personen später noch einmal ein.
class-invite = Befehle für Rocket.Chat
class-invite-text = Öffnen Sie den Kanal, fügen Sie eine Zeile in das Nachrichtenfeld ein und senden Sie sie ab.
class-plain = Benutzernamen
class-too-small = In Kursen mit weniger als { $smallest } Personen wird nur die Anzahl angezeigt.
class-recorded = Wenn Sie diese Liste ansehen oder herunterladen, wird das festgehalten. Die Studierenden können es in ihrem Verlauf sehen, auch wenn sie sich hier erst später zum ersten Mal anmelden.

board-title = { $service } jetzt freischalten
board-nav = Tafel
board-back = Zur Liste
board-qr = QR-Code für { $address }
board-count = Stand der Freischaltungen
board-of = von { $people }
board-complete = Alle haben freigeschaltet.
board-voluntary = Die Nutzung ist freiwillig. Angezeigt wird nur die Anzahl.

permissions-marked-active = Diesen Dienst haben Sie schon freigeschaltet. Hier ist nichts mehr zu tun.
sign-in-for-service = Danach können Sie { $service } freischalten.
permissions-marked = Diesen Dienst sollten Sie sich ansehen: Sie sind über einen Code oder eine kurze Adresse hierhergekommen.
terms-lecturers = Lehrende sehen für ihre eigenen Kurse, wer diesen Dienst freigeschaltet hat: ja oder nein, sonst nichts. Wenn sie die Liste Ihres Kurses ansehen, steht das in Ihrem Verlauf.

kind-course-viewed = Kursliste angesehen
kind-course-exported = Kursliste heruntergeladen
kind-board-viewed = Tafel angezeigt
