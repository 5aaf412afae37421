#!/usr/bin/env python3
"""
End to end: real mail through Postfix, OpenDKIM and Preflight to smtp-sink, with nsd as the DNS.  Needs root.

    run.py [part of a story's name]...      top_builddir=DIR says where the daemon was built
"""
import json
import os
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import departed                                         # noqa: E402
import tap                                              # noqa: E402
from audited import audited                             # noqa: E402
from lab import run_status                              # noqa: E402
from process import wait_until                          # noqa: E402
from tallied import tallied                             # noqa: E402
from tap import equal, require                          # noqa: E402
from world import World, message                        # noqa: E402

CLEAN = {
    "verdict": "accept", "action": "accept", "egress": "default", "from": "<a@example.com>", "author": "example.com",
    "spf": "pass", "dkim": "pass", "dmarc": "pass", "policy": "reject", "predict": "generic:accept", "findings": "-",
}


def expect_line(world, preflight, queue_id, mark=0, **differences):
    """The log line of a message is the clean one but for these fields."""
    line = world.preflight[preflight].judged(queue_id, mark)
    fields = dict(CLEAN, **{name.rstrip("_"): value for name, value in differences.items()})
    want = "%s: %s ms=" % (queue_id, " ".join("%s=%s" % pair for pair in fields.items()))
    equal(re.sub(r" ms=\d+$", " ms=", line), want, "the log line")


def expect_delivered(world, reply):
    require(reply.code == 250 and reply.queue_id, "the client was told: %s" % reply)
    world.postfix.expect_sent(reply.queue_id)


def expect_judged(world, sender, data, preflight="observe", door=None, **differences):
    """A message is taken and delivered, and its line is the clean one but for these fields."""
    reply = world.send(door or preflight, sender, data)
    expect_delivered(world, reply)
    expect_line(world, preflight, reply.queue_id, **differences)
    return reply


# --- what the judgement rests on -------------------------------------------------------

def clean(world):
    """signed and aligned: relayed with a clean line"""
    expect_judged(world, "a@example.com", message("a@example.com", "token-clean"))
    delivered = world.sink.find("token-clean")
    require(b"DKIM-Signature:" in delivered, "the signature is gone")
    require(b"Authentication-Results" not in delivered, "a header field was added")


def egress_not_in_spf(world):
    """egress not in SPF, saved by the signature"""
    expect_judged(world, "a@moved.test", message("a@moved.test"), from_="<a@moved.test>", author="moved.test",
                  spf="fail", findings="spf-fail")


def egress_not_in_spf_unsigned(world):
    """egress not in SPF and unsigned: reject is predicted, observe mode relays"""
    expect_judged(world, "a@forbidden.test", message("a@forbidden.test"), from_="<a@forbidden.test>",
                  author="forbidden.test", verdict="reject", action="log", spf="fail", dkim="none", dmarc="fail",
                  policy="none", predict="generic:550-5.7.1",
                  findings="spf-fail,dkim-none,dmarc-fail,dmarc-policy-none")


def unsigned(world):
    """unsigned, saved by SPF"""
    expect_judged(world, "a@unsigned.test", message("a@unsigned.test"), from_="<a@unsigned.test>",
                  author="unsigned.test", dkim="none", findings="dkim-none")


def wrong_key(world):
    """wrong key in DNS"""
    expect_judged(world, "a@wrongkey.test", message("a@wrongkey.test"), from_="<a@wrongkey.test>",
                  author="wrongkey.test", verdict="reject", action="log", spf="softfail", dkim="fail", dmarc="fail",
                  predict="generic:550-5.7.1", findings="spf-softfail,dkim-wrong-key,dmarc-fail")


def body_changed(world):
    """body changed after signing"""
    expect_judged(world, "a@changed.test", message("a@changed.test"), door="changed", from_="<a@changed.test>",
                  author="changed.test", verdict="junk", action="log", spf="softfail", dkim="fail", dmarc="fail",
                  policy="quarantine", predict="generic:junk", findings="spf-softfail,dkim-body-changed,dmarc-fail")


def misaligned(world):
    """From of another domain than sender and signature"""
    expect_judged(world, "a@example.com", message("a@author.test"), author="author.test", verdict="reject",
                  action="log", dkim="none", dmarc="fail", predict="generic:550-5.7.1",
                  findings="dkim-none,dmarc-fail,dmarc-no-alignment,spf-not-aligned")


