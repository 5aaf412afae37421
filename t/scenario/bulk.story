# Bulk mail is held to more: by egress, by domain, by the header fields of lists, by the volume of a day, which a reload keeps.

=== configuration
egress news {
    senders = { "news@example.net" }
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
    bulk = yes
}
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
mode = enforce
bulk_threshold = 3
domain "offers.example.net" { bulk = yes }
domain "alerts.example.net" { bulk = no }

=== configuration observe
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
mode = observe
bulk_threshold = 3

=== configuration never
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
mode = enforce
bulk_threshold = 0

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
offers.example.net. 300 IN MX 10 mail.example.com.
alerts.example.net. 300 IN MX 10 mail.example.com.
offers.example.net. 300 IN TXT "v=spf1 ip4:203.0.113.5 -all"
alerts.example.net. 300 IN TXT "v=spf1 ip4:203.0.113.5 -all"
org.example. 300 IN MX 10 mail.example.com.
org.example. 300 IN TXT "v=spf1 ip4:203.0.113.5 -all"
_dmarc.org.example. 300 IN TXT "v=DMARC1; p=reject"

=== message good
From: Alice <a@example.net>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@example.net>

Hello,
this is a message.

=== message list
From: Alice <a@example.net>
To: b@receiver.test
List-Id: <news.example.net>
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@example.net>

Hello,
this is a message.

=== message offers
From: Alice <a@offers.example.net>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@offers.example.net>

Hello,
this is a message.

=== message alerts
From: Alice <a@alerts.example.net>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@alerts.example.net>

Hello,
this is a message.

=== message org
From: Alice <a@org.example>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@org.example>

Hello,
this is a message.

=== message sub
From: Alice <a@www.org.example>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@www.org.example>

Hello,
this is a message.

=== session
connect localhost 127.0.0.1
helo client.example.com
mail <news@example.net>
rcpt <b@hotmail.com>
id 4Q1
message good
eom
-> reply 451 4.7.1 *
mail <a@example.net>
rcpt <b@hotmail.com>
id 4Q2
message good
eom
-> accept
mail <a@offers.example.net>
rcpt <b@yahoo.com>
id 4Q3
message offers
eom
-> reply 451 4.7.1 *
mail <a@example.net>
rcpt <b@icloud.com>
id 4Q4
message list
eom
-> reply 451 4.7.1 *
mail <a@example.net>
rcpt <b@workspace.example>
id 4Q5
message list
eom
-> accept
mail <a@alerts.example.net>
rcpt <b@gmail.com>
id 4Q6
message alerts
eom
-> accept
mail <a@org.example>
rcpt <b@gmail.com>
id 4Q7
message org
eom
-> accept
mail <a@org.example>
rcpt <b@hotmail.com>
id 4Q8
message org
eom
-> accept
mail <a@org.example>
rcpt <b@gmail.com>
id 4Q9
message sub
eom
-> accept
reload observe reloaded
mail <a@org.example>
rcpt <b@gmail.com>
rcpt <c@gmail.com>
id 4Q10
message org
eom
-> accept
mail <a@org.example>
rcpt <b@hotmail.com>
id 4Q11
message org
eom
-> accept
mail <a@org.example>
rcpt <b@icloud.com>
id 4Q13
message org
eom
-> accept
mail <a@org.example>
rcpt <b@icloud.com>
id 4Q14
message org
eom
-> accept
mail <a@org.example>
rcpt <b@gmail.com>
rcpt <b@icloud.com>
id 4Q15
message org
eom
-> accept
reload never reloaded
mail <a@org.example>
rcpt <b@gmail.com>
id 4Q12
message org
eom
-> accept

=== log
4Q1: verdict=reject action=tempfail egress=news * predict=outlook:550-5.7.515 *
4Q2: verdict=accept action=accept egress=default * predict=outlook:accept *
4Q3: verdict=reject action=tempfail * predict=yahoo:554-5.7.9 *
4Q4: verdict=reject action=tempfail * predict=icloud:554-5.7.1 *
4Q5: verdict=accept action=accept * predict=gmail:accept *
4Q6: verdict=accept action=accept * predict=gmail:accept *
4Q7: verdict=accept action=accept * predict=gmail:accept *
4Q8: verdict=accept action=accept * predict=outlook:accept *
4Q9: verdict=accept action=accept * predict=gmail:accept findings=dkim-none,author-domain-unresolvable ms=*
4Q10: verdict=reject action=log * predict=gmail:550-5.7.30 findings=dkim-none ms=*
4Q11: verdict=accept action=accept * predict=outlook:accept *
4Q13: verdict=accept action=accept * predict=icloud:accept findings=dkim-none ms=*
4Q14: verdict=accept action=accept * predict=icloud:accept findings=dkim-none ms=*
4Q15: verdict=reject action=log * predict=gmail:550-5.7.30 findings=dkim-none,one-click-missing ms=*
4Q12: verdict=accept action=accept * predict=gmail:accept *
