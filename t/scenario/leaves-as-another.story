# Postfix rewrites sender and author after the milter: the message is judged as it leaves, and its signature breaks.

=== postfix

=== configuration
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
postfix {
    smtp_generic_maps = { "inline:{ a@example.com=b@public.example }" }
}

=== configuration unknown
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}
postfix {
    smtp_generic_maps = { "texthash:/nonexistent/generic" }
}

=== configuration mistaken
postfix {
    config_directory = "/nonexistent"
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
public.example. 300 IN TXT "v=spf1 ip4:203.0.113.5 -all"
public.example. 300 IN MX 10 mail.example.com.
_dmarc.public.example. 300 IN TXT "v=DMARC1; p=reject"
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
connect client.example.com 192.0.2.10
helo client.example.com
macros mail {auth_type}=plain {auth_authen}=alice
mail <a@example.com>
rcpt <b@receiver.test>
id 4Q1
message signed
eom
-> accept
mail <>
rcpt <b@receiver.test>
id 4Q2
message signed
eom
-> accept
reload mistaken cannot ask Postfix for its settings
reload unknown reloaded
quit
connect client.example.com 192.0.2.10
helo client.example.com
macros mail {auth_type}=plain {auth_authen}=alice
mail <a@example.com>
rcpt <b@receiver.test>
id 4Q3
message signed
eom
-> accept
quit

=== log
4Q1: verdict=accept action=accept egress=default from=<a@example.com> author=public.example spf=pass dkim=fail dmarc=pass policy=reject predict=generic:accept findings=dkim-header-changed,dkim-fragile-header,sender-rewritten,author-rewritten ms=*
4Q2: verdict=*
4Q3: verdict=unsure action=accept egress=default from=<a@example.com> author=example.com spf=temperror dkim=temperror dmarc=temperror policy=reject predict=generic:unsure findings=departure-unknown,dmarc-temperror ms=*
+ 4Q3: postfix: what leaves is not known: smtp_generic_maps: 'postmap' ended with status 1: postmap: fatal: open database /nonexistent/generic: No such file or directory
