#!/usr/bin/env python3
"""Agreement with python3-dkim on a few thousand messages, and what is told of those that do not verify: TAP.

Messages are made up (seeded: always the same ones), signed by python3-dkim or with its parts, changed, and judged by
python3-dkim and by dkimdrive, whose keys come from a zone file.  Where the two differ, a row of EXPLAINED says by which
section of which RFC; a difference without a row fails, and so does a row without a difference.

usage: run.py [-v] [-n MESSAGES]        environment: top_builddir
"""
import base64
import collections
import hashlib
import os
import random
import re
import subprocess
import sys
import tempfile
import time

try:
    import dkim
    import dkim.crypto
except ImportError:
    dkim = None

SEED = 20260520
MESSAGES = 2400
NOW = int(time.time())

# What a message is: kind (what was done to it), field (whose value was changed, or None), raw.
Case = collections.namedtuple('Case', 'kind field raw')

# (kind, python3-dkim's result, ours): where it is written.
EXPLAINED = {
    ('From added on top', 'fail', 'pass'):
        'RFC 6376 section 5.4.2: h= names From once and covers the lowest; python3-dkim takes one more (section 8.15)',
    ('q= with several methods', 'error', 'pass'): 'RFC 6376 section 3.5, q=: a list, of which unknown ones are ignored',
    ('rsa-sha1', 'pass', 'policy'): 'RFC 8301 section 3.1: rsa-sha1 must not be used to verify',
    ('key with t=s', 'pass', 'error'): 'RFC 6376 section 3.6.1, t=s: no subdomain in i=',
    ('key with h=sha1', 'pass', 'error'): 'RFC 6376 section 3.6.1, h=: the hashes the key may be used with',
    ('key record with v= last', 'pass', 'error'): 'RFC 6376 section 3.6.1, v=: the first tag of the record',
    ('key in quotes', 'pass', 'error'): 'RFC 6376 section 3.6.1, p=: base64, which has no quotes',
    ('x= an hour ago', 'pass', 'fail'): 'RFC 6376 section 3.5, x=: expired; python3-dkim allows ten hours',
    ('t= an hour ahead', 'pass', 'fail'):
        'RFC 6376 section 3.5, t=: signatures from the future may be ignored; python3-dkim allows ten hours',
    ('l= beyond the body', 'pass', 'body'): 'RFC 6376 section 3.5, l=: not larger than the body',
    ('white space ends the body', 'body', 'pass'):
        'RFC 6376 section 3.4.4: white space at the end of a line is ignored, of the last one without CRLF too',
    ('white space ends b=', 'pass', 'fail'):
        'RFC 6376 section 3.7: b= is emptied with all surrounding white space; python3-dkim signs with what follows it',
    ('vertical tab in a field', 'pass', 'fail'): 'RFC 6376 section 3.4.2: only spaces and tabs are white space',
}


# --- keys ----------------------------------------------------------------------------------------------------------

