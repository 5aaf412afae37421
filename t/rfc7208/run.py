#!/usr/bin/env python3
"""The RFC 7208 test suite, every case, against the evaluator and the command: TAP on standard output.

The suites are read where the package python3-spf installs them.  Each scenario's zone data is served on loopback over
UDP and TCP by a small server of this script; spfdrive asks through the real resolver.  The result and, where the case
has one, the explanation must be right; 'preflight spf --json' must say the same, and end with the status that goes
with it.  Where libspf2 has another result, the reason must be known.  RFC 4408's suite runs too; as it stands it allows
what RFC 7208 made of it.

usage: run.py [-v] [CASE...]     environment: top_builddir, RFC7208_SUITES (folder), SPFDRIVE_TIMEOUT_MS
"""
import concurrent.futures
import gzip
import json
import os
import select
import socket
import struct
import subprocess
import sys
import threading

SUITES = os.environ.get('RFC7208_SUITES', '/usr/share/doc/python3-spf')
TYPES = {'A': 1, 'CNAME': 5, 'SOA': 6, 'PTR': 12, 'MX': 15, 'TXT': 16, 'AAAA': 28, 'SPF': 99}
ANY_ORDER = ('mx-limit', 'ptr-limit')      # more names than are looked at: which, the resolver's order decides
NAMES = {number: name for name, number in TYPES.items()}


# --- zone data -----------------------------------------------------------------------------------------------------

def wire_name(name):
    """A name as labels; the suite's names hold any byte but the dot."""
    out = b''
    for label in name.rstrip('.').split('.') if name.rstrip('.') else []:
        raw = label.encode('latin-1')
        if not 0 < len(raw) < 64:
            raise ValueError('label cannot be sent: ' + name)
        out += bytes([len(raw)]) + raw
    return out + b'\0'


def wire_txt(value):
    """Strings of at most 255 bytes.  No string at all cannot pass a resolver; an empty one stands in for it."""
    out = b''
    for string in ([value] if isinstance(value, str) else value) or ['']:
        raw = string.encode('latin-1')
        pieces = [raw[i:i + 255] for i in range(0, len(raw), 255)] or [b'']
        out += b''.join(bytes([len(piece)]) + piece for piece in pieces)
    return out


def wire_rdata(kind, value):
    if kind in ('TXT', 'SPF'):
        return wire_txt(value)
    if kind == 'A':
        return socket.inet_aton(value)
    if kind == 'AAAA':
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == 'MX':
        return struct.pack('!H', int(value[0])) + wire_name(value[1])
    return wire_name(value)


class Zone:
    """What the names of one scenario answer.  SPF records of a name without TXT stand for TXT too."""

    def __init__(self, data):
        self.records = {}       # name -> {type: [rdata]}
        self.silent = {}        # name -> set of types that are not answered, '*' for those without records
        self.existing = set()
        for name, entries in data.items():
            self.add(str(name).lower().rstrip('.'), entries)

    def add(self, name, entries):
        labels = name.split('.')
        self.existing.update('.'.join(labels[i:]) for i in range(len(labels)))
        records = self.records.setdefault(name, {})
        silent = self.silent.setdefault(name, set())
        implied, has_txt = [], False
        for entry in entries:
            if entry == 'TIMEOUT':
                silent.add('*')
                continue
            for kind, value in entry.items():
                has_txt = has_txt or kind == 'TXT'
                if value == 'TIMEOUT':
                    silent.add(kind)
                elif value != 'NONE':
                    records.setdefault(kind, []).append(wire_rdata(kind, value))
                if kind == 'SPF' and value not in ('TIMEOUT', 'NONE'):
                    implied.append(wire_rdata('TXT', value))
        if implied and not has_txt:
            records['TXT'] = implied

    def answers(self, name, kind):
        """(rcode, [(owner, type, rdata)]), or None where nobody answers."""
        if name.startswith('error.'):
            return None
        records = self.records.get(name, {})
        silent = self.silent.get(name, set())
        if kind in silent or (kind not in records and '*' in silent):
            return None
        if kind not in records and 'CNAME' in records:
            return 0, [(name, 'CNAME', records['CNAME'][0])]
        found = [(name, kind, rdata) for rdata in records.get(kind, [])]
        return (0 if name in self.existing else 3), found


# --- the server ----------------------------------------------------------------------------------------------------

