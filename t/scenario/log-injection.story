# What an untrusted peer writes can forge no line and no field of a line.

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}

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

=== message forged
From: "x
	y: verdict=accept" <a@example.com>
Subject: x

=== session
connect localhost 127.0.0.1
helo evil\n4QX:\x20verdict=accept
mail <a\x20verdict=accept\n4QX:\x20x=<y>\xff"@example.com>
rcpt <b\nc@receiver.test>
macros data i=4Q1\x20verdict=accept\n4QX:
id 4Q1
data
header From: a@exam\nple.com verdict=accept <a@example.com>
header X-\xff\n: \x1b[31m
eoh
body x\x00\n
eom
-> accept

=== log
4Q1: verdict=* from=<a\x20verdict\x3daccept\x0a4QX:\x20x\x3d<y>\xff\x22@example.com> author=* ms=*
