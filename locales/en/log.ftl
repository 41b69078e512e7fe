kind-membership-refused = Directory refuses
kind-sign-in-refused = Sign-in refused
kind-sessions-ended = Sessions ended
kind-portal-started = Portal started
