look-counts-viewed = Ihre Lehrperson in „{ $course }“ hat angesehen, wie viele im Kurs { $service } freigeschaltet haben.
kind-counts-viewed = Zahlen zu Kursen angesehen

audit-strangers = { $count ->
    [one] Eine Person hat sich noch nie am Portal angemeldet.
   *[other] { $count } Personen haben sich noch nie am Portal angemeldet.
  }

own-data-lists = Hochgeladene Liste
own-data-list-lines = { $count ->
    [one] eine Zeile
   *[other] { $count } Zeilen
  }
own-data-kept-until = aufbewahrt bis { $time }
own-data-reminders = Gesendete Erinnerungen
