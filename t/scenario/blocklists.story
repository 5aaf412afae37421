# Blocklists are asked where a file of them is named; one that refuses to answer is told and not believed.

=== configuration
blocklists = "@blocklists@"
receivers = "@receivers@"
egress listed {
    senders = { "@listed.test" }
    addresses = { "203.0.113.5", "203.0.113.6" }
    helo = "mail.example.com"
}
egress default {
    addresses = { "203.0.113.5" }
    helo = "mail.example.com"
}

=== configuration none
receivers = "@receivers@"
egress default {
    addresses = { "203.0.113.6" }
    helo = "mail.example.com"
}

=== configuration wrong
blocklists = "@blocklists wrong@"

=== blocklists
blocklist "good.example" {
    kind = addresses
    listed = { "127.0.0.2-127.0.0.4" }
    page = "https://good.example/"
}
blocklist "refusing.example" {
    kind = addresses
}
blocklist "names.example" {
    kind = domains
}

=== blocklists wrong
blocklist "good.example" {
    kind = addresses
    listed = { "192.0.2.1" }
}

=== receivers
include("@shipped@")
receiver strict {
    mx = { "mx.strict.test" }
    rule listed {
        when = { "address-listed" }
        outcome = reject
        replies = { "554 5.7.1" }
        source = "a test"
    }
    rule clean {
        when = { "!address-listed", "bulk" }
        outcome = defer
        source = "a test"
    }
}

=== zone
. 300 IN SOA ns. root.ns. 1 3600 600 86400 300
mail.example.com. 300 IN A 203.0.113.5
mail.example.com. 300 IN A 203.0.113.6
5.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.
6.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.
example.com. 300 IN MX 10 mail.example.com.
example.com. 300 IN TXT "v=spf1 ip4:203.0.113.0/24 -all"
listed.test. 300 IN MX 10 mail.example.com.
listed.test. 300 IN TXT "v=spf1 ip4:203.0.113.0/24 -all"
strict.test. 300 IN MX 10 mx.strict.test.
2.0.0.127.good.example. 300 IN A 127.0.0.2
6.113.0.203.good.example. 300 IN A 127.0.0.4
*.refusing.example. 300 IN A 127.255.255.254
test.names.example. 300 IN A 127.0.1.2
listed.test.names.example. 300 IN A 127.0.1.4

=== message mail
From: Alice <a@example.com>
To: b@strict.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@example.com>

Hello.

=== session
connect localhost 127.0.0.1
helo client.example.com
mail <a@example.com>
rcpt <b@strict.test>
id 4Q1
message mail
eom
-> accept
mail <a@listed.test>
rcpt <b@strict.test>
id 4Q2
message mail
eom
-> accept
reload none reloaded
mail <a@example.com>
rcpt <b@strict.test>
id 4Q3
message mail
eom
-> accept

=== log
4Q1: verdict=accept action=accept * predict=strict:accept findings=*blocklist-unusable ms=*
4Q2: verdict=reject action=log * predict=strict:554-5.7.1 findings=*address-listed,blocklist-unusable,domain-listed ms=*
4Q3: verdict=accept action=accept * predict=strict:accept findings=dkim-none,dmarc-none ms=*
+ the sending address 203.0.113.6 is on a blocklist (good.example: 127.0.0.4)
+ look 203.0.113.6 up at https://good.example/
+ nothing can be known from the blocklist refusing.example: it refuses to answer us (127.255.255.254)
+ the domain listed.test is on a blocklist (names.example: 127.0.1.4)

=== check wrong
exit *
*blocklists-wrong:3: option 'blocklist good.example: listed': '192.0.2.1' is not an address in 127.0.0.0/8*