def read_question(packet):
    """(name in lower case, type, end of the question, limit of a UDP answer)"""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode('latin-1'))
        at += 1 + packet[at]
    kind, _ = struct.unpack('!HH', packet[at + 1:at + 5])
    end = at + 5
    limit = 512
    if struct.unpack('!H', packet[10:12])[0] == 1 and packet[end:end + 3] == b'\0\0\x29':
        limit = max(512, struct.unpack('!H', packet[end + 3:end + 5])[0])
    return '.'.join(labels).lower(), kind, end, limit


def answer(zone, packet, is_udp):
    """The answer to a query, or None to stay silent."""
    name, kind, end, limit = read_question(packet)
    reply = zone.answers(name, NAMES.get(kind, '?'))
    if reply is None:
        return None
    rcode, found = reply
    body = b''
    for owner, rtype, rdata in found:
        body += wire_name(owner) + struct.pack('!HHIH', TYPES[rtype], 1, 60, len(rdata)) + rdata
    authority = 0
    if not found:
        soa = b'\0\0' + struct.pack('!5I', 1, 60, 60, 60, 60)
        body += b'\0' + struct.pack('!HHIH', TYPES['SOA'], 1, 60, len(soa)) + soa
        authority = 1
    head = packet[:2] + struct.pack('!HHHHH', 0x8580 | rcode, 1, len(found), authority, 0)
    whole = head + packet[12:end] + body
    if is_udp and len(whole) > limit:
        whole = packet[:2] + struct.pack('!HHHHH', 0x8780 | rcode, 1, 0, 0, 0) + packet[12:end]
    return whole


class Server(threading.Thread):
    """One scenario's zone on a loopback port, UDP and TCP, until close()."""

    def __init__(self, zone):
        super().__init__(daemon=True)
        self.zone = zone
        self.udp, self.tcp = self.open_pair()
        self.port = self.udp.getsockname()[1]
        self.stop_r, self.stop_w = os.pipe()
        self.start()

    @staticmethod
    def open_pair():
        for _ in range(50):
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.bind(('127.0.0.1', 0))
            tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                tcp.bind(udp.getsockname())
                tcp.listen(20)
                return udp, tcp
            except OSError:
                udp.close()
                tcp.close()
        raise OSError('no port is free for both UDP and TCP')

    def run(self):
        while True:
            ready, _, _ = select.select([self.udp, self.tcp, self.stop_r], [], [])
            if self.stop_r in ready:
                return
            if self.udp in ready:
                packet, peer = self.udp.recvfrom(65535)
                reply = answer(self.zone, packet, True)
                if reply is not None:
                    self.udp.sendto(reply, peer)
            if self.tcp in ready:
                threading.Thread(target=self.serve_stream, args=self.tcp.accept()[:1], daemon=True).start()

    def serve_stream(self, stream):
        with stream, stream.makefile('rb') as lines:
            while len(head := lines.read(2)) == 2:
                reply = answer(self.zone, lines.read(struct.unpack('!H', head)[0]), False)
                if reply is not None:
                    stream.sendall(struct.pack('!H', len(reply)) + reply)

    def close(self):
        os.write(self.stop_w, b'x')
        self.join()
        for thing in (self.udp, self.tcp):
            thing.close()
        os.close(self.stop_r)
        os.close(self.stop_w)


# --- the cases -----------------------------------------------------------------------------------------------------

def load(suite):
    import yaml
    with gzip.open(os.path.join(SUITES, suite + '-tests.yml.gz'), 'rb') as file:
        return list(yaml.safe_load_all(file))


def drive(driver, port, cases):
    """The driver's answers to a scenario's cases: lists of result, explanation, term, problem, libspf2's, why."""
    lines = ['\t'.join([case['host'], case['helo'], case['mailfrom'], '127.0.0.1', str(port)]) for case in cases]
    done = subprocess.run([driver], input='\n'.join(lines) + '\n', capture_output=True, timeout=300, text=True,
                          encoding='latin-1', env=dict(os.environ))
    answers = [line.split('\t') for line in done.stdout.splitlines()]
    if done.returncode != 0:
        problem = 'spfdrive ended with status %d: %s' % (done.returncode, done.stderr[-2000:])
        answers += [['crash', '', '', problem, '', '']]
    return answers + [['missing', '', '', 'no answer', '', '']] * (len(cases) - len(answers))


