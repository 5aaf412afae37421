# What a receiver looks up about the client: PTR records that resolve back, the HELO name; and the sender's domain.

=== configuration
egress ptr {
    senders = { "@ptr.test" }
    addresses = { "203.0.113.7", "2001:db8::7" }
    helo = "mail.example.com"
}
egress helo {
    senders = { "@helo.test" }
    addresses = { "203.0.113.5" }
    helo = "nowhere.example.com"
}
egress short {
    senders = { "@short.test" }
    addresses = { "203.0.113.5" }
    helo = "mail"
}
egress other {
    senders = { "@other.test" }
    addresses = { "203.0.113.8" }
    helo = "mail.example.com"
}
egress default {
    addresses = { "203.0.113.5", "2001:db8::5" }
    helo = "mail.example.com"
}

=== zone
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
mail.example.com. 300 IN A 203.0.113.5
mail.example.com. 300 IN AAAA 2001:db8::5
other.example.com. 300 IN A 203.0.113.8
5.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.
5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 300 IN PTR mail.example.com.
7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 300 IN PTR gone.example.com.
8.113.0.203.in-addr.arpa. 300 IN PTR other.example.com.
mx.test. 300 IN MX 10 mail.example.com.
mx.test. 300 IN TXT "v=spf1 ip4:203.0.113.0/24 ip6:2001:db8::/32 -all"
ptr.test. 300 IN MX 10 mail.example.com.
ptr.test. 300 IN TXT "v=spf1 redirect=mx.test"
helo.test. 300 IN A 203.0.113.5
helo.test. 300 IN TXT "v=spf1 redirect=mx.test"
short.test. 300 IN AAAA 2001:db8::5
short.test. 300 IN TXT "v=spf1 redirect=mx.test"
other.test. 300 IN MX 10 mail.example.com.
other.test. 300 IN TXT "v=spf1 redirect=mx.test"
nowhere.test. 300 IN TXT "v=spf1 redirect=mx.test"
nullmx.test. 300 IN MX 0 .
nullmx.test. 300 IN A 203.0.113.5
nullmx.test. 300 IN TXT "v=spf1 redirect=mx.test"

=== message mail
From: Alice <a@mx.test>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@mx.test>

Hello.

=== message answerless
From: Alice <a@nowhere.test>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@mx.test>

Hello.

=== session
connect localhost 127.0.0.1
helo client.example.com
mail <a@mx.test>
rcpt <b@receiver.test>
id 4Q1
message mail
eom
-> accept
mail <a@ptr.test>
rcpt <b@receiver.test>
id 4Q2
message mail
eom
-> accept
mail <a@helo.test>
rcpt <b@receiver.test>
id 4Q3
message mail
eom
-> accept
mail <a@short.test>
rcpt <b@receiver.test>
id 4Q4
message mail
eom
-> accept
mail <a@other.test>
rcpt <b@receiver.test>
id 4Q5
message mail
eom
-> accept
mail <a@nowhere.test>
rcpt <b@receiver.test>
id 4Q6
message answerless
eom
-> accept
mail <a@nullmx.test>
rcpt <b@receiver.test>
id 4Q7
message mail
eom
-> accept

=== log
4Q1: verdict=accept * spf=pass * findings=dkim-none,dmarc-none ms=*
4Q2: verdict=accept * egress=ptr * spf=pass * findings=dkim-none,dmarc-none,*ptr-missing,helo-mismatch,ptr-mismatch ms=*
4Q3: verdict=accept * egress=helo * spf=pass * findings=dkim-none,dmarc-none,*helo-unresolvable ms=*
4Q4: verdict=accept * egress=short * spf=pass * findings=dkim-none,dmarc-none,*helo-invalid ms=*
4Q5: verdict=accept * egress=other * spf=pass * findings=dkim-none,dmarc-none,*helo-mismatch ms=*
4Q6: verdict=accept * spf=pass * findings=dkim-none,dmarc-none,sender-domain-unresolvable,author-domain-unresolvable ms=*
4Q7: verdict=accept * spf=pass * findings=dkim-none,dmarc-none,*sender-domain-unresolvable ms=*
+ the sending address 203.0.113.7 has no PTR record
+ the PTR record of 2001:db8::7 names a host that does not have this address (gone.example.com)
+ the HELO name nowhere.example.com has no address
+ the HELO name mail is not a host name with its domain
+ the HELO name mail.example.com does not have the sending address 203.0.113.8
+ the sender's domain nullmx.test has no MX, A or AAAA record
