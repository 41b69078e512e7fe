kind-counts-viewed = Counts of courses viewed
