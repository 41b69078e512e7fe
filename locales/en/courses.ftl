courses-title = Courses
courses-intro = Here you see for your own courses who has already activated a service: yes or no, nothing else.
courses-current = This term
courses-older = Earlier terms
courses-none = The directory does not name you as lecturer of any course.
courses-none-next = Is a course missing? Have yourself entered as its lecturer where your courses are managed. It then appears here by itself.
courses-none-current = You have no course in this term yet.
courses-no-sources = This page has not been set up yet: the portal does not know where to find courses. IT support can change that.
courses-no-services = At present there is no service whose activation lecturers may see.
courses-unreadable = This list cannot be read at the moment. Please reload the page in a few minutes.
courses-count = { $activated } of { $people } activated
courses-summer = Summer term { $years }
courses-winter = Winter term { $years }

class-services = Services
class-as-of = List of participants as of { $time }.
class-refresh = Read again now
class-board = Board for the lecture hall
class-csv = List as CSV file
class-csv-name = Name
class-csv-username = Username
class-csv-activated = Activated
class-csv-yes = yes
class-csv-no = no
class-search = Name or username
class-search-button = Search
class-search-all = Show all
class-found =
    { $count ->
        [0] Nobody found.
        [one] One person found.
       *[other] { $count } people found.
    }
class-no-match = Nobody here matches your search.
class-missing = Not activated yet
class-missing-none = Everybody has activated it.
class-activated = Activated
class-activated-none = Nobody has activated it yet.
class-name = Name
class-username = Username
class-copy = Invite to a channel
class-copy-text = The lists hold everybody who has activated { $service }. People can be added to a channel only after they have signed in there for the first time. The chat passes over those who have never signed in: invite them again later.
class-invite = Commands for Rocket.Chat
class-invite-text = Open the channel, paste a line into the message box and send it.
class-plain = Usernames
class-too-small = In courses of fewer than { $smallest } people only the number is shown.
class-recorded = It is recorded when you look at this list or download it. The students can see that in their history, also those who sign in here for the first time later.

board-title = Activate { $service } now
board-nav = Board
board-back = To the list
board-qr = QR code for { $address }
board-count = State of activations
board-of = of { $people }
board-complete = Everybody has activated it.
board-voluntary = Use is voluntary. Only the number is shown.

permissions-marked-active = You have already activated this service. There is nothing left to do here.
sign-in-for-service = Then you can activate { $service }.
permissions-marked = This is the service to look at: a code or a short address led you here.
terms-lecturers = Lecturers see for their own courses who has activated this service: yes or no, nothing else. Whenever they look at your course's list, it is recorded in your history.

kind-course-viewed = Class list viewed
kind-course-exported = Class list downloaded
kind-board-viewed = Board shown
