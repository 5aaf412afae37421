# A mistake is refused with the file, the line, the option and what was expected.

=== configuration unknown-option
mode = observe
mood = bad

=== check unknown-option
exit 2
preflight.conf:2: *mood*

=== configuration unknown-section
mode = observe

voyage { }

=== check unknown-section
exit 2
preflight.conf:3: *voyage*

=== configuration choice
mode = perhaps

=== check choice
exit 2
preflight.conf:1: option 'mode': *observe*enforce*

=== configuration boolean
outgoing {
    local = maybe
}

=== check boolean
exit 2
preflight.conf:2: option '*local': *

=== configuration duration
dns {
    timeout = 3parsecs
}

=== check duration
exit 2
preflight.conf:2: *timeout*

=== configuration range
dns { budget = 1d }

=== check range
exit 2
preflight.conf:1: option '*budget': *

=== configuration address
egress default {
    addresses = { "203.0.113.256" }
}

=== check address
exit 2
preflight.conf:2: option '*addresses': *203.0.113.256*

=== configuration network
outgoing {
    networks = { "10.0.0.0/33" }
}

=== check network
exit 2
preflight.conf:2: option '*networks': *10.0.0.0/33*

=== configuration action
policy { reject = explode }

=== check action
exit 2
preflight.conf:1: option '*reject': *tempfail*

=== configuration brace
policy { reject = log

=== check brace
exit 2
preflight.conf:*

=== configuration zone-missing
dns { zone = "/nonexistent/zone" }

=== check zone-missing
exit 2
*/nonexistent/zone*
