sign-in-title = Sign in
sign-in-intro = Use your { $organisation } account.
sign-in-name = Username
sign-in-password = Password
sign-in-button = Sign in
sign-in-forgotten = Forgotten password
sign-in-help = Help with signing in
sign-in-session-ended = Your session has ended. Please sign in again. Your entries are kept.
sign-in-name-missing = Enter your username.
sign-in-password-missing = Enter your password.
sign-in-refused = Signing in did not work: the username or the password is wrong, or the account is locked. Check both and try again. If it fails again, set a new password or ask the help desk.
sign-in-refused-field = Check username and password.
sign-in-throttled = { $count ->
    [one] There were too many attempts. Please wait one minute, then try again.
   *[other] There were too many attempts. Please wait { $count } minutes, then try again.
  }
sign-in-must-change-password = You have to change your password first. After that you can sign in here.
sign-in-password-expired = Your password has expired. Set a new password. After that you can sign in here.
sign-in-account-disabled = Your account is disabled. Please contact the help desk.
sign-in-account-expired = Your account has expired. Please contact the help desk.
sign-in-directory-unavailable = Signing in is not possible at the moment because the directory is not answering. Please try again in a few minutes.
sign-in-overloaded = Very many people are signing in at the moment. Please wait one minute, then try again.
sign-in-cookie-missing = Your browser did not send the cookie for signing in. Please allow cookies for this site and try again.
