# With "recipients = all" the action waits for the last receiver; the log still has the worst verdict.

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
mode = enforce
outgoing { local_domains = { "local.test" } }
policy { reject = reject  junk = hold  recipients = all }
domain "example.com" { policy { recipients = any } }

=== zone
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
mail.example.com. 300 IN A 203.0.113.5
5.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.
example.com. 300 IN MX 10 mail.example.com.
example.net. 300 IN MX 10 mail.example.com.
example.com. 300 IN TXT "v=spf1 ip4:198.51.100.7 -all"
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject"
example.net. 300 IN TXT "v=spf1 ip4:203.0.113.5 -all"
_dmarc.example.net. 300 IN TXT "v=DMARC1; p=reject"
soft.example.net. 300 IN MX 10 mail.example.com.
soft.example.net. 300 IN TXT "v=spf1 ~all"
_dmarc.soft.example.net. 300 IN TXT "v=DMARC1; p=none"
gmail.com. 300 IN MX 40 alt4.gmail-smtp-in.l.google.com.
gmail.com. 300 IN MX 5 gmail-smtp-in.l.google.com.
workspace.example. 300 IN MX 1 smtp.google.com.
yahoo.com. 300 IN MX 1 mta5.am0.yahoodns.net.
hotmail.com. 300 IN MX 2 hotmail-com.olc.protection.outlook.com.
tenant.example. 300 IN MX 0 tenant-example.mail.protection.outlook.com.
icloud.com. 300 IN MX 10 mx01.mail.icloud.com.
gmx.de. 300 IN MX 10 mx00.gmx.net.
filtered.example. 300 IN MX 10 eu-smtp-inbound-1.mimecast.com.
backup.example. 300 IN MX 10 mx.backup.example.
backup.example. 300 IN MX 20 aspmx.l.google.com.
null.example. 300 IN MX 0 .
implicit.mail.icloud.com. 300 IN A 192.0.2.1
loop.example. 300 IN CNAME loop2.example.
loop2.example. 300 IN CNAME loop.example.

=== message soft
From: Alice <a@soft.example.net>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@soft.example.net>

Hello,
this is a message.

=== message forged
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
mail <a@soft.example.net>
rcpt <b@gmail.com>
rcpt <c@tenant.example>
id 4Q1
message soft
eom
-> quarantine Preflight: *, accept
mail <a@soft.example.net>
rcpt <b@gmail.com>
rcpt <c@workspace.example>
rcpt <d@yahoo.com>
id 4Q2
message soft
eom
-> reply 550 5.7.1 Preflight: *
mail <a@soft.example.net>
rcpt <b@gmail.com>
rcpt <c@local.test>
id 4Q3
message soft
eom
-> reply 550 5.7.1 Preflight: *
mail <a@soft.example.net>
rcpt <b@gmail.com>
rcpt <c@loop.example>
id 4Q4
message soft
eom
-> accept
mail <a@example.com>
rcpt <b@gmail.com>
rcpt <c@filtered.example>
rcpt <d@gmx.de>
id 4Q5
message forged
eom
-> reply 550 5.7.1 Preflight: *

=== log
4Q1: verdict=reject action=hold * predict=gmail:550-5.7.26 *
4Q2: verdict=reject action=reject * predict=gmail:550-5.7.26 *
4Q3: verdict=reject action=reject * predict=gmail:550-5.7.26 *
4Q4: verdict=reject action=accept * predict=gmail:550-5.7.26 *
4Q5: verdict=reject action=reject * predict=gmail:550-5.7.26 *
