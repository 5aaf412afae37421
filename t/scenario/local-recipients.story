# Recipients that stay here are not judged: all local, none; some local, the rest.

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
mode = enforce
outgoing { local_domains = { "example.com", ".example.net" } }

=== zone
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
example.com. 300 IN TXT "v=spf1 ip4:198.51.100.7 -all"
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject"
mail.example.com. 300 IN A 203.0.113.5
5.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.
example.com. 300 IN MX 10 mail.example.com.

=== message plain
From: Alice <a@example.com>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@example.com>

Hello,
this is a message.

=== session
connect localhost 127.0.0.1
helo client.example.com
mail <a@example.com>
rcpt <b@example.com>
rcpt <c@Sub.Example.net>
id 4Q1
message plain
eom
-> accept
mail <a@example.com>
rcpt <b@example.com>
rcpt <b@receiver.test>
id 4Q2
message plain
eom
-> reply 451 4.7.1 *
mail <a@example.com>
rcpt <b@example.net>
id 4Q3
message plain
eom
-> reply 451 4.7.1 *

=== log
4Q2: verdict=reject action=tempfail egress=default from=<a@example.com> author=example.com spf=fail dkim=none dmarc=fail policy=reject predict=generic:550-5.7.1 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q3: verdict=reject action=tempfail egress=default from=<a@example.com> author=example.com spf=fail dkim=none dmarc=fail policy=reject predict=generic:550-5.7.1 findings=spf-fail,dkim-none,dmarc-fail ms=*
