# What the background audit finds is told when it comes and when it goes, once; SIGUSR1 tells all of it.

=== configuration
audit_interval = 1s
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
domain "example.com" { }
dns { zone = "@zone@" }

=== configuration dead
audit_interval = 1s
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
domain "example.com" { }
domain "last.test" { }
dns { zone = "@zone dead@" }

=== configuration mended
audit_interval = 1s
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
domain "example.com" { }
dns { zone = "@zone good@" }

=== zone
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
mail.example.com. 300 IN A 203.0.113.5
mail.example.com. 300 IN TXT "v=spf1 a -all"
example.com. 300 IN MX 10 mail.example.com.
example.com. 300 IN TXT "v=spf1 ip4:198.51.100.1 -all"
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject"

=== zone dead
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
mail.example.com. 300 IN CNAME loop.example.com.
loop.example.com. 300 IN CNAME mail.example.com.
5.113.0.203.in-addr.arpa. 300 IN CNAME loop.example.com.
example.com. 300 IN CNAME loop.example.com.
_dmarc.example.com. 300 IN CNAME loop.example.com.
last.test. 300 IN MX 0 .

=== zone good
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
mail.example.com. 300 IN A 203.0.113.5
mail.example.com. 300 IN TXT "v=spf1 a -all"
5.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.
example.com. 300 IN MX 10 mail.example.com.
example.com. 300 IN TXT "v=spf1 ip4:203.0.113.5 -all"
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject"

=== session
wait audit: domain example.com: spf-fail 203.0.113.5: SPF fail for example.com from 203.0.113.5 (-all); authorise 203.0.113.5
tell audit: domain example.com: faulty: spf-fail 203.0.113.5*; audited
reload dead reloaded
wait audit: domain last.test: spf-none
tell audit: egress default: faulty: ptr-missing 203.0.113.5; audited
reload mended reloaded
wait audit: domain example.com: ended: spf-fail 203.0.113.5
tell audit: egresses 1, domains 1, every 1s: faulty 0, undecided 0, clear 2, not audited yet 0

=== log
1 audit: egress default: ptr-missing 203.0.113.5: the sending address 203.0.113.5 has no PTR record; have the provider
1 audit: domain example.com: spf-fail
- audit: domain last.test: ended
- temperror
1 audit: egress default: ended: ptr-missing 203.0.113.5
1 audit: domain example.com: ended: spf-fail 203.0.113.5
