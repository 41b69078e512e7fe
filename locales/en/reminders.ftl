reminder-mail-subject = Reminder: { $service } for “{ $course }”
reminder-mail-why = You take part in the course “{ $course }” taught by { $lecturer } and have not yet activated { $service }.
reminder-mail-words-end = This is the end of the message from { $lecturer }. Using { $service } is voluntary.
reminder-mail-words-from = { $lecturer } writes:
reminder-mail-voluntary = Using { $service } is voluntary. Your lecturers see only whether you have activated { $service }: yes or no. They see nothing else.
reminder-mail-how = To activate { $service }: sign in, open “Profiles” and “Permissions”, tick the boxes and press “Change permission”.

reminder-title = Send a reminder
reminder-missing =
    { $count ->
        [one] One person has not yet activated the service.
       *[other] { $count } people have not yet activated the service.
    }
reminder-intro = You can send them an e-mail through the portal. You learn only to how many it goes.
reminder-every =
    { $count ->
        [one] After that no other reminder for this course is possible for one day.
       *[other] After that no other reminder for this course is possible for { $count } days.
    }
reminder-text-de = Your text in German
reminder-text-en = Your text in English
reminder-text-hint = At most { $longest } characters, without links. The link to the portal is always in the e-mail.
reminder-usual-words = We use { $service } in this course. If you would like to take part, please activate the service. I can then add you to the channel.
reminder-frame = This is always in the e-mail
reminder-check = Look at the e-mail
reminder-goes-to =
    { $count ->
        [one] This e-mail goes to one person, if the directory has an address.
       *[other] This e-mail goes to { $count } people, as far as the directory has their addresses.
    }
reminder-languages = Each person receives it in their own language. Where that is not known, in both.
reminder-send =
    { $count ->
        [one] Send to one person
       *[other] Send to { $count } people
    }
reminder-edit = Change the text
reminder-sent =
    { $count ->
        [one] The reminder was sent to one person, if the directory has an address.
       *[other] The reminder was sent to { $count } people, as far as the directory has their addresses.
    }
reminder-sent-at = It was sent on { $time }.
reminder-sent-service = It was about { $service }.
reminder-again-at = The next reminder for this course is possible from { $time }.
reminder-nobody-missing = Everybody has activated { $service }. There is nobody to remind.
reminder-back = To the list
reminder-recorded = Every reminder is recorded. The students can see that in their history.
reminder-fault-empty = { $field }: write a text.
reminder-fault-too-long = { $field }: the text is longer than { $piece } characters.
reminder-fault-markup = { $field }: the characters “<” and “>” are not possible.
reminder-fault-link = { $field }: “{ $piece }” looks like a link or an address. Links are not possible. If none is meant, put a space after full stops and colons.
reminder-fault-too-many-lines = { $field }: the text has more than { $piece } lines.
reminder-fault-unreadable = { $field }: the text has a character that cannot be shown. Type the text instead of pasting it.
reminder-fault-divider = { $field }: mail programs hide what stands behind the line “{ $piece }”. Begin no line with two dashes.
reminder-fault-long-word = { $field }: “{ $piece }” is too long for a word. Put spaces in it.
reminder-look-again =
    { $count ->
        [one] Please look at the e-mail again. It now goes to one person and has not been sent yet.
       *[other] Please look at the e-mail again. It now goes to { $count } people and has not been sent yet.
    }

kind-reminder-sent = Reminder sent
