mail-accept-again-reminder-subject = Erinnerung: bitte den neuen Bedingungen von { $service } zustimmen
mail-accept-again-from = Die Nutzungsbedingungen von { $service } ändern sich zum { $from }. Bitte stimmen Sie ihnen ab dann zu, spätestens bis { $date }. Sonst endet Ihre Freischaltung.
mail-accept-anew = Die Nutzungsbedingungen von { $service } ändern sich zum { $from }. Dann endet Ihre Freischaltung. Sie können den Dienst sofort danach wieder freischalten, wenn Sie den neuen Bedingungen zustimmen.
