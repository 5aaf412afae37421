# Bodies in chunks of one byte and of three.

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
example.com. 300 IN MX 10 mail.example.com.

=== message signed
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;
 i=@example.com; q=dns/txt; s=s1; t=1700474400; h=from : to : subject :
 date : message-id; bh=F/2/WmvObVYXw0jY5wemrTYDqUCyo9IUbNBPaiDvC48=;
 b=XuaLp1qlGlTqVfY9X8i03OllIWKa6qthQu+oUSwquDyE6lNUU7ZzgVEeTQ3+MeJxO4Rru
 brWqnQw0zwFftVyLo2wfkZoUiTjV3H1zEwnVk/UpGcmfuLrQNKwx2B7HOh9TQWWHqs1W7At
 ba8nGyLlML/k9bd2kGyDLhkAOMq8f0rDmAZGqfbuh6mlBODDWyJBMxZ79odFz4+IK8s8Fr/
 LWvsurRt/pHne2n20pmMaTIMeqgk2O6rdDBwee7VjLZ1wfgcRR33HHzcOH29XrDUqP3E5WX
 PryrOdzz5D79oSUOAI2UFKWDRpM5HbLtTQnbV22xmnjvpS0Bo1jpgYCxKJJw==
From: Alice <a@example.com>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@example.com>

Hello,

  two  spaces 
and a last line.

=== session
connect localhost 127.0.0.1
helo client.example.com
chunk 1
mail <a@example.com>
rcpt <b@receiver.test>
id 4Q1
message signed
eom
-> accept
chunk 3
mail <a@example.com>
rcpt <b@receiver.test>
id 4Q2
message signed
eom
-> accept

=== log
4Q1: verdict=accept action=accept egress=default from=<a@example.com> author=example.com spf=pass dkim=pass dmarc=pass policy=reject predict=generic:accept findings=- ms=*
4Q2: verdict=accept action=accept egress=default from=<a@example.com> author=example.com spf=pass dkim=pass dmarc=pass policy=reject predict=generic:accept findings=- ms=*
