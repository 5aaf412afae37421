# Mail from outside is accepted at MAIL and not judged.

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}

=== zone
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
example.com. 300 IN TXT "v=spf1 ip4:198.51.100.7 -all"
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject"
mail.example.com. 300 IN A 203.0.113.5
5.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.

=== session
connect mx.receiver.test 192.0.2.25
helo mx.receiver.test
mail <b@receiver.test>
-> accept
mail <c@receiver.test>
-> accept
quit

=== log

