audit-tabs-label = Parts of the audit
audit-tab-records = Log
audit-reason-title = Why do you look?
audit-reason-intro = The following pages show data of other people. Please give a reason once. It is recorded with every page that you open in this session, and the people whose data you see can read it.
audit-reason-label = Reason
audit-reason-hint = For example the number of a ticket, 3 to 200 characters. Do not write names of people here.
audit-reason-wrong = Give a reason of 3 to 200 characters.
audit-reason-button = Continue
audit-reason-is = Your reason:
audit-reason-change = Change
audit-records-title = Search the log
audit-filter-label = Search
audit-person = Person
audit-person-hint = Beginning of name, username or mail address
audit-kind = Kind
audit-service = Service
audit-version = Version of terms
audit-cause = Cause
audit-from = From
audit-until = Until
audit-any = Any
audit-search = Search
audit-reset = Reset
audit-date-wrong = Enter a date, such as 2026-11-23.
audit-dates-reversed = The last day must not be before the first.
audit-people-found = People found
audit-too-many-people = More than 50 people fit. Only the first are shown and searched for; please be more exact.
audit-count = { $count ->
    [0] No records
    [one] One record
   *[other] { $count } records
  }
audit-count-many = More than { $number } records
audit-no-match = No record fits this search. Widen the period or take out a condition.
audit-none-yet = Nothing has been recorded yet. As soon as somebody signs in there is something to see here.
audit-records-caption = Records, newest first
audit-at = When
audit-what = What
audit-whom = Person
audit-by = By
audit-pages-label = Pages
audit-newer = Newer records
audit-older = Older records
audit-erased = Erased account
audit-actor-system = Latchkey, automatically
audit-actor-operator = Command line
audit-record-id = Number of the record
audit-request-id = Number of the request
audit-subjects = People whose data this is about
audit-more-people = { $count ->
    [one] and one more person
   *[other] and { $count } more people
  }
kind-terms-accepted = Terms accepted
kind-acceptance-withdrawn = Acceptance withdrawn
kind-entitlement-granted = Permission granted
kind-entitlement-ended = Permission ended
kind-membership-written = Directory written
kind-terms-published = Terms published
kind-signed-in = Signed in
kind-signed-out = Signed out
kind-account-erased = Account erased
kind-roles-changed = Roles changed
kind-reason-given = Reason given
kind-log-searched = Log searched
kind-record-viewed = Record viewed
kind-person-viewed = Person viewed
kind-log-exported = Log exported
cause-accepted = Terms accepted
cause-member = By the person
cause-account-gone = Account no longer in the directory
cause-grace-ended = New terms not accepted in time