def command(port, case):
    """The same question to the command: its status, and what its JSON says."""
    done = subprocess.run([PREFLIGHT, 'spf', '--ip', case['host'], '--helo', case['helo'], '--from', case['mailfrom'],
                           '--json', '--dns', '127.0.0.1@%d' % port, '--dns-timeout', '2', '-c', os.devnull],
                          capture_output=True, timeout=100, text=True, encoding='utf-8')
    return done.returncode, json.loads(done.stdout or '{}'), done.stderr


def differs(name, case, got, port):
    """Where command and evaluator differ, or ''."""
    status, said, error = command(port, case)
    told = {'result': said.get('result', error), 'explanation': said.get('explanation', ''),
            'term': said.get('term', ''), 'opinion': said.get('opinions', {}).get('libspf2', 'unknown')}
    wanted = {'result': got[0], 'explanation': got[1], 'term': got[2], 'opinion': got[4]}
    if name in ANY_ORDER:
        wanted = dict(told, result=told['result'] if told['result'] in case['result'] else case['result'])
    host = socket.gethostname().split('.')[0]
    for key, want in wanted.items():
        if told[key] != want and not (key == 'explanation' and host in told[key]):     # %{r} is who asks
            return 'preflight spf: %s "%s", not "%s"' % (key, told[key], want)
    if status != {'pass': 0, 'temperror': 75}.get(told['result'], 1):
        return 'preflight spf: status %d for %s' % (status, told['result'])
    return ''


def judge(case, wanted, got):
    """What is wrong with an answer, or ''."""
    if got[0] not in wanted:
        return 'result %s, expected %s' % (got[0], ' or '.join(wanted))
    explanation = case.get('explanation')
    if explanation is not None and (got[1] or 'DEFAULT') != explanation:
        return 'explanation "%s", expected "%s"' % (got[1], explanation)
    if got[5] == 'unknown reason':
        return 'libspf2 has %s for %s: why?' % (got[4], got[0])
    return ''


def run_scenario(driver, suite, scenario, chosen):
    """[(title, error, note)], one per case."""
    cases = [(name, case) for name, case in scenario['tests'].items() if not chosen or name in chosen]
    if not cases:
        return []
    server = Server(Zone(scenario['zonedata']))
    try:
        answers = drive(driver, server.port, [case for _, case in cases])
        errors = [differs(name, case, got, server.port) for (name, case), got in zip(cases, answers)]
    finally:
        server.close()
    reports = []
    for (name, case), got, error in zip(cases, answers, errors):
        wanted = [case['result']] if isinstance(case['result'], str) else case['result']
        title = '%s %s: %s' % (suite, scenario.get('description', '').strip(), name)
        note = '%s, preferred %s, term "%s", problem "%s", libspf2 %s %s' % (got[0], wanted[0], *got[2:])
        reports.append((title, judge(case, wanted, got) or error, note))
    return reports


def find_program(*names):
    here = os.path.dirname(os.path.abspath(__file__))
    top = os.path.dirname(os.path.dirname(here))
    for base in (os.environ.get('top_builddir'), os.getcwd(), top, os.path.join(top, 'build')):
        path = os.path.join(base or '.', *names)
        if os.access(path, os.X_OK):
            return path
    return None


PREFLIGHT = find_program('cli', 'preflight')


def main():
    options = [word for word in sys.argv[1:] if word.startswith('-')]
    chosen = [word for word in sys.argv[1:] if not word.startswith('-')]
    driver = find_program('t', 'rfc7208', 'spfdrive')
    if driver is None or PREFLIGHT is None:
        print('1..1\nnot ok 1 - t/rfc7208/spfdrive or cli/preflight is not built (make builds both)')
        return 1
    try:
        suites = [(name, load(name)) for name in ('rfc7208', 'rfc4408')]
    except (ImportError, OSError) as error:
        print('1..0 # SKIP the suite cannot be read: %s (Debian: python3-spf, python3-yaml)' % error)
        return 0
    jobs = [(driver, suite, scenario, chosen) for suite, scenarios in suites for scenario in scenarios]
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:      # most of the time goes into waiting for silence
        reports = sum(pool.map(lambda job: run_scenario(*job), jobs), [])
    print('1..%d' % len(reports))
    for number, (title, error, note) in enumerate(reports, 1):
        print('%sok %d - %s' % ('not ' if error else '', number, title.replace('#', '')))
        if error or '-v' in options:
            print('# %s %s' % (error, note))
    return 1 if any(error for _, error, _ in reports) else 0


if __name__ == '__main__':
    sys.exit(main())
