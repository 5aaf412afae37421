# Sender and signature of one domain, author of another that publishes p=reject.

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
mode = enforce

=== zone
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
example.com. 300 IN TXT "v=spf1 ip4:203.0.113.5 -all"
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject"
s1._domainkey.example.com. 300 IN TXT ( "v=DKIM1; k=rsa; p="
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAojgshHyjkNeCguJbDAOrJwwkoQOSYoNb3YeQx1d8Jbs/phN0Du7D9N"
    "aPo4LAoDjbgWqnEozUPZNJjQLaqzGk6cOkQ5GJ8CMIgKdHwhwL1vkyenZtQmnXlcdxcTyg/YyklZP6mUcOnAUd07yPaHPBw25j"
    "lOEemsfGaVqBygoauEHiOE80R/auoLPKo+xU2640/5sxh2TxEUDlWmkGSY7eEeZwZdElh3OT7+nxBK9fjuqSYyPyjw+ZEqIfDj"
    "exgbGTBnwwFjfqIYmJak6Pe5nDwh5VnR7RbiFZ5c0/x1TZcil0DDvVtiGygahobIJsu/GgiSSeP/o+NSaqCHBluQZtBwIDAQAB" )
_dmarc.author.test. 300 IN TXT "v=DMARC1; p=reject"
mail.example.com. 300 IN A 203.0.113.5
5.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.
example.com. 300 IN MX 10 mail.example.com.
author.test. 300 IN MX 10 mail.example.com.

=== message signed
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;
 i=@example.com; q=dns/txt; s=s1; t=1700474400; h=from : to : subject :
 date : message-id; bh=LpTq7T0XFMk5vBhgPt3bM8BZgzN9xaZN/cajJgGumIQ=;
 b=j1b7gwE82wgCs/Q65PVtdpGOs/RVOM1MiwiNk+XBcPFSNA45Uo0vSpAX1z9hezgTvnOK+
 RMhNhL/RAl7WF5WsZJ6dH/37wwLK+TbDdIJrK3z1+qs6NRgzS+BwqmguF+jfFhGX2q9DYxC
 WEGeaeYcAWxMHAYA2afkJKlzAsQ1wS8kbs1AMt7NFoKY+J99NQl+9haiZetvPaRbOP4R0XH
 9RVpbO2J31X1tSTINeyVSx44DsMzpj5U36DHLdlKHZ2+v8Wm3KSMTvFLhNl3VKHcyXUNe3k
 KRuSEDVXoJMcYtGk92/W5emt2fCFc8F9/iGdbfh5Y8EUIdw5x+TXsBXbxDBA==
From: Alice <a@author.test>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@author.test>

Hello,
this is a message.

=== session
connect localhost 127.0.0.1
helo client.example.com
mail <a@example.com>
rcpt <b@receiver.test>
id 4Q1
message signed
eom
-> reply 451 4.7.1 Preflight: DMARC fail for author.test*

=== log
4Q1: verdict=reject action=tempfail egress=default from=<a@example.com> author=author.test spf=pass dkim=pass dmarc=fail policy=reject predict=generic:550-5.7.1 findings=dkim-not-aligned,dmarc-fail,dmarc-no-alignment,spf-not-aligned ms=*
