audit-export-about = The file will hold about { $number } records.
audit-export-more-than = The file will hold more than { $number } records.
audit-export-more-megabytes = That is more than { $number } MB.
audit-export-at-most = One file holds at most { $number } records. They are counted exactly when it is made.
audit-export-found-about = The search finds about { $number } records.
audit-chart-counted = Counted on { $time }.
