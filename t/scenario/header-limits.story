# More header fields than the limit are not examined, and a finding says so.

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
limits { headers = 100 }

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

=== session
connect localhost 127.0.0.1
helo client.example.com
mail <a@example.com>
rcpt <b@receiver.test>
id 4Q1
data
header From: a@example.com
header Date: Mon, 20 Nov 2023 10:00:00 +0000
header Message-ID: <1@example.com>
repeat 500 header X-{n}: {n}
eoh
eom
-> accept

=== log
4Q1: verdict=* findings=*message-over-limits* ms=*
