mail-accept-again-reminder-subject = Reminder: please accept the new terms of { $service }
mail-accept-again-from = The terms and conditions of { $service } change on { $from }. Please accept them from then on, by { $date } at the latest. Otherwise your access ends.
mail-accept-anew = The terms and conditions of { $service } change on { $from }. Your access ends then. You can activate the service again right afterwards if you accept the new terms.
terms-index-title = Terms and conditions
terms-index-intro = Here you prepare and publish new versions of terms and conditions.
terms-index-caption = Services and their terms
terms-index-published = Published
terms-index-draft = Draft
terms-index-action = Edit
terms-index-edit = Edit
terms-index-edit-which = Edit the terms of { $service }
terms-index-since = in effect since { $date }
terms-index-from = takes effect on { $date }
terms-index-none = No version yet
erased-account = Erased account
draft-saved-by = Draft saved by { $name } on { $date }.
editor-title = Edit terms: { $service }
editor-next = You are writing version { $number }.
editor-newest = See published version { $number }
editor-no-draft = There is no draft yet. The fields show the published version.
editor-not-saved = Your changes on this page are not saved yet.
editor-text-de = German text
editor-text-en = English text
editor-source = Text (Markdown)
editor-preview = Preview
editor-preview-empty = No text yet.
editor-diff = Difference to version { $number }
editor-other-diff = Difference to what is stored by now
editor-rules = When and for whom the version applies
editor-major = Major change: everybody must accept again
editor-minor = Minor change: nobody must accept again
editor-effective-hint = Leave empty if the version shall apply from its publication on.
editor-grace = Days of grace
editor-grace-hint = Members keep the service for so long after the version takes effect without having accepted again.
editor-save = Save draft
editor-show-preview = Show preview
editor-discard = Discard draft
diff-none = No difference.
diff-added = { $count ->
    [one] 1 word added,
   *[other] { $count } words added,
}
diff-removed = { $count ->
    [one] 1 word removed.
   *[other] { $count } words removed.
}
diff-unchanged = { $count ->
    [one] 1 unchanged paragraph
   *[other] { $count } unchanged paragraphs
}
diff-removed-begin = [removed:
diff-added-begin = [added:
diff-end = ]
impact-title = What publishing does
impact-effective = The version takes effect on { $date }.
impact-members = { $count ->
    [0] Nobody has this service at present.
    [one] 1 member has this service.
   *[other] { $count } members have this service.
}
impact-nobody = Nobody must accept again. No mail is sent.
impact-must-accept = { $count ->
    [one] 1 member must accept again.
   *[other] { $count } members must accept again.
}
impact-mails = { $count ->
    [one] 1 mail is sent.
   *[other] Up to { $count } mails are sent. Nobody gets another one after accepting.
}
impact-ending-mail = Those who lose the service get a mail about it.
impact-unreachable = { $count ->
    [one] 1 of them has no mail address.
   *[other] { $count } of them have no mail address.
}
impact-ends = Whoever has not accepted by { $date } loses the service.
impact-no-grace = Without days of grace everybody who has the service loses it at the moment the version takes effect.
impact-mails-when = Mails go to everybody who has not accepted yet:
impact-stage-published = right after publication
impact-stage-week = one week before grace ends, on { $date }
impact-stage-day = one day before grace ends, on { $date }
publish-title = Publish version { $number }
publish-text = Nobody can change or delete a published version. It stays readable for everybody.
publish-confirm = To confirm, type the name of the service: { $service }
publish-button = Publish version { $number }
publish-save-first = Save the draft first. Then you can publish it.
problem-text-too-long = The text is too long. Shorten it to at most 128 kilobytes.
problem-text-missing-de = The German text is missing. A version needs both languages.
problem-text-missing-en = The English text is missing. A version needs both languages.
problem-text-unchanged = Both texts are the same as in the published version.
problem-grace-days = Enter a whole number of days of grace from 0 to 366.
problem-date = Enter the date as year, month and day, for example 2027-04-01.
problem-date-past = That day is over. Choose today or a later day, or leave the field empty.
problem-date-too-far = Choose a day that is at most 366 days away.
problem-no-draft = There is no draft any more that could be published.
problem-not-confirmed = To confirm, type exactly the name of the service: { $service }
problem-overtaken = Somebody else has saved or published in the meantime. Your text is still here. Compare it with what is stored. If you save again, your text replaces the other one.
notice-draft-saved = The draft is saved.
notice-draft-discarded = The draft is discarded.
notice-terms-published = The new version is published. Those affected get a mail within the next minutes.
kept-title = Your session has ended
kept-text = Your text is not saved. It is still here. Sign in in a new tab and copy it there.
kept-sign-in = Sign in
problem-moved = Somebody else has saved or published in the meantime. Nothing was published and nothing was discarded. Here is what is stored now. Please check it first.
