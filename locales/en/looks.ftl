look-counts-viewed = Your lecturer of “{ $course }” looked at how many in the course have activated { $service }.
kind-counts-viewed = Counts of courses viewed

audit-strangers = { $count ->
    [one] One person has not signed in to the portal yet.
   *[other] { $count } people have not signed in to the portal yet.
  }

own-data-lists = Uploaded list
own-data-list-lines = { $count ->
    [one] one line
   *[other] { $count } lines
  }
own-data-kept-until = kept until { $time }
own-data-reminders = Reminders sent
