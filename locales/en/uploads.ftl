upload-title = Check a list
upload-intro = Upload a list of participants as Moodle and other learning platforms export it. You then see for each line whether the person has activated the service.
upload-current = Look at your list of { $time }
upload-service = Which service is it about?
upload-file = CSV file
upload-limits = At most { $kilobytes } kilobytes and { $lines } lines.
upload-identifiers = The first line names the columns. One of them tells who is meant: { $identifiers }.
upload-by-username = username
upload-by-mail = e-mail address
upload-by-matriculation = matriculation number
upload-button = Check the list
upload-protection = What happens with your list
upload-only-own = There is an answer only about people who are in one of your own courses in the directory, and only in courses with at least { $smallest } people. All other lines are “not verifiable”. That says nothing about whether the person exists or has activated anything.
upload-names = A name is shown only beside a username. To whom an e-mail address or a matriculation number belongs is not told.
upload-surplus-rule = All other columns are dropped unread.
upload-kept =
    { $count ->
        [one] Your list is deleted after one minute.
       *[other] Your list is deleted after { $count } minutes.
    }
upload-recorded = Every check is recorded. The students about whom you get an answer can see that in their history.

upload-answers-title = Result
upload-answers-intro = Who of your list of { $time } has activated { $service }.
upload-filter = Lines
upload-all = All
upload-activated = activated
upload-not-activated = not activated
upload-not-verifiable = not verifiable
upload-no-lines = There is no such line.
upload-line = Line
upload-value = In the list
upload-verdict = Result
upload-no-value = nothing given
upload-no-username = no username
upload-no-mail = no e-mail address
upload-no-matriculation = no matriculation number
upload-repeats = (as line { $line })
upload-pages = Pages
upload-first-page = To the beginning
upload-next-page = More lines
upload-not-verifiable-text = “Not verifiable” means: the person is in none of your own courses with at least { $smallest } people, or it is not certain who is meant.
upload-surplus =
    { $count ->
        [0] No column was dropped.
        [one] One column was dropped unread.
       *[other] { $count } columns were dropped unread.
    }
upload-ends = The list is deleted on { $time }.
upload-has-passwords = The file has a column with passwords. It was neither read nor stored. Please do not pass this file on.
upload-file-name = checked-list
upload-csv = Result as a CSV file
upload-another = Check another list
upload-forget = Delete the list now

upload-fault-no-file = Choose a CSV file.
upload-fault-unreadable-form = The form has arrived incomplete. Please send it again.
upload-fault-too-large = The file is larger than { $kilobytes } kilobytes. Take out columns that are not needed, or split the list.
upload-fault-too-many-lines = The list is too long. Line { $line } is one line too many. Split the list.
upload-fault-empty = The file is empty.
upload-fault-spreadsheet = This is a file of a spreadsheet program such as Excel. Save the table as CSV: “Save as”, file type “CSV UTF-8”.
upload-fault-markup = This is a web page or XML. Save the table as CSV: “Save as”, file type “CSV UTF-8”.
upload-fault-utf16 = The file is saved as UTF-16. Save it as “CSV UTF-8”.
upload-fault-binary = This is not a text file. Save the table as CSV: “Save as”, file type “CSV UTF-8”.
upload-fault-unreadable = Line { $line } has a character that cannot be read. Save the table as “CSV UTF-8”.
upload-fault-line-too-long = Line { $line } is too long for a list of participants.
upload-fault-too-many-columns = Line { $line } has too many columns for a list of participants.
upload-fault-more-values = Line { $line } has more values than there are headings. See whether there is a comma or semicolon in a name, and put the name in quotation marks.
upload-fault-fewer-values = Line { $line } has fewer values than there are headings. As the list has a column for passwords, none is taken by guess. Fill the line up or delete it; best of all, delete the column.
upload-fault-open-quote = In line { $line } a quotation mark opens that is never closed.
upload-fault-value-too-long = A value in line { $line } is too long.
upload-fault-no-identifier = No column tells who is meant. The first line must name the columns, for example “username” or “e-mail address”.
upload-fault-ambiguous = In line { $line } several columns have the same meaning. Delete all but one.
upload-fault-nobody = There is nobody below the headings.

kind-roster-checked = List checked
