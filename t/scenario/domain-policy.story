# A domain section overrides the policy for its author domain only; .domain for those below it.

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
mode = enforce
policy { reject = tempfail }
domain "example.com" { policy { reject = reject } }
domain ".example.com" { policy { reject = hold } }

=== zone
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
example.com. 300 IN TXT "v=spf1 ip4:198.51.100.7 -all"
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject"
sub.example.com. 300 IN TXT "v=spf1 -all"
example.net. 300 IN TXT "v=spf1 -all"
mail.example.com. 300 IN A 203.0.113.5
5.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.
example.com. 300 IN MX 10 mail.example.com.
sub.example.com. 300 IN MX 10 mail.example.com.
example.net. 300 IN MX 10 mail.example.com.

=== message plain
From: Alice <a@example.com>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@example.com>

Hello,
this is a message.

=== message sub
From: Alice <a@sub.example.com>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@sub.example.com>

Hello,
this is a message.

=== message net
From: Alice <a@example.net>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@example.net>

Hello,
this is a message.

=== session
connect localhost 127.0.0.1
helo client.example.com
mail <a@example.com>
rcpt <b@receiver.test>
id 4Q1
message plain
eom
-> reply 550 5.7.1 Preflight: *
mail <a@sub.example.com>
rcpt <b@receiver.test>
id 4Q2
message sub
eom
-> quarantine Preflight: *, accept
mail <a@example.net>
rcpt <b@receiver.test>
id 4Q3
message net
eom
-> reply 451 4.7.1 Preflight: *

=== log
4Q1: verdict=reject action=reject *
4Q2: verdict=reject action=hold *
4Q3: verdict=reject action=tempfail *
