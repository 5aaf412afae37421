# Nobody sends in the name of a mailbox provider but the provider; whom its SPF record names is one.

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}

=== zone
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
example.com. 300 IN TXT "v=spf1 ip4:203.0.113.5 -all"
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=none"
gmail.com. 300 IN TXT "v=spf1 ip4:203.0.113.7 ~all"
_dmarc.gmail.com. 300 IN TXT "v=DMARC1; p=none"
gmx.de. 300 IN TXT "v=spf1 ip4:203.0.113.5 -all"
_dmarc.gmx.de. 300 IN TXT "v=DMARC1; p=none"
mail.example.com. 300 IN A 203.0.113.5
5.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.
example.com. 300 IN MX 10 mail.example.com.
gmx.de. 300 IN MX 10 mail.example.com.
gmail.com. 300 IN MX 10 mail.example.com.

=== message gmail
From: Alice <alice@gmail.com>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@example.com>

Hello.

=== message gmx
From: Alice <alice@gmx.de>
To: b@receiver.test
Subject: =?utf-8?q?hello?=
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@example.com>

Hello.

=== message encoded
From: =?utf-8?q?Alice?= <alice@example.com>
To: <=?utf-8?q?b=40receiver=2Etest?=>
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@example.com>

Hello.

=== session
connect localhost 127.0.0.1
helo client.example.com
mail <a@example.com>
rcpt <b@receiver.test>
id 4Q1
message gmail
eom
-> accept
mail <alice@gmx.de>
rcpt <b@receiver.test>
id 4Q2
message gmx
eom
-> accept
mail <alice@example.com>
rcpt <b@receiver.test>
id 4Q3
message encoded
eom
-> accept

=== log
4Q1: * author=gmail.com spf=pass * dmarc=fail * findings=*author-domain-foreign ms=*
4Q2: * author=gmx.de spf=pass * dmarc=pass * findings=dkim-none,dmarc-policy-none ms=*
4Q3: * author=example.com * findings=dkim-none,dmarc-policy-none,header-encoded-word ms=*
+ the field To has an encoded word where none may be