def null_sender(world):
    """null sender: HELO is judged"""
    expect_judged(world, "", message("mailer-daemon@example.com"), from_="<>")


def pickup(world):
    """submitted by sendmail(1)"""
    mark = world.postfix.process.mark()
    data = message("a@example.com", "token-pickup").replace(b"\r\n", b"\n")
    world.postfix.submit(data, "-f", "a@example.com", "someone@receiver.test")
    queue_id = world.postfix.process.wait_for(r"cleanup\[\d+\]: (\w+): message-id=<a.token.pickup@", mark).group(1)
    world.postfix.expect_sent(queue_id)
    expect_line(world, "observe", queue_id)


def receivers(world):
    """recipients of several receivers: each by its MX, the worst decides"""
    mark = world.preflight["observe"].process.mark()
    soft = dict(from_="<a@forbidden.test>", author="forbidden.test", action="log", spf="fail", dkim="none",
                dmarc="fail", policy="none", verdict="reject",
                findings="spf-fail,dkim-none,dmarc-fail,dmarc-policy-none")
    for recipients, want in (
            (["b@gmail.com"], {"predict": "gmail:550-5.7.26"}),
            (["b@tenant.test"], {"predict": "exchange-online:junk", "verdict": "junk"}),
            (["b@tenant.test", "b@hotmail.com"], {"predict": "exchange-online:junk", "verdict": "junk"}),
            (["b@tenant.test", "b@gmail.com", "b@receiver.test"], {"predict": "gmail:550-5.7.26"})):
        reply = world.send("observe", "a@forbidden.test", message("a@forbidden.test"), recipients)
        expect_delivered(world, reply)
        expect_line(world, "observe", reply.queue_id, mark, **{**soft, **want})


# --- outgoing or not -------------------------------------------------------------------

def inbound(world):
    """inbound mail is not judged"""
    client = world.postfix.connect("observe")
    client.docmd("XCLIENT", "ADDR=192.0.2.77 NAME=mx.receiver.test")
    client.ehlo()
    reply = world.send("observe", "someone@receiver.test", message("someone@receiver.test"), ["a@inbound.test"], client)
    client.close()
    expect_delivered(world, reply)
    require(not world.preflight["observe"].has_judged(reply.queue_id), "inbound mail was judged")


def other_client(world):
    """a client that Postfix trusts but that is not in outgoing { networks }"""
    client = world.postfix.connect("observe", source="127.0.0.2")
    reply = world.send("observe", "a@example.com", message("a@example.com"), client=client)
    client.close()
    expect_delivered(world, reply)
    require(not world.preflight["observe"].has_judged(reply.queue_id), "the message was judged")


def authenticated(world):
    """an authenticated user from anywhere is judged"""
    client = world.postfix.connect("observe")
    client.docmd("XCLIENT", "ADDR=192.0.2.77 NAME=home.test LOGIN=alice")
    client.ehlo()
    reply = world.send("observe", "a@example.com", message("a@example.com"), ["b@inbound.test"], client)
    client.close()
    expect_delivered(world, reply)
    expect_line(world, "observe", reply.queue_id)


# --- sessions --------------------------------------------------------------------------

def several_messages(world):
    """several messages in one session, RSET between them"""
    client = world.postfix.connect("observe")
    replies = [world.send("observe", "a@example.com", message("a@example.com", "one"), client=client)]
    client.mail("a@forbidden.test")
    client.rcpt("someone@receiver.test")
    client.rset()
    replies.append(world.send("observe", "a@example.net", message("a@example.net", "two"), client=client))
    replies.append(world.send("observe", "a@example.com", message("a@example.com", "three"), client=client))
    client.quit()
    for reply in replies:
        expect_delivered(world, reply)
    expect_line(world, "observe", replies[0].queue_id)
    expect_line(world, "observe", replies[1].queue_id, from_="<a@example.net>", author="example.net", policy="none",
                findings="dmarc-policy-none")
    expect_line(world, "observe", replies[2].queue_id)


def aborted(world):
    """a client that goes away in the middle of DATA leaves no line and no harm"""
    mark, postfix_mark = world.preflight["observe"].process.mark(), world.postfix.process.mark()
    client = world.postfix.connect("observe")
    client.mail("a@forbidden.test")
    client.rcpt("someone@receiver.test")
    client.docmd("DATA")
    client.send(b"From: a@forbidden.test\r\n\r\nhalf a mess")
    client.close()
    world.postfix.process.wait_for(r"lost connection after DATA", postfix_mark)
    expect_judged(world, "a@example.com", message("a@example.com"))
    world.preflight["observe"].sync()
    lines = [line for line in world.preflight["observe"].process.since(mark) if "from=<a@forbidden.test>" in line]
    equal(lines, [], "lines about the aborted message")


