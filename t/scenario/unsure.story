# DNS that fails makes the verdict unsure, and the message is let through.

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
mode = enforce

=== zone
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
example.com. 300 IN CNAME loop.example.com.
loop.example.com. 300 IN CNAME example.com.
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject"
mail.example.com. 300 IN A 203.0.113.5
5.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.

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
rcpt <b@receiver.test>
id 4Q1
message plain
eom
-> accept

=== log
4Q1: verdict=unsure action=accept egress=default from=<a@example.com> author=example.com spf=temperror dkim=none dmarc=temperror policy=reject predict=generic:unsure findings=spf-temperror,dkim-none,dmarc-temperror ms=*
