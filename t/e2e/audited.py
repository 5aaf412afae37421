"""
The story of preflight postfix: the laboratory's own Postfix, and copies of its configuration with one setting changed.
"""
import json
import os
import shutil

from lab import make_old, run, run_status
from tap import equal, require
from world import message

# A setting of main.cf, and the finding and its subject that it brings.
CHANGES = [
    ("smtp_generic_maps=inline:{ a@example.com=b@example.net }", "postfix-generic-maps", "smtp_generic_maps"),
    ("smtp_header_checks=pcre:{ { /^Subject: (.*)/ REPLACE Subject: [x] $1 } }", "postfix-header-checks",
     "smtp_header_checks"),
    ("smtp_line_length_limit=500", "postfix-lines-cut", "smtp_line_length_limit"),
    ("sender_canonical_maps=inline:{ a@example.com=b@example.net }", "postfix-sender-rewritten",
     "sender_canonical_maps"),
    ("masquerade_domains=$mydomain", "postfix-sender-rewritten", "masquerade_domains"),
    ("sender_dependent_relayhost_maps=inline:{ a@example.com=[192.0.2.1] }", "postfix-sender-dependent",
     "sender_dependent_relayhost_maps"),
    ("multi_instance_directories=/etc/postfix-other", "postfix-other-instances", "multi_instance_directories"),
    ("milter_default_action=reject", "postfix-action-reject", None),
    ("relayhost=", "postfix-helo-differs", "other.example.com"),
    ("non_smtpd_milters=", "postfix-mail-unjudged", "pickup"),
]


def audit(world, directory, status=0):
    command = [world.lab.preflight, "postfix", "-c", world.preflight["observe"].conf, "--config-dir", directory]
    got, output = run_status([*command, "--json"])
    require(got == status, "exit status %d:\n%s" % (got, output))
    found = json.loads(output)
    return found, {(finding["id"], finding["subject"]) for finding in found["findings"]}


def audited(world):
    """preflight postfix: what it says of the laboratory's Postfix is so, and each setting is seen"""
    postfix = world.postfix
    found, findings = audit(world, postfix.conf)
    equal(found["version"], run(["postconf", "-h", "mail_version"]).strip(), "the version")
    ways = {way["service"]: way for way in found["ways_in"]}
    for name, door in postfix.doors.items():
        way = ways["127.0.0.1:%d" % door.port]
        equal(way["judged"], world.preflight["observe"].path in door.milters, "whether door '%s' is judged" % name)
        equal(way["kind"], "return" if name == "back" else "relay", "the kind of door '%s'" % name)
    require(ways["pickup"]["judged"] and ways["pickup"]["kind"] == "local", "sendmail(1): %s" % ways["pickup"])
    filtered = "127.0.0.1:%d" % postfix.doors["filtered"].port
    enforce = "127.0.0.1:%d" % postfix.doors["enforce"].port
    signer = "unix:" + postfix.doors["accept"].milters[0]
    for want in (("postfix-content-filter", filtered), ("postfix-mail-unjudged", enforce),
                 ("postfix-action-accept", signer), ("postfix-tls-off", "smtp_tls_security_level"),
                 ("postfix-bounces-unsigned", "internal_mail_filter_classes")):
        require(want in findings, "no %s in %s" % (want, sorted(findings)))
    judged_where_it_says(world)
    rewritten_where_it_says(world)

    for change, finding, subject in CHANGES:
        copy = world.lab.path("audited")
        shutil.copytree(postfix.conf, copy)
        with open(os.path.join(copy, "main.cf"), "a", encoding="utf-8") as file:
            file.write("%s\nsmtp_helo_name=other.example.com\n" % change)
        make_old(file.name)
        if finding == "postfix-action-reject":
            run(["postconf", "-c", copy, "-PX", *overrides(copy, "milter_default_action")])
        more = audit(world, copy)[1] - findings
        shutil.rmtree(copy)
        require(any(finding == id and subject in (None, about) for id, about in more),
                "%s brings no %s: %s" % (change, finding, sorted(more)))


def overrides(directory, setting):
    names = [line.split(" = ")[0] for line in run(["postconf", "-c", directory, "-P"]).splitlines()]
    return [name for name in names if name.endswith("/" + setting)]


def judged_where_it_says(world):
    """Mail by a door that is judged has a line in the daemon's log; by another it has none."""
    observe = world.preflight["observe"]
    mark = observe.process.mark()
    sent = {name: world.send(name, "a@example.com", message("a@example.com")) for name in ("enforce", "observe")}
    ids = {name: reply.queue_id for name, reply in sent.items()}
    observe.judged(ids["observe"], mark)
    require(not any(ids["enforce"] in line for line in observe.process.since(mark)), "judged by another door")


def rewritten_where_it_says(world):
    """smtpd tells the milters the sender that cleanup then rewrites: why postfix-sender-rewritten is a finding."""
    postfix = world.postfix
    postfix.configure(postfix.main + "sender_canonical_maps=inline:{ a@example.com=b@example.net }\n", postfix.master)
    try:
        mark = world.preflight["observe"].process.mark()
        reply = world.send("observe", "a@example.com", message("a@example.com", "token-rewritten"))
        line = world.preflight["observe"].judged(reply.queue_id, mark)
        require(" from=<a@example.com> " in line, "the milter was told another sender: %s" % line)
        world.postfix.expect_sent(reply.queue_id)
        require(b"X-Mail-Args: <b@example.net>" in world.sink.find("token-rewritten"), "it left with another sender")
    finally:
        postfix.configure(postfix.main, postfix.master)
