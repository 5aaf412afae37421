# Bulk mail has to let readers unsubscribe with one click, under a signature; other mail has not.

=== configuration
egress bulk {
    senders = { "@news.example.com" }
    addresses = { "203.0.113.9" }
    helo = "news1.example.com"
    bulk = yes
}
egress default {
    addresses = { "203.0.113.9" }
    helo = "news1.example.com"
}

=== zone
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
news.example.com. 300 IN TXT "v=spf1 ip4:203.0.113.9 -all"
example.com. 300 IN TXT "v=spf1 ip4:203.0.113.9 -all"
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject"
s1._domainkey.news.example.com. 300 IN TXT ( "v=DKIM1; k=rsa; p="
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAm1OTq9utfeLyJwGcn4Z3gWYXF31j0N+s1swK7ovfBTbiHtrXI7Qp37"
    "8CYAeZWMqf5nDtcI7PvFu2cQW/GmMkPL1rcKAJFogiKdJ81XQKJNdDe9AeeeM4tEOamKQRH7Tc4BMk0Q1Rwn/QSAFae3cpORl2"
    "2unvCQ7zkURDYZFVsmal+lMSM7NragAXAXYpNItrskGFnuMPzZEN3NeqBHczVJZl8+00Amm21rLLRSVavnb2YW10bfhwmeuMwn"
    "ZAVghzhXnZt2BUssxIWzZFlBmLbtZGp2aTIFYFrAFP1IWgRZC78DOZpRAAEImnWsWuYX14riQciucpWNFi9oxDMFQrsQIDAQAB" )
news1.example.com. 300 IN A 203.0.113.9
9.113.0.203.in-addr.arpa. 300 IN PTR news1.example.com.
news.example.com. 300 IN MX 10 news1.example.com.
example.com. 300 IN MX 10 news1.example.com.

=== message plain
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=news.example.com;
 i=@news.example.com; q=dns/txt; s=s1; t=1795468932; h=from : to :
 subject : date : message-id;
 bh=LpTq7T0XFMk5vBhgPt3bM8BZgzN9xaZN/cajJgGumIQ=;
 b=K2NbB1KJd1qtg8wbed9wVgSBA+qwY3cSExWpPSfgBRcWuavlVPFdaYCdjdiDP+uedzAkf
 fBcTdLXU97kXJavEXZ38NXiH/wSaZOkJjRUdDA7+krLOnj2mW/fRnxWHTuly4aYpG3zrG88
 e4KRF7DKPKL9NoR9rDXBHcmFxbweUJ38S9/V5W9e1sUhKYGypNSKhfDoBzcG7R1dEraqZoG
 g2yN4gLIWGDDS6R65qPtQ6qQg9H63tDLvDPsZ0SsGWSARJVmJID1N2GLEw11rJxYhcO3PY6
 DO8hbtn+2+qCoOrueZlF2uNCzBuUgCWI54LDiiJhbA7FthdkAsDaywT8xiig==
From: News <news@news.example.com>
To: b@receiver.test
Subject: news
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@news.example.com>

Hello,
this is a message.

=== message unsigned
From: News <news@news.example.com>
To: b@receiver.test
Subject: news
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@news.example.com>
List-Unsubscribe: <mailto:leave@news.example.com>,
 <https://news.example.com/leave?t=1>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hello,
this is a message.

=== message half
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=news.example.com;
 i=@news.example.com; q=dns/txt; s=s1; t=1795468932; h=from : to :
 subject : date : message-id : list-unsubscribe;
 bh=LpTq7T0XFMk5vBhgPt3bM8BZgzN9xaZN/cajJgGumIQ=;
 b=hVnckbDSn6nLYuztpvd4M1KzJe+7JXdwnS3sS9gA6UyQVqQnjtqQ/XShtIU0wzjWJn9A8
 9JVh6ZPzUSx+KiYOOC0eIaEfRSTJsitKSpPT0TfISoXnmOFQAXkCcyPwqLh0cRUAysc6qMT
 441WtbXTQT8gK2FP373KMYsoHoB1Q6W1/ToHVr4sjU8/BJWbUmrJMvVnu+8VTQscWnhrti+
 wS334gngFCI7YO7mt2mGPb5nC3cGURuz73TisJmpx45fNeACMcOeH32jSezoqrCPZbUvN3K
 gmeLNjzEMsefYmeAoUSlH5vgDZn4N3oOw9xaV+yiKP7upxjBauzG3+GGTqEw==
From: News <news@news.example.com>
To: b@receiver.test
Subject: news
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@news.example.com>
List-Unsubscribe: <mailto:leave@news.example.com>,
 <https://news.example.com/leave?t=1>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hello,
this is a message.

=== message signed
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=news.example.com;
 i=@news.example.com; q=dns/txt; s=s1; t=1795468932; h=from : to :
 subject : date : message-id : list-unsubscribe :
 list-unsubscribe-post;
 bh=LpTq7T0XFMk5vBhgPt3bM8BZgzN9xaZN/cajJgGumIQ=;
 b=SF4ibsYNXBA6jIFWtlkglKkn9q9ns0bNcicj16jtoQbkHO/JVlOkafQ2Vzx0m78vunLX6
 r620WCmyz/GXrsR707feM3OuRIJ72J3R83AkKzkfi0XuImRgmTuTuNqW1OEotAzQAYQOBS3
 2atiPtVXzbvUR8PADEY9lP7+FXzCSdvwhg0JYIeFuNLCbm6tK0LK8EykBUQvInNMLFk948a
 wNG71JSdsnZpGJe1Tp7bwLZ3OcpTIPY15VNDNJRXUq47Tr0wo9uEgLysvI/N19yMDXnolYm
 iflOHo/yogHfKudu2xkE3RnIweIa5nqFhNT4FjDdCIFZDn8UW+1nipeGYdQw==
From: News <news@news.example.com>
To: b@receiver.test
Subject: news
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@news.example.com>
List-Unsubscribe: <mailto:leave@news.example.com>,
 <https://news.example.com/leave?t=1>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hello,
this is a message.

=== session
connect localhost 127.0.0.1
helo client.example.com
mail <news@news.example.com>
rcpt <b@receiver.test>
id 4Q1
message plain
eom
-> accept
mail <news@news.example.com>
rcpt <b@receiver.test>
id 4Q2
message unsigned
eom
-> accept
mail <news@news.example.com>
rcpt <b@receiver.test>
id 4Q3
message half
eom
-> accept
mail <news@news.example.com>
rcpt <b@receiver.test>
id 4Q4
message signed
eom
-> accept
mail <a@example.com>
rcpt <b@receiver.test>
id 4Q5
message plain
eom
-> accept

=== log
4Q1: verdict=accept * dkim=pass * findings=one-click-missing ms=*
4Q2: verdict=accept * dkim=none * findings=dkim-none,one-click-unsigned ms=*
4Q3: verdict=accept * dkim=pass * findings=one-click-unsigned ms=*
4Q4: verdict=accept * dkim=pass * findings=- ms=*
4Q5: verdict=accept * egress=default * dkim=pass * findings=- ms=*
+ one click (there is no List-Unsubscribe field)
+ among the header fields that the signer signs
