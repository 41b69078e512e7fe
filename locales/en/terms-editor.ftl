mail-accept-again-reminder-subject = Reminder: please accept the new terms of { $service }
mail-accept-again-from = The terms and conditions of { $service } change on { $from }. Please accept them from then on, by { $date } at the latest. Otherwise your access ends.
mail-accept-anew = The terms and conditions of { $service } change on { $from }. Your access ends then. You can activate the service again right afterwards if you accept the new terms.
