# -n accepts a good configuration and an empty one.

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}

=== check
exit 0

=== configuration empty


=== check empty
exit 0
