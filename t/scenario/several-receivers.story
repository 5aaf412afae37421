# Several recipients are predicted each for itself; the verdict is the worst, whoever comes first.

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
mode = enforce

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

=== message soft
From: Alice <a@soft.example.net>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@soft.example.net>

Hello,
this is a message.

=== message good
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
mail <a@soft.example.net>
rcpt <b@tenant.example>
rcpt <c@gmail.com>
rcpt <d@receiver.test>
id 4Q1
message soft
eom
-> reply 451 4.7.1 Preflight: *; gmail answers 550 5.7.26
mail <a@soft.example.net>
rcpt <b@tenant.example>
rcpt <d@receiver.test>
id 4Q2
message soft
eom
-> accept
mail <a@soft.example.net>
rcpt <b@tenant.example>
rcpt <d@receiver.test>
rcpt <e@tenant.example>
rcpt <c@workspace.example>
id 4Q3
message soft
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.net>
rcpt <b@tenant.example>
rcpt <c@gmail.com>
rcpt <d@receiver.test>
id 4Q4
message good
eom
-> accept
mail <a@soft.example.net>
rcpt <b@[192.0.2.1]>
id 4Q5
message soft
eom
-> accept
mail <a@soft.example.net>
rcpt <b@[192.0.2.1]>
rcpt <b@gmx.de>
id 4Q6
message soft
eom
-> accept

=== log
4Q1: verdict=reject action=tempfail * predict=gmail:550-5.7.26 *
4Q2: verdict=junk action=log * predict=exchange-online:junk *
4Q3: verdict=reject action=tempfail * predict=gmail:550-5.7.26 *
4Q4: verdict=accept action=accept * predict=exchange-online:accept *
4Q5: verdict=junk action=log * predict=generic:junk *
4Q6: verdict=junk action=log * predict=gmx:junk *
