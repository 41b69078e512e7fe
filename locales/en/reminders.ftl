reminder-mail-subject = Reminder: { $service } for “{ $course }”
reminder-mail-why = You take part in the course “{ $course }” taught by { $lecturer } and have not yet activated { $service }.
reminder-mail-words-from = { $lecturer } writes:
reminder-mail-voluntary = Using { $service } is voluntary. Your lecturers see only whether you have activated { $service }: yes or no. They see nothing else.
reminder-mail-how = To activate { $service }: sign in, open "Profiles" and "Permissions", tick the boxes and press "Change permission".
