error-403-title = This is not allowed
error-403-text = The page may have been open for too long, or your account may not see it. Reload the page before it and try again. Nothing was changed.
error-404-title = This page does not exist
error-404-text = Check the address or go to the start page.
error-405-title = This page cannot be opened that way
error-405-text = Go to the start page and use the links and buttons there. Nothing was changed.
error-413-title = This is too large
error-413-text = More data was sent than this page accepts. Nothing was changed.
error-422-title = These entries could not be read
error-422-text = Reload the form and fill it in again. Nothing was changed.
error-429-title = Too many requests
error-429-text = Please wait a moment, then try again.
error-500-title = That did not work
error-500-text = The fault is ours. Please try again later. If it fails again, tell the help desk the number below.
error-503-title = Not reachable at the moment
error-503-text = A service that this page needs is not answering. What you have already stored stays stored. Please try again in a few minutes.
error-retry = { $count ->
    [one] Try again in one minute.
   *[other] Try again in { $count } minutes.
  }
error-home = Go to the start page
error-request = Number of this request: { $id }
