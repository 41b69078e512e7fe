audit-export-about = Die Datei wird etwa { $number } Datensätze enthalten.
audit-export-more-than = Die Datei wird mehr als { $number } Datensätze enthalten.
audit-export-more-megabytes = Das sind mehr als { $number } MB.
audit-export-at-most = Eine Datei enthält höchstens { $number } Datensätze. Genau gezählt wird, wenn sie erstellt wird.
audit-export-found-about = Die Suche findet etwa { $number } Datensätze.
audit-chart-counted = Gezählt wurde am { $time }.
