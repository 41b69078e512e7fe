# Terms that are announced and not in effect yet.
terms-ahead = This version is not in effect yet. It can be accepted from { $date } on.
permissions-announced = New terms take effect on { $date }. You can accept them here from then on, not earlier.
permissions-announced-link = Read version { $number }