# --- what comes back -------------------------------------------------------------------

def explain_notice(world, sender, recipients):
    """A message is refused; what preflight explain makes of the notice that Postfix gives its sender."""
    mark = world.postfix.process.mark()
    token = "token-%s" % "-".join(recipients)
    data = message(sender, token)
    reply = world.send("observe", sender, data, recipients)
    world.postfix.expect_notice(reply.queue_id, mark)
    mine = b"X-Postfix-Queue-ID: " + reply.queue_id.encode()
    found = [notice for notice in world.sink.messages() if mine in notice]
    equal(len(found), 1, "notices of %s" % reply.queue_id)
    path = world.lab.path(reply.queue_id + ".eml")
    with open(path, "wb") as file:
        file.write(found[0])
    status, output = run_status([world.lab.preflight, "explain", "-c", world.preflight["observe"].conf, "--json", path])
    equal(status, 0, "status of explain: %s" % output)
    return reply, json.loads(output)


def bounced(world):
    """Postfix's own notice of two refusals is read, and the cause of one is still there"""
    reply, got = explain_notice(world, "a@forbidden.test", ["b@spf.test", "c@nobody.test"])
    refusals = sorted(got["replies"], key=lambda one: one["recipient"])     # they came in any order
    equal([(one["cause"], one["recipient"], one["code"], one["enhanced"], one["queue_id"]) for one in refusals],
          [("spf", "b@spf.test", "550", "5.7.1", reply.queue_id),
           ("mailbox/other", "c@nobody.test", "550", "5.1.1", reply.queue_id)], "the refusals")
    now = refusals[0]["now"]
    equal((now["still_there"], now["verdict"]), (True, "reject"), "now")
    require("SPF fail for forbidden.test from 203.0.113.5" in now["reason"], now["reason"])
    require("still_there" not in refusals[1]["now"], "a mailbox can be told")


def bounced_and_mended(world):
    """a notice that returns the whole message: its signature verifies, the cause is gone"""
    _, got = explain_notice(world, "a@moved.test", ["b@dmarc.test"])
    equal((got["cause"], got["now"]["still_there"], got["now"]["verdict"]), ("dmarc", False, "accept"), "the refusal")
    require("DMARC pass for moved.test" in got["now"]["reason"], got["now"]["reason"])
    equal([one["id"] for one in got["now"]["findings"] if one["id"].startswith("dkim")], [], "findings about DKIM")


# --- actions ---------------------------------------------------------------------------

def enforced(world):
    """enforce mode: the client sees 451 4.7.1 with the cause"""
    mark = world.postfix.process.mark()
    reply = world.send("enforce", "a@forbidden.test", message("a@forbidden.test"))
    equal(reply.code, 451, "the reply's code")
    equal(reply.text, "4.7.1 Preflight: SPF fail for forbidden.test from 203.0.113.5 (-all); generic answers 550 5.7.1",
          "the reply's text")
    queue_id = world.postfix.process.wait_for(
        r"cleanup\[\d+\]: (\w+): milter-reject: END-OF-MESSAGE from .* 4\.7\.1 Preflight: SPF fail", mark).group(1)
    expect_line(world, "enforce", queue_id, from_="<a@forbidden.test>", author="forbidden.test", verdict="reject",
                action="tempfail", spf="fail", dkim="none", dmarc="fail", policy="none", predict="generic:550-5.7.1",
                findings="spf-fail,dkim-none,dmarc-fail,dmarc-policy-none")


def enforced_clean(world):
    """enforce mode lets good mail pass"""
    expect_judged(world, "a@example.com", message("a@example.com"), preflight="enforce")


def refused(world):
    """a domain's own policy: 550"""
    mark = world.postfix.process.mark()
    reply = world.send("enforce", "a@refused.test", message("a@refused.test"))
    equal(reply.code, 550, "the reply's code")
    equal(reply.text, "5.7.1 Preflight: SPF fail for refused.test from 203.0.113.5 (-all); generic answers 550 5.7.1",
          "the reply's text")
    queue_id = world.postfix.process.wait_for(r"cleanup\[\d+\]: (\w+): milter-reject: END-OF-MESSAGE", mark).group(1)
    expect_line(world, "enforce", queue_id, from_="<a@refused.test>", author="refused.test", verdict="reject",
                action="reject", spf="fail", dkim="none", dmarc="fail", predict="generic:550-5.7.1",
                findings="spf-fail,dkim-none,dmarc-fail")


