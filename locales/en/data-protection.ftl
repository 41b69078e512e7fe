data-protection = Data protection
data-protection-purpose = Purpose
data-protection-legal-basis = Legal basis
data-protection-recipients = Recipients
data-protection-retention = Retention
legal-basis-terms = The terms and conditions that you accept (GDPR Art. 6(1)(b)).
legal-basis-consent = Your consent (GDPR Art. 6(1)(a)). You can withdraw it at any time.
state-not-disclosed-text = Statements on data protection are still missing for this service. Therefore nobody can activate it yet. The help desk answers questions.
record-title = Record of processing activities
record-intro = Under GDPR Art. 30(1), made from the portal's configuration. Whether data goes to third countries stands with the recipients; where nothing stands there, none does.
record-controller = Controller
record-organisation = Organisation
record-contact = Contact
record-officer = Data protection officer
record-missing = not given
record-what = Activity
record-purpose = Purpose
record-legal-basis = Legal basis
record-people = Data subjects
record-data = Categories of data
record-recipients = Recipients
record-retention = Time limit for erasure
record-measures = Technical and organisational measures
record-everybody = Everybody who can sign in with an account of the directory.
record-service-data = Name, username, mail address, entry in the directory; version, language and time of the acceptance or its withdrawal.
record-portal-purpose = Signing in, activating and giving up services, proving acceptances.
record-portal-legal-basis = Terms and conditions (GDPR Art. 6(1)(b)); proof of acceptances (GDPR Art. 5(2) and Art. 7(1)).
record-portal-people = Members of the organisation who sign in to the portal, or are in a class at which a lecturer looks there.
record-portal-data = Name, username, mail address, affiliation, entry in the directory; sessions with device and time; acceptances; log of acts. Of those who have not signed in yet: a keyed digest and a number.
record-portal-recipients = Staff who inspect the log with a stated reason; lecturers for their own courses, where a service provides for it.
record-portal-retention = { $count ->
    [one] Sessions until they end. Names and addresses until 1 day after the account has left the directory, reserved numbers as long after the last look. Acceptances and log stay without names.
   *[other] Sessions until they end. Names and addresses until { $count } days after the account has left the directory, reserved numbers as long after the last look. Acceptances and log stay without names.
}
record-portal-measures = Encrypted connections, no stored password, roles from the directory, a log that cannot be changed, every view logged with its reason (docs/SECURITY.md).
record-legal-basis-terms = Terms and conditions that the person accepts (GDPR Art. 6(1)(b)).
record-legal-basis-consent = Consent (GDPR Art. 6(1)(a)).
own-data-link = All data about you
own-data-title = All data about you
own-data-intro = This is everything that this portal stores about you. You can take it along as a file that programs can read, too.
own-data-download = Download as JSON file
own-data-account = Account
own-data-dn = Entry in the directory
own-data-key = Key in the directory
own-data-id = Number of the account in the portal
own-data-first-seen = First signed in
own-data-last-seen = Last seen
own-data-services = Services
own-data-acceptances = Acceptances
own-data-requests = Mails about new terms
own-data-none = Nothing is stored.
own-data-log = Log
own-data-log-count = { $count ->
    [one] The log has 1 record about you.
   *[other] The log has { $count } records about you. Here are the newest, in the file all of them.
}
own-data-log-caption = Records of the log, newest first
own-data-by = By whom
own-data-by-yourself = Yourself
own-data-by-somebody-else = Authorised person
own-data-by-operator = Operation of the portal
own-data-by-system = The portal
legal-basis-public-task = A task in the public interest (GDPR Art. 6(1)(e)).
record-legal-basis-public-task = A task in the public interest (GDPR Art. 6(1)(e)).
