# The receiver is known by the MX that the recipient's domain prefers, and each answers in its own way.

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

=== message forged
From: Alice <a@example.com>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@example.com>

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
mail <a@example.com>
rcpt <b@gmail.com>
id 4Q1
message forged
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.com>
rcpt <b@workspace.example>
id 4Q2
message forged
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.com>
rcpt <b@yahoo.com>
id 4Q3
message forged
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.com>
rcpt <b@hotmail.com>
id 4Q4
message forged
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.com>
rcpt <b@tenant.example>
id 4Q5
message forged
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.com>
rcpt <b@icloud.com>
id 4Q6
message forged
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.com>
rcpt <b@gmx.de>
id 4Q7
message forged
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.com>
rcpt <b@filtered.example>
id 4Q8
message forged
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.com>
rcpt <b@backup.example>
id 4Q9
message forged
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.com>
rcpt <b@null.example>
id 4Q10
message forged
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.com>
rcpt <b@implicit.mail.icloud.com>
id 4Q11
message forged
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.com>
rcpt <b@nowhere.example>
id 4Q12
message forged
eom
-> reply 451 4.7.1 Preflight: *
mail <a@example.net>
rcpt <b@gmail.com>
id 4Q13
message good
eom
-> accept
mail <a@example.net>
rcpt <b@workspace.example>
id 4Q14
message good
eom
-> accept
mail <a@example.net>
rcpt <b@yahoo.com>
id 4Q15
message good
eom
-> accept
mail <a@example.net>
rcpt <b@hotmail.com>
id 4Q16
message good
eom
-> accept
mail <a@example.net>
rcpt <b@tenant.example>
id 4Q17
message good
eom
-> accept
mail <a@example.net>
rcpt <b@icloud.com>
id 4Q18
message good
eom
-> accept
mail <a@example.net>
rcpt <b@gmx.de>
id 4Q19
message good
eom
-> accept
mail <a@example.net>
rcpt <b@filtered.example>
id 4Q20
message good
eom
-> accept
mail <a@example.net>
rcpt <b@backup.example>
id 4Q21
message good
eom
-> accept
mail <a@example.net>
rcpt <b@null.example>
id 4Q22
message good
eom
-> accept
mail <a@example.net>
rcpt <b@implicit.mail.icloud.com>
id 4Q23
message good
eom
-> accept
mail <a@example.net>
rcpt <b@nowhere.example>
id 4Q24
message good
eom
-> accept

=== log
4Q1: verdict=reject action=tempfail * predict=gmail:550-5.7.26 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q2: verdict=reject action=tempfail * predict=gmail:550-5.7.26 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q3: verdict=reject action=tempfail * predict=yahoo:550-5.7.9 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q4: verdict=reject action=tempfail * predict=outlook:550-5.7.509 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q5: verdict=reject action=tempfail * predict=exchange-online:550-5.7.509 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q6: verdict=reject action=tempfail * predict=icloud:554-5.7.1 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q7: verdict=reject action=tempfail * predict=gmx:550 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q8: verdict=reject action=tempfail * predict=mimecast:550 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q9: verdict=reject action=tempfail * predict=generic:550-5.7.1 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q10: verdict=reject action=tempfail * predict=generic:550-5.7.1 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q11: verdict=reject action=tempfail * predict=icloud:554-5.7.1 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q12: verdict=reject action=tempfail * predict=generic:550-5.7.1 findings=spf-fail,dkim-none,dmarc-fail ms=*
4Q13: verdict=accept action=accept * predict=gmail:accept findings=dkim-none ms=*
4Q14: verdict=accept action=accept * predict=gmail:accept findings=dkim-none ms=*
4Q15: verdict=accept action=accept * predict=yahoo:accept findings=dkim-none ms=*
4Q16: verdict=accept action=accept * predict=outlook:accept findings=dkim-none ms=*
4Q17: verdict=accept action=accept * predict=exchange-online:accept findings=dkim-none ms=*
4Q18: verdict=accept action=accept * predict=icloud:accept findings=dkim-none ms=*
4Q19: verdict=accept action=accept * predict=gmx:accept findings=dkim-none ms=*
4Q20: verdict=accept action=accept * predict=mimecast:accept findings=dkim-none ms=*
4Q21: verdict=accept action=accept * predict=generic:accept findings=dkim-none ms=*
4Q22: verdict=accept action=accept * predict=generic:accept findings=dkim-none ms=*
4Q23: verdict=accept action=accept * predict=icloud:accept findings=dkim-none ms=*
4Q24: verdict=accept action=accept * predict=generic:accept findings=dkim-none ms=*
