"""
A message with a signature that does not expire, s1._domainkey.example.com, and the key it verifies with.
"""
KEY = ("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAojgshHyjkNeCguJbDAOrJwwkoQOSYoNb3YeQx1d8Jbs/phN0Du7D9N"
       "aPo4LAoDjbgWqnEozUPZNJjQLaqzGk6cOkQ5GJ8CMIgKdHwhwL1vkyenZtQmnXlcdxcTyg/YyklZP6mUcOnAUd07yPaHPBw25j"
       "lOEemsfGaVqBygoauEHiOE80R/auoLPKo+xU2640/5sxh2TxEUDlWmkGSY7eEeZwZdElh3OT7+nxBK9fjuqSYyPyjw+ZEqIfDj"
       "exgbGTBnwwFjfqIYmJak6Pe5nDwh5VnR7RbiFZ5c0/x1TZcil0DDvVtiGygahobIJsu/GgiSSeP/o+NSaqCHBluQZtBwIDAQAB")
SIGNATURE = """\
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com;
 i=@example.com; q=dns/txt; s=s1; t=1700474400; h=from : to : subject :
 date : message-id; bh=LpTq7T0XFMk5vBhgPt3bM8BZgzN9xaZN/cajJgGumIQ=;
 b=Obwk8zKGFwuiZgcclG/oOtcABOJiFwYy5RoFVTFXygfurnN4GDKBoc1RC0AAcLd0LswiP
 6teHgjmML/ZZCfdGHndcgakOWoh/PI/HftvJ13rtU0NjYBUjffQWskVJEF8BCj2BC6QhB50
 27Dpy1ZLiVCuS021KCuvnma4xQDJIFb0fc9zV2ZmJDZ5f/eJRAWzZ6ZCuqNRyEiycGqDyLL
 r+mKWRsGwDumrijDCkZQ5+Re7u3IzEyYUOqhvgwdzXkPjKX4u/DQhAPh2LHayoTfzIMx8GE
 ISHYQS68I46cGXHAaeJm09BWI+k36t8eMk1cZRxdLf6Io2qq5+wIfqDb7+xQ==
"""
HEADER = """\
From: Alice <a@example.com>
To: b@receiver.test
Subject: hello
Date: Mon, 20 Nov 2023 10:00:00 +0000
Message-ID: <1@example.com>
"""
BODY = """
Hello,
this is a message.
"""


def key_record(key=KEY):
    """The selector's record in a zone file; key "": revoked."""
    strings = " ".join('"%s"' % key[at:at + 200] for at in range(0, len(key), 200))
    return 's1._domainkey.example.com. 300 IN TXT ( "v=DKIM1; k=rsa; p=" %s )' % strings
