# Bedingungen, die angekündigt sind und noch nicht gelten.
terms-ahead = Diese Fassung gilt noch nicht. Zustimmen kann man ihr ab { $date }.
permissions-announced = Ab { $date } gelten neue Nutzungsbedingungen. Erst ab dann können Sie ihnen hier zustimmen.
permissions-announced-link = Version { $number } lesen
