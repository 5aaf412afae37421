# Where the MX lookup fails, what every receiver would do is predicted, else nothing is sure and the log names the question.

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
example.com. 300 IN TXT "v=spf1 ip4:203.0.113.5 -all"
s1._domainkey.example.com. 300 IN TXT ( "v=DKIM1; k=rsa; p="
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAojgshHyjkNeCguJbDAOrJwwkoQOSYoNb3YeQx1d8Jbs/phN0Du7D9N"
    "aPo4LAoDjbgWqnEozUPZNJjQLaqzGk6cOkQ5GJ8CMIgKdHwhwL1vkyenZtQmnXlcdxcTyg/YyklZP6mUcOnAUd07yPaHPBw25j"
    "lOEemsfGaVqBygoauEHiOE80R/auoLPKo+xU2640/5sxh2TxEUDlWmkGSY7eEeZwZdElh3OT7+nxBK9fjuqSYyPyjw+ZEqIfDj"
    "exgbGTBnwwFjfqIYmJak6Pe5nDwh5VnR7RbiFZ5c0/x1TZcil0DDvVtiGygahobIJsu/GgiSSeP/o+NSaqCHBluQZtBwIDAQAB" )
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject"
example.net. 300 IN TXT "v=spf1 ip4:203.0.113.5 -all"
_dmarc.example.net. 300 IN TXT "v=DMARC1; p=reject"
soft.example.net. 300 IN MX 10 mail.example.com.
soft.example.net. 300 IN TXT "v=spf1 ~all"
_dmarc.soft.example.net. 300 IN TXT "v=DMARC1; p=none"
loop.example. 300 IN CNAME loop2.example.
loop2.example. 300 IN CNAME loop.example.
gmail.com. 300 IN MX 5 gmail-smtp-in.l.google.com.

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

=== message signed
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;
 i=@example.com; q=dns/txt; s=s1; t=1700474400; h=from : to : subject :
 date : message-id; bh=LpTq7T0XFMk5vBhgPt3bM8BZgzN9xaZN/cajJgGumIQ=;
 b=Obwk8zKGFwuiZgcclG/oOtcABOJiFwYy5RoFVTFXygfurnN4GDKBoc1RC0AAcLd0LswiP
 6teHgjmML/ZZCfdGHndcgakOWoh/PI/HftvJ13rtU0NjYBUjffQWskVJEF8BCj2BC6QhB50
 27Dpy1ZLiVCuS021KCuvnma4xQDJIFb0fc9zV2ZmJDZ5f/eJRAWzZ6ZCuqNRyEiycGqDyLL
 r+mKWRsGwDumrijDCkZQ5+Re7u3IzEyYUOqhvgwdzXkPjKX4u/DQhAPh2LHayoTfzIMx8GE
 ISHYQS68I46cGXHAaeJm09BWI+k36t8eMk1cZRxdLf6Io2qq5+wIfqDb7+xQ==
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
mail <a@example.net>
rcpt <b@loop.example>
id 4Q1
message good
eom
-> accept
mail <a@soft.example.net>
rcpt <b@loop.example>
id 4Q2
message soft
eom
-> accept
mail <a@soft.example.net>
rcpt <b@loop.example>
rcpt <c@gmail.com>
id 4Q3
message soft
eom
-> reply 451 4.7.1 Preflight: *; gmail answers 550 5.7.26
mail <a@soft.example.net>
rcpt <b@loop.example>
rcpt <c@receiver.test>
id 4Q4
message soft
eom
-> accept
mail <a@example.com>
rcpt <b@loop.example>
id 4Q5
message signed
eom
-> accept

=== log
4Q1: verdict=unsure action=accept * predict=unknown:unsure *
4Q2: verdict=unsure action=accept * predict=unknown:unsure *
4Q3: verdict=reject action=tempfail * predict=gmail:550-5.7.26 *
4Q4: verdict=junk action=log * predict=generic:junk *
4Q5: verdict=accept action=accept * predict=unknown:accept findings=- ms=*
+ dns: no answer for MX loop.example