def held(world):
    """a domain's own policy: the hold queue"""
    mark = world.postfix.process.mark()
    reply = world.send("enforce", "a@held.test", message("a@held.test"))
    equal(reply.code, 250, "the reply's code")
    world.postfix.process.wait_for(r"%s: milter-hold: END-OF-MESSAGE" % reply.queue_id, mark)
    require(reply.queue_id in world.postfix.held(), "not in the hold queue")
    expect_line(world, "enforce", reply.queue_id, from_="<a@held.test>", author="held.test", verdict="reject",
                action="hold", spf="fail", dkim="none", dmarc="fail", predict="generic:550-5.7.1",
                findings="spf-fail,dkim-none,dmarc-fail")


# --- odd messages: judged or bounded, never lost, never a crash ---------------------------

def expect_survived(world, data, pattern, sender="a@example.com", door="observe"):
    """Delivered, with one line that matches; the daemon goes on."""
    reply = world.send(door, sender, data)
    expect_delivered(world, reply)
    line = world.preflight["observe"].judged(reply.queue_id)
    require(re.search(pattern, line), "the log line\n  expected: %s\n  got:      %s" % (pattern, line))
    expect_judged(world, "a@example.com", message("a@example.com"))


def eight_bit(world):
    """8-bit text in header and body"""
    data = message("a@example.com", "gr\u00fc\u00dfe", body="Gr\u00fc\u00dfe\r\n" + "\udcff\udc80\r\n")
    expect_survived(world, data, r"dkim=pass .* findings=header-8bit,dkim-fragile-8bit ms=")


def nul_bytes(world):
    """NUL bytes in header and body"""
    data = message("a@example.com", extra="X-Nul: a\0b\r\n", body="a\0b\r\n\0\r\n")
    expect_survived(world, data, r"verdict=accept .* spf=pass .* dmarc=pass")


def bare_newlines(world):
    """bare LF and CR"""
    data = message("a@example.com", body="one\ntwo\rthree\r\r\n.\n.\n\r\n")
    expect_survived(world, data, r"verdict=accept .* spf=pass .* dmarc=pass")


def no_from(world):
    """no From field"""
    data = b"Subject: nobody\r\nDate: Mon, 20 Nov 2023 10:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n"
    expect_survived(world, data, r"verdict=reject action=log .* author=- .* findings=.*from-missing")


def no_header(world):
    """no header at all"""
    expect_survived(world, b"\r\nHello\r\n", r"verdict=reject action=log .* author=- .* findings=.*from-missing")


def nothing(world):
    """nothing at all"""
    expect_survived(world, b"", r"verdict=reject action=log .* author=- .* findings=.*from-missing")