class Key:
    """A key pair made by openssl: what python3-dkim signs with, and p= of its record."""

    def __init__(self, directory, name, bits):
        path = os.path.join(directory, name)
        kind = ['ed25519'] if bits == 0 else ['RSA', '-pkeyopt', 'rsa_keygen_bits:%d' % bits]
        self.openssl('genpkey', '-algorithm', *kind, '-out', path)
        public = self.openssl('pkey', '-in', path, '-pubout', '-outform', 'DER')
        with open(path, 'rb') as file:
            self.pem = file.read()
        self.is_ed25519 = bits == 0
        if self.is_ed25519:
            public = public[-32:]
            private = self.openssl('pkey', '-in', path, '-outform', 'DER')
            self.pem = base64.b64encode(private[-32:])
        self.p = base64.b64encode(public).decode()

    @staticmethod
    def openssl(*args):
        return subprocess.run(['openssl', *args], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


class Zone:
    """Keys under selectors; the same records for python3-dkim and for the driver."""

    def __init__(self, directory):
        keys = {name: Key(directory, name, bits)
                for name, bits in (('k1024', 1024), ('other', 1024), ('k2048', 2048), ('k512', 512), ('ed', 0))}
        rsa, self.records = 'v=DKIM1; k=rsa; p=', {}
        for name in ('k1024', 'other', 'k2048', 'k512'):
            self.records[name] = rsa + keys[name].p
        p = keys['k1024'].p
        self.records.update({
            'ed': 'v=DKIM1; k=ed25519; p=' + keys['ed'].p, 'wrong': rsa + keys['other'].p, 'bare': 'p=' + p,
            'odd': ' v = DKIM1 ;\tn=notes ; unknown=x;t=y:x; h=sha1:sha256; s=email; p = %s %s ;' % (p[:50], p[50:]),
            'revoked': 'v=DKIM1; p=', 'junk': 'hello', 'strict': 'v=DKIM1; t=s; p=' + p,
            'sha1only': 'v=DKIM1; h=sha1; p=' + p, 'web': 'v=DKIM1; s=http; p=' + p, 'v2': 'v=DKIM2; p=' + p,
            'cut': rsa + p[:60], 'late': 'k=rsa; p=%s; v=DKIM1' % p, 'twice': rsa + p + '; p=' + p,
            'quoted': 'v=DKIM1; p="%s"' % p, 'gap': 'v=DKIM1;; p=' + p,
        })
        self.keys = keys
        with open(os.path.join(directory, 'zone'), 'w') as file:
            for selector, record in self.records.items():
                strings = ' '.join('"%s"' % record[i:i + 200] for i in range(0, len(record), 200))
                file.write('%s._domainkey.example.com. 60 IN TXT %s\n' % (selector, strings))
        with open(os.path.join(directory, 'conf'), 'w') as file:
            file.write('dns { zone = "zone" }\n')

    def txt(self, name, timeout=5):
        """python3-dkim's DNS."""
        record = self.records.get(name.decode().rstrip('.').replace('._domainkey.example.com', ''))
        return None if record is None else record.encode()


# --- messages ------------------------------------------------------------------------------------------------------

WORDS = ['Hello', 'dinner', 'the', 'a', 'invoice', 'Re:', 'of', 'team', 'ready?', 'x' * 30, 'été',
         '=?utf-8?q?caf=C3=A9?=', '--', '"quoted text"', '(comment)', '1.', ';', 'a=b', 'To:', 'b=']
NAMES = ['Subject', 'SUBJECT', 'To', 'Cc', 'Date', 'Message-ID', 'Message-Id', 'MIME-Version', 'Content-Type',
         'X-Mailer', 'List-Unsubscribe', 'X-Very-Long-Name-Of-A-Field', 'Received', 'Received', 'Comments', 'Reply-To',
         'Sender']


def tidy(value):
    """Without lines of white space only: they would end the header, or may."""
    return b'\r\n'.join(line for i, line in enumerate(value.split(b'\r\n')) if i == 0 or line.strip())


class Maker:
    """Makes fields and bodies; everything random comes from one seeded source."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def words(self, most):
        return [self.random.choice(WORDS).encode(self.random.choice(['utf-8', 'latin-1']))
                for _ in range(self.random.randint(0, most))]

    def value(self):
        """A field's value, with folds and white space of all kinds, as it goes behind the colon."""
        gap = lambda: self.random.choice([b' ', b' ', b' ', b'  ', b'\t', b'\r\n ', b'\r\n\t', b' \r\n  ', b'\r\n \t '])
        text = self.random.choice([b' ', b' ', b' ', b'', b'  ', b'\t', b'\r\n '])
        for word in self.words(9):
            text += word + gap()
        return (text if self.random.random() < 0.3 else text.rstrip()) or b' '

    def header(self):
        fields = [[b'From', b' Alice <alice@example.com>']]
        fields += [[self.random.choice(NAMES).encode(), self.value()] for _ in range(self.random.randint(1, 9))]
        self.random.shuffle(fields)
        return [[name, tidy(value)] for name, value in fields]

    def body(self):
        kind = self.random.randint(0, 9)
        if kind == 0:
            return b''
        if kind == 1:
            return b'\r\n' * self.random.randint(1, 4)
        lines = []
        for _ in range(self.random.randint(1, 8)):
            line = self.random.choice([b' ', b'  ', b'\t']).join(self.words(8))
            lines.append(line + self.random.choice([b'', b'', b'', b' ', b'\t', b' \t ']))
        text = b'\r\n'.join(lines) + b'\r\n' * self.random.choice([1, 1, 1, 2, 4])
        if kind == 2:
            text += self.random.choice([b' ', b'\t', b'  ']) + b'\r\n'
        if kind == 3:
            text += b'x' * 1200 + b'\r\n' + bytes(self.random.randrange(128, 256) for _ in range(50)) + b'\r\n'
        if kind == 4:
            text = text.rstrip() + b'.'         # no line's end at the end
        return text

    def signed_names(self, fields):
        """h=: some of the fields, some oversigned, some that are not there, in any order and letter case."""
        names = [name for name, _ in fields if self.random.random() < 0.8] + [b'From']
        names += self.random.sample(names, min(len(names), self.random.randint(0, 3)))
        if self.random.random() < 0.4:
            names += self.random.sample([b'Cc', b'Reply-To', b'Sender', b'Resent-Date'], 2)
        self.random.shuffle(names)
        return [self.random.choice([name, name.lower(), name.upper()]) for name in names]


def join(fields, body):
    return b''.join(name + b':' + value + b'\r\n' for name, value in fields) + b'\r\n' + body


# --- signing -------------------------------------------------------------------------------------------------------

FORMS = [(h, b) for h in (b'simple', b'relaxed') for b in (b'simple', b'relaxed')]


def sign(zone, fields, body, names, form=(b'relaxed', b'relaxed'), selector='k1024', key=None, length=False, **more):
    """python3-dkim's signature as a field [name, value]."""
    key = key or zone.keys.get(selector, zone.keys['k1024'])
    signer = dkim.DKIM(join(fields, body))
    signer.should_not_sign = set()
    algorithm = b'ed25519-sha256' if key.is_ed25519 else more.pop('algorithm', b'rsa-sha256')
    text = signer.sign(selector.encode(), b'example.com', key.pem, signature_algorithm=algorithm, canonicalize=form,
                       include_headers=names, length=length, **more)
    name, value = text.split(b':', 1)
    return [name, value.rstrip(b'\r\n')]


def assemble(zone, fields, body, names, form, tags=(), key=None, wrap=None, random_=None, hashed=None, after=b''):
    """A signature out of python3-dkim's parts, with tags in an order and layout that its signer never writes."""
    key = key or zone.keys['k1024']
    policy = dkim.CanonicalizationPolicy(*(dkim.canonicalization.ALGORITHMS[word] for word in form))
    canonical = policy.canonicalize_body(dkim.rfc822_parse(join(fields, body))[1] if hashed is None else hashed)
    wrap = wrap or b' '
    mandatory = [b'v=1', b'a=rsa-sha256', b'c=' + b'/'.join(form), b'd=example.com', b's=k1024',
                 b'h=' + (wrap + b':').join(names), b'bh=' + base64.b64encode(hashlib.sha256(canonical).digest())]
    replaced = [tag.split(b'=')[0] for tag in tags]
    mandatory = [tag for tag in mandatory if tag.split(b'=')[0] not in replaced]
    mandatory += [tag for tag in tags if tag[-1:] != b'=' or tag[:3] == b'bh=' and len(tag) > 3]
    if random_ is not None:
        random_.shuffle(mandatory)
    value = wrap + (b';' + wrap).join(mandatory + [b'b='])
    hasher = hashlib.sha256()
    headers = policy.canonicalize_headers([[name, text + b'\r\n'] for name, text in fields])
    dkim.hash_headers(hasher, policy, headers, [name.lower().strip() for name in names],
                      [b'DKIM-Signature', value + after], {})
    signature = base64.b64encode(bytes(dkim.crypto.RSASSA_PKCS1_v1_5_sign(
        hasher, dkim.crypto.parse_pem_private_key(key.pem))))
    at = random_.randrange(len(signature)) if random_ is not None else 60
    return [b'DKIM-Signature', value + signature[:at] + wrap + signature[at:] + after]


# --- changes -------------------------------------------------------------------------------------------------------

def change_value(maker, value):
    """What relays do to a value."""
    text = value.strip() or b'x'
    return maker.random.choice([
        b' [list]' + value, value + b' (fwd)', value.replace(b'  ', b' '), value.replace(b'\r\n', b''), b'' + text,
        b' ' + text.lower(), value.replace(b'\t', b' '), value.replace(b'e', b'o', 1), b' ' + b' '.join(text.split()),
        value.replace(b' ', b'\r\n ', 1) if value[:1] != b' ' else value + b' ', b' other', b' ' + text, value + b'\t',
    ])


def changed(maker, fields, body):
    """(kind, field, fields, body): one change, or none."""
    fields, kind, field = [list(pair) for pair in fields], maker.random.randrange(12), None
    where = [i for i, (name, _) in enumerate(fields) if name != b'DKIM-Signature']
    at = maker.random.choice(where)
    if kind <= 3:
        field = fields[at][0].decode()
        fields[at][1] = tidy(change_value(maker, fields[at][1]))
        return 'value changed', field, fields, body
    if kind == 4:
        fields[at][0] = maker.random.choice([fields[at][0].lower(), fields[at][0].upper()])
        return 'name changed', fields[at][0].decode(), fields, body
    if kind == 5:
        del fields[at]
        return 'field removed', None, fields, body
    if kind == 6:
        name = maker.random.choice([b'From', b'Subject', b'X-New', b'Received', b'Cc'])
        fields.insert(0, [name, b' ' + b'added'])
        return 'From added on top' if name == b'From' else 'field added on top', None, fields, body
    if kind == 7:
        fields.append([maker.random.choice([b'Subject', b'Received', b'X-New']), b' added'])
        return 'field added below', None, fields, body
    if kind == 8:
        other = maker.random.choice(where)
        fields[at], fields[other] = fields[other], fields[at]
        return 'fields moved', None, fields, body
    if kind == 9:
        fields[where[0] - 1 if where[0] > 0 else 0] = [
            name if name != b'DKIM-Signature' else name.upper() for name in fields[0][:1]] + [
            fields[0][1].replace(b'\r\n ', b' ', 1)]
        return 'signature refolded', None, fields, body
    if kind == 10:
        more = maker.random.choice([b'\r\n', b'\r\n\r\n', b'-- \r\nfooter\r\n', b' \r\n'])
        return 'body grew', None, fields, body + more
    new = maker.random.choice([
        body.replace(b'  ', b' '), body.replace(b' \r\n', b'\r\n'), body.replace(b'e', b'o', 1), body.upper(),
        body[:len(body) // 2].rstrip(b'\r'), body.replace(b'\t', b' '), body + b'x'])
    return 'white space ends the body' if new[-1:] in (b' ', b'\t') else 'body changed', None, fields, new


def ordinary(zone, maker, count):
    """Signed messages of all kinds, each followed by changed copies of itself."""
    while count > 0:
        fields, body = maker.header(), maker.body()
        names, form = maker.signed_names(fields), maker.random.choice(FORMS)
        if maker.random.random() < 0.3:
            wrap = maker.random.choice([b' ', b'', b'\r\n\t', b'\r\n  ', b'\t'])
            extra = [tag for tag in (b'x=%d' % (NOW + 999999), b't=%d' % (NOW - 9), b'i=joe@news.example.com',
                                     b'q=dns/txt', b'zz=unknown', b'z=From:=20x|To:y') if maker.random.random() < 0.3]
            after = maker.random.choice([b'', b';', b'; yy=end'])
            own = assemble(zone, fields, body, names, form, extra, None, wrap, maker.random, None, after)
        else:
            selector = maker.random.choice(['k1024'] * 12 + ['bare', 'odd', 'ed', 'ed', 'k2048'])
            own = sign(zone, fields, body, names, form, selector, length=maker.random.random() < 0.1)
        signed = [own] + fields
        line_end = maker.random.choice([b'\r\n', b'\n'])
        yield Case('signed', None, join(signed, body).replace(b'\r\n', line_end))
        count -= 1
        for _ in range(3):
            kind, field, other, text = changed(maker, signed, body)
            yield Case(kind, field, join(other, text))
            count -= 1


def special(zone):
    """One of each: keys, tags and layouts that a rule is about."""
    fields = [[b'From', b' alice@example.com'], [b'Subject', b' hello\r\n  there'], [b'Date', b' today']]
    body, names, form = b'Hello.\r\n', [b'From', b'Subject'], (b'relaxed', b'relaxed')

    def with_sign(selector, **more):
        return join([sign(zone, fields, body, names, form, selector, **more)] + fields, body)

    def with_tags(*tags, **more):
        return join([assemble(zone, fields, more.pop('body', body), names, form, tags, **more)] + fields, body)

    yield Case('wrong key', None, with_sign('wrong'))
    yield Case('wrong key of another size', None, with_sign('k2048', key=zone.keys['k1024']))
    yield Case('no key', None, with_sign('missing'))
    yield Case('key revoked', None, with_sign('revoked'))
    yield Case('key record malformed', None, with_sign('junk'))
    yield Case('key cut short', None, with_sign('cut'))
    yield Case('key of another version', None, with_sign('v2'))
    yield Case('weak key', None, with_sign('k512'))
    yield Case('key of another type', None, with_sign('ed', key=zone.keys['k1024']))
    yield Case('key with t=s', None, with_sign('strict', identity=b'joe@news.example.com'))
    yield Case('key with h=sha1', None, with_sign('sha1only'))
    yield Case('key for another service', None, with_sign('web'))
    yield Case('key record with v= last', None, with_sign('late'))
    yield Case('key record with p= twice', None, with_sign('twice'))
    yield Case('key in quotes', None, with_sign('quoted'))
    yield Case('key record with an empty tag', None, with_sign('gap'))
    yield Case('rsa-sha1', None, with_sign('k1024', algorithm=b'rsa-sha1'))
    yield Case('q= with several methods', None, with_tags(b'q=http:dns/txt'))
    yield Case('x= an hour ago', None, with_tags(b't=%d' % (NOW - 7200), b'x=%d' % (NOW - 3600)))
    yield Case('x= a day ago', None, with_tags(b't=%d' % (NOW - 99999), b'x=%d' % (NOW - 86400)))
    yield Case('t= an hour ahead', None, with_tags(b't=%d' % (NOW + 3600)))
    yield Case('t= a day ahead', None, with_tags(b't=%d' % (NOW + 86400)))
    yield Case('l= beyond the body', None, with_tags(b'l=99'))
    yield Case('l= of a part', None, with_tags(b'l=5', hashed=b'Hello'))
    yield Case('l= of nothing', None, with_tags(b'l=0', b'bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='))
    yield Case('i= outside d=', None, with_tags(b'i=joe@example.org'))
    yield Case('unknown c=', None, with_tags(b'c=exact/simple'))
    yield Case('unknown a=', None, with_tags(b'a=rsa-sha512'))
    yield Case('v=2', None, with_tags(b'v=2'))
    yield Case('unknown tag twice', None, with_tags(b'zz=1', b'zz=2'))
    yield Case('d= twice', None, with_tags(b'd=example.com', b'd=example.com'))
    yield Case('a tag whose name is none', None, with_tags(b'1z=x'))
    yield Case('no h=', None, with_tags(b'h='))
    yield Case('no bh=', None, with_tags(b'bh='))
    yield Case('c= of the header only', None, with_tags(b'c=relaxed', hashed=body))
    yield Case('white space ends b=', None, with_tags(after=b' \r\n\t; zz=x'))
    own = sign(zone, fields, body, names, form)
    damaged = [own[0], re.sub(rb'(\sb=\S\S\S)(\S)', lambda m: m[1] + (b'A' if m[2] != b'A' else b'B'), own[1])]
    yield Case('b= damaged', None, join([damaged] + fields, body))
    yield Case('not signed', None, join(fields, body))
    tail = b'Hello.\r\nBye.'
    yield Case('white space ends the body', None,
               join([sign(zone, fields, tail, names, form)] + fields, tail + b' \t'))
    moved = [[b'From', b' alice@example.com'], [b'Subject', b' \x0bhello']]
    yield Case('vertical tab in a field', None,
               join([sign(zone, [moved[0], [b'Subject', b' hello']], body, names, form)] + moved, body))


# --- verdicts ------------------------------------------------------------------------------------------------------

def python_verdict(zone, raw):
    """pass, body, fail (neither key nor hash), or error (malformed)."""
    try:
        return 'pass' if dkim.DKIM(raw).verify(dnsfunc=zone.txt) else 'fail'
    except dkim.ValidationError as error:
        return 'body' if str(error).startswith('body hash mismatch') else 'error'
    except Exception:                           # whatever its parsers throw at odd input
        return 'error'


def our_verdicts(directory, driver, cases):
    data = b''.join(b'%d\n' % len(case.raw) + case.raw for case in cases)
    done = subprocess.run([driver, 'conf'], cwd=directory, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=300)
    if done.returncode != 0:
        print('Bail out! dkimdrive ended with status %d: %s' % (done.returncode, done.stderr.decode()[-2000:]))
        sys.exit(1)
    return [line.split('\t') for line in done.stdout.decode().splitlines()]


def kind_of(answer):
    """Our answer in python3-dkim's terms."""
    result, finding, _, reason = answer
    if finding == 'dkim-body-changed' or reason.startswith("the body's hash"):
        return 'body'
    return {'pass': 'pass', 'fail': 'fail', 'policy': 'policy'}.get(result, 'error')


def is_same(python, ours):
    """That neither passes, and whether it is the body: what else failed first is a matter of order."""
    return python == ours or {python, ours} <= {'fail', 'error', 'policy'}


CAUSES = {
    'wrong key': 'dkim-wrong-key', 'wrong key of another size': 'dkim-wrong-key', 'no key': 'dkim-no-key',
    'key revoked': 'dkim-key-revoked', 'key record malformed': 'dkim-bad-key', 'key cut short': 'dkim-bad-key',
    'key of another version': 'dkim-bad-key', 'weak key': 'dkim-weak-key', 'key of another type': 'dkim-bad-key',
    'rsa-sha1': 'dkim-sha1', 'x= a day ago': 'dkim-expired', 'x= an hour ago': 'dkim-expired',
    'b= damaged': 'dkim-wrong-key', 'key for another service': 'dkim-bad-key',
    'key record with v= last': 'dkim-bad-key', 'key record with p= twice': 'dkim-bad-key',
    'key in quotes': 'dkim-bad-key', 'key record with an empty tag': 'dkim-bad-key',
    'a tag whose name is none': 'dkim-bad-signature',
    'unknown tag twice': 'dkim-bad-signature', 'key with h=sha1': 'dkim-bad-key',
    'i= outside d=': 'dkim-bad-signature', 'l= beyond the body': 'dkim-body-changed',
}


# --- the tests -----------------------------------------------------------------------------------------------------

def describe(case, python, answer):
    return '%s (%s): python3-dkim %s, ours %s\n%s' % (case.kind, case.field, python, answer, case.raw[:3000].decode(
        'latin-1').replace('\r', '\\r'))


def compare(cases, pythons, answers):
    """Differences that no row explains, and rows that explain nothing."""
    wrong, used = [], set()
    for case, python, answer in zip(cases, pythons, answers):
        ours = kind_of(answer)
        row = (case.kind, python, ours)
        if row in EXPLAINED:
            used.add(row)
        elif not is_same(python, ours):
            wrong.append(describe(case, python, answer))
    return wrong, ['unused: %s' % (row,) for row in EXPLAINED if row not in used]


def check_canonical(cases, pythons, answers):
    return [describe(*row) for row in zip(cases, pythons, answers) if row[2][2] == 'no']


def check_names(cases, pythons, answers):
    """A field that is named is the one that was changed."""
    wrong, named = [], 0
    for case, python, answer in zip(cases, pythons, answers):
        match = re.search(r'the field (\S+) was changed after signing', answer[3])
        if match is None:
            continue
        named += 1
        if case.kind not in ('value changed', 'name changed') or match.group(1).lower() != case.field.lower():
            wrong.append(describe(case, python, answer))
    changes = sum(case.kind == 'value changed' and answer[1] == 'dkim-header-changed'
                  for case, answer in zip(cases, answers))
    if named < changes / 3:
        wrong.append('%d fields named of %d changed' % (named, changes))
    return wrong, '%d of %d' % (named, changes)


def check_header(cases, pythons, answers):
    """A change of the header is never taken for another key or a changed body."""
    kinds = ('value changed', 'name changed', 'field removed', 'field added on top', 'field added below',
             'fields moved')
    return [describe(*row) for row in zip(cases, pythons, answers)
            if row[0].kind in kinds and row[2][0] != 'pass'
            and row[2][1] not in ('dkim-header-changed', 'dkim-bad-signature', 'dkim-from-unsigned')]


def check_causes(cases, pythons, answers):
    return [describe(*row) for row in zip(cases, pythons, answers)
            if row[0].kind in CAUSES and row[2][1] != CAUSES[row[0].kind]]


def check_mix(cases, pythons):
    """The set is worth comparing: many pass, many do not, of every kind."""
    kinds = collections.Counter(case.kind for case in cases)
    passing = pythons.count('pass')
    wrong = ['%s: %d' % item for item in kinds.items() if item[1] < 40 and item[0] in
             ('signed', 'value changed', 'name changed', 'field removed', 'From added on top', 'field added on top',
              'field added below', 'fields moved', 'signature refolded', 'body grew', 'body changed')]
    if not len(cases) / 4 < passing < 3 * len(cases) / 4:
        wrong.append('%d of %d pass' % (passing, len(cases)))
    return wrong + ['%s is signed and does not pass' % case.kind for case, python in zip(cases, pythons)
                    if case.kind == 'signed' and python != 'pass']


def find_driver():
    here = os.path.dirname(os.path.abspath(__file__))
    top = os.path.dirname(os.path.dirname(here))
    for base in (os.environ.get('top_builddir'), os.getcwd(), top, os.path.join(top, 'build')):
        path = os.path.abspath(os.path.join(base or '.', 't', 'dkim', 'dkimdrive'))
        if os.access(path, os.X_OK):
            return path
    return None


def run(directory, driver, count):
    zone, maker = Zone(directory), Maker(SEED)
    cases = list(ordinary(zone, maker, count)) + list(special(zone))
    pythons = [python_verdict(zone, case.raw) for case in cases]
    answers = our_verdicts(directory, driver, cases)
    differences, unused = compare(cases, pythons, answers)
    named, how_many = check_names(cases, pythons, answers)
    return [
        ('%d messages, at least 2,000' % len(cases), [] if len(cases) >= min(2000, count) else ['too few']),
        ('every message is answered', [] if len(answers) == len(cases) else ['%d answers' % len(answers)]),
        ('passing and failing ones of every kind', check_mix(cases, pythons)),
        ('every difference from python3-dkim is explained', differences),
        ('every explanation is needed', unused),
        ('the header hash of what passes is ours too', check_canonical(cases, pythons, answers)),
        ('a field is named only if it was changed: %s' % how_many, named),
        ('a changed header is not taken for anything else', check_header(cases, pythons, answers)),
        ('keys and tags: the cause is named', check_causes(cases, pythons, answers)),
    ]


def main():
    args = sys.argv[1:]
    driver = find_driver()
    if driver is None:
        print('1..1\nnot ok 1 - t/dkim/dkimdrive is not built (make builds it)')
        return 1
    if dkim is None:
        print('1..0 # SKIP python3-dkim cannot be imported (Debian: python3-dkim, python3-nacl)')
        return 0
    count = int(args[args.index('-n') + 1]) if '-n' in args else MESSAGES
    with tempfile.TemporaryDirectory() as directory:
        tests = run(directory, driver, count)
    print('1..%d' % len(tests))
    for number, (title, wrong) in enumerate(tests, 1):
        print('%sok %d - %s' % ('not ' if wrong else '', number, title))
        for text in wrong if '-v' in args else wrong[:3]:
            print('\n'.join('# ' + line for line in text.splitlines()))
        if len(wrong) > 3:
            print('# and %d more' % (len(wrong) - 3))
    return 1 if any(wrong for _, wrong in tests) else 0


if __name__ == '__main__':
    sys.exit(main())
