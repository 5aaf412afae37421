# Networks of both families decide; IPv4 in IPv6 counts as IPv4.

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
outgoing { networks = { "2001:db8:1::/48", "192.0.2.0/24" } }

=== zone
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
example.com. 300 IN TXT "v=spf1 ip4:203.0.113.5 -all"
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject"
s1._domainkey.example.com. 300 IN TXT ( "v=DKIM1; k=rsa; p="
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAojgshHyjkNeCguJbDAOrJwwkoQOSYoNb3YeQx1d8Jbs/phN0Du7D9N"
    "aPo4LAoDjbgWqnEozUPZNJjQLaqzGk6cOkQ5GJ8CMIgKdHwhwL1vkyenZtQmnXlcdxcTyg/YyklZP6mUcOnAUd07yPaHPBw25j"
    "lOEemsfGaVqBygoauEHiOE80R/auoLPKo+xU2640/5sxh2TxEUDlWmkGSY7eEeZwZdElh3OT7+nxBK9fjuqSYyPyjw+ZEqIfDj"
    "exgbGTBnwwFjfqIYmJak6Pe5nDwh5VnR7RbiFZ5c0/x1TZcil0DDvVtiGygahobIJsu/GgiSSeP/o+NSaqCHBluQZtBwIDAQAB" )
mail.example.com. 300 IN A 203.0.113.5
5.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.
example.com. 300 IN MX 10 mail.example.com.

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
connect inside 2001:db8:1::7
helo inside
mail <a@example.com>
rcpt <b@receiver.test>
id 4Q1
message signed
eom
-> accept
quit
connect outside 2001:db8:2::7
helo outside
mail <a@example.com>
-> accept
quit
connect mapped ::ffff:192.0.2.7
helo mapped
mail <a@example.com>
rcpt <b@receiver.test>
id 4Q2
message signed
eom
-> accept
quit
connect loopback 127.0.0.1
helo loopback
mail <a@example.com>
-> accept

=== log
4Q1: verdict=accept action=accept egress=default from=<a@example.com> author=example.com spf=pass dkim=pass dmarc=pass policy=reject predict=generic:accept findings=- ms=*
4Q2: verdict=accept action=accept egress=default from=<a@example.com> author=example.com spf=pass dkim=pass dmarc=pass policy=reject predict=generic:accept findings=- ms=*