def huge_body(world):
    """a body of 30 MB"""
    line = "0123456789abcdef" * 4 + "\r\n"
    expect_survived(world, message("a@example.com", body=line * (30_000_000 // len(line))),
                    r"verdict=accept .* dkim=pass .* findings=- ms=")


def many_headers(world):
    """10,000 header fields"""
    extra = "".join("X-Field-%d: value %d\r\n" % (n, n) for n in range(10_000))
    expect_survived(world, message("a@example.com", extra=extra), r"findings=.*message-over-limits")


def huge_header(world):
    """a header field of 2 MB"""
    extra = "X-Huge: begin\r\n" + (" " + "x" * 900 + "\r\n") * 2300
    reply = world.send("accept", "a@example.com", message("a@example.com", extra=extra))
    expect_delivered(world, reply)
    expect_judged(world, "a@example.com", message("a@example.com"), preflight="victim")


def many_signatures(world):
    """1,000 signatures"""
    signature = ("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=example.com; s=s1; h=From:Subject;\r\n"
                 " bh=NKkyBviZLD/TMuErgpYdT7R69d3nuvqD8sQy5fOqoUY=; b=%d\r\n")
    extra = "".join(signature % n for n in range(1000, 2000))
    expect_survived(world, message("a@example.com", extra=extra), r"spf=pass .* dmarc=pass .* findings=.*dkim-too-many")


# --- trouble of our own ----------------------------------------------------------------

def expect_unsure(world):
    """A daemon without a cache, whose DNS does not answer, lets a message pass."""
    victim = world.preflight["victim"]
    reply = world.send("victim", "a@example.com", message("a@example.com"))
    expect_delivered(world, reply)
    line = victim.judged(reply.queue_id)
    require(re.search(r"verdict=unsure action=accept .* spf=temperror dkim=temperror dmarc=temperror policy=- "
                      r"predict=unknown:unsure findings=spf-temperror,dkim-temperror,dmarc-temperror ms=", line), line)
    took = int(re.search(r"ms=(\d+)$", line).group(1))
    require(took < 5000, "the budget of 4 s was not kept: %s" % line)
    return reply.queue_id


def expect_judged_again(world):
    def is_judged():
        reply = world.send("victim", "a@example.com", message("a@example.com"))
        return "verdict=accept" in world.preflight["victim"].judged(reply.queue_id)
    wait_until(is_judged, "a verdict again")


def dns_silent(world):
    """DNS that does not answer: unsure, delivered, our trouble logged; judged again when it is back"""
    victim = restart_victim(world)
    world.nsd.pause()
    try:
        queue_id = expect_unsure(world)
        victim.process.wait_for("%s: dns: no answer for TXT " % queue_id)
    finally:
        world.nsd.go_on()
    expect_judged_again(world)


def dns_stopped(world):
    """DNS that is gone: unsure, delivered; judged again when it is back"""
    restart_victim(world)
    world.nsd.stop()
    try:
        expect_unsure(world)
    finally:
        world.nsd.start()
    expect_judged_again(world)


def restart_victim(world):
    """A daemon without a cache."""
    victim = world.preflight["victim"]
    if victim.process.is_running():
        victim.process.kill()
    victim.configure(world.configuration("victim"))
    victim.start()
    return victim


def killed(world):
    """milter killed: 250 and delivered under accept, 451 under tempfail; back after a start"""
    world.preflight["victim"].process.kill()
    expect_delivered(world, world.send("accept", "a@forbidden.test", message("a@forbidden.test")))
    client = world.postfix.connect("victim")
    code, text = client.mail("a@forbidden.test")
    client.close()
    equal((code, text[:5]), (451, b"4.7.1"), "the reply to MAIL")
    restart_victim(world)
    expect_judged(world, "a@example.com", message("a@example.com"), preflight="victim")


def stopped_in_transaction(world):
    """SIGTERM with a transaction in hand finishes it"""
    victim = restart_victim(world)
    client = world.postfix.connect("victim")
    client.mail("a@example.com")
    client.rcpt("someone@receiver.test")
    victim.process.send(signal.SIGTERM)
    code, text = client.data(message("a@example.com"))
    client.close()
    require(code == 250, "the client was told: %d %s" % (code, text))
    queue_id = text.split()[-1].decode()
    equal(victim.process.wait(), 0, "the exit status")
    victim.check_health()
    world.postfix.expect_sent(queue_id)
    expect_line(world, "victim", queue_id)
    require(not os.path.exists(victim.path), "the socket is still there")
    victim.start()


def reloaded(world):
    """a reload under traffic loses nothing; one with a mistake keeps the old configuration"""
    victim = restart_victim(world)
    good = world.configuration("victim")
    count = 300
    mark, postfix_mark = victim.process.mark(), world.postfix.process.mark()
    traffic = subprocess.Popen(
        ["/usr/sbin/smtp-source", "-s", "8", "-m", str(count), "-f", "a@example.com", "-t", "someone@receiver.test",
         "127.0.0.1:%d" % world.postfix.doors["victim"].port], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    try:
        for configuration, said in ((good, "reloaded"), (good + "nonsense = 1\n", "nonsense"), (good, "reloaded")) * 3:
            victim.configure(configuration)
            victim.process.wait_for(said, victim.reload())
        output, _ = traffic.communicate(timeout=120)
    finally:
        traffic.kill()
    equal((traffic.returncode, output), (0, b""), "smtp-source")

    def lines(process, since, pattern):
        return [line for line in process.since(since) if re.search(pattern, line)]
    wait_until(lambda: len(lines(world.postfix.process, postfix_mark, "status=sent")) >= count, "%d deliveries" % count)
    victim.sync()
    equal(len(lines(victim.process, mark, "verdict=accept action=accept")), count, "clean lines in Preflight's log")
    equal(lines(world.postfix.process, postfix_mark, "warning: milter"), [], "Postfix's complaints")


def reloaded_often(world):
    """200 reloads, one right after the other"""
    victim = restart_victim(world)
    for _ in range(200):
        victim.sync()
    expect_judged(world, "a@example.com", message("a@example.com"), preflight="victim")


def reloaded_differently(world):
    """a reload is in force for the next message"""
    victim = restart_victim(world)
    enforcing = world.configuration("enforce")
    equal(world.send("victim", "a@forbidden.test", message("a@forbidden.test")).code, 250, "the reply before")
    victim.configure(enforcing)
    victim.sync()
    equal(world.send("victim", "a@forbidden.test", message("a@forbidden.test")).code, 451, "the reply after")


# --- the process ------------------------------------------------------------------------

def status_of(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return dict(re.findall(r"^(\w+):\s+(.*)$", file.read(), re.M))


def over_inet(world):
    """over inet: no message waits for a delayed acknowledgement"""
    client = world.postfix.connect("inet")
    took = []
    for size in (1, 2000) * 10:
        data = message("a@example.com", body="Hello.\r\n" * size)
        begin = time.monotonic()
        reply = world.send("inet", "a@example.com", data, client=client)
        took.append(time.monotonic() - begin)
        expect_delivered(world, reply)
        expect_line(world, "inet", reply.queue_id, dkim="none", findings="dkim-none")
    client.close()
    took.sort()
    require(took[len(took) // 2] < 0.035, "messages took %s ms" % ", ".join("%.0f" % (1000 * one) for one in took))


def unprivileged(world):
    """started as root, it is nobody"""
    status = status_of(world.preflight["observe"].process.pid)
    require("0" not in status["Uid"].split() + status["Gid"].split(), "it runs as %(Uid)s, %(Gid)s" % status)
    equal(int(status["CapEff"], 16), 0, "the capabilities")


def bounded(world):
    """after all of these its memory is what it was"""
    with open(world.lab.milter, "rb") as file:
        program = file.read()
    if b"__asan_init" in program or b"__tsan_init" in program:
        return      # the sanitizers keep what was freed
    peak = int(status_of(world.preflight["observe"].process.pid)["VmHWM"].split()[0])
    require(peak < 32 * 1024, "it has used %d kB" % peak)


def explained(world):
    """a finding is explained once, with its remedy"""
    lines = world.preflight["observe"].process.since(0)
    found = [line for line in lines if "finding spf-fail 203.0.113.5: SPF fail for moved.test" in line]
    equal(len(found), 1, "explanations of spf-fail for moved.test")
    require("authorise 203.0.113.5 in the SPF record of moved.test" in found[0], "no remedy: %s" % found[0])


def second_daemon(world):
    """a second daemon on a socket in use is refused; a stale socket is replaced"""
    observe = world.preflight["observe"]
    status, output = run_status(world.lab.milter_command("-f", "-c", observe.conf))
    require(status not in (0, -signal.SIGABRT, -signal.SIGSEGV), "exit status %d: %s" % (status, output))
    require("observe.sock" in output, "it does not name the socket: %s" % output)
    expect_judged(world, "a@example.com", message("a@example.com"))
    # restart_victim leaves the socket of a daemon that was killed: it started over that already.
    require(os.path.exists(restart_victim(world).path), "no socket")


def ends_well(world):
    """all daemons end well on SIGTERM"""
    daemons = list(world.preflight.values())
    for daemon in daemons:
        daemon.process.send(signal.SIGTERM)
    for daemon in daemons:
        daemon.stop()


STORIES = [
    clean, egress_not_in_spf, egress_not_in_spf_unsigned, unsigned, wrong_key, body_changed, misaligned,
    null_sender, receivers, pickup, inbound, other_client, authenticated, several_messages, aborted, bounced,
    bounced_and_mended, tallied, audited, *departed.STORIES, enforced, enforced_clean, refused, held, eight_bit,
    nul_bytes,
    bare_newlines, no_from, no_header, nothing, huge_body, many_headers, huge_header, many_signatures, dns_silent,
    dns_stopped, killed, stopped_in_transaction, reloaded, reloaded_often, reloaded_differently, over_inet,
    unprivileged, bounded, explained, second_daemon, ends_well,
]


def main():
    if os.getuid() != 0:
        tap.skip_all("Postfix needs root")
    builddir = os.environ.get("top_builddir", os.path.join(os.path.dirname(os.path.dirname(HERE)), "build"))
    run = tap.Run(sys.argv[1:])
    with World(builddir) as world:
        for story in STORIES:
            run.story(story.__doc__, lambda: story(world), world.lab.excerpt)
    return run.finish()


if __name__ == "__main__":
    sys.exit(main())
