#!/usr/bin/env python3
"""
How many replies of a file preflight explain reads right.  Such files are not part of the project: they are to measure
patterns with, not to learn them by heart.

    measure-replies.py [-v] FILE...         top_builddir=DIR says where the command was built

A file has tab-separated columns under a line of their names: either cause, reply and (also), or receiver, reply-code,
enhanced, "reply text (template)", our-cause and (also), as lists of documented replies have them.  Printed are the
share of causes that are right, of all replies and of those that have to do with policy (any cause but mailbox/other),
and with -v each that is wrong.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

PREFLIGHT = os.path.join(os.environ.get("top_builddir", "."), "cli", "preflight")
NO_POLICY = "mailbox/other"


def documented_reply(row):
    """'550 5.7.26 text' of a row that has the codes in columns of their own, or a choice of them"""
    words = [row["reply-code"].split("/")[0], row["enhanced"].split("-")[0], row["reply text (template)"]]
    return " ".join(word for word in words if word)


def read_rows(path):
    """(cause, others that would do, reply) of each row"""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if "reply" in rows.fieldnames:
            return [(row["cause"], row["also"] or "", row["reply"]) for row in rows]
        return [(row["our-cause"], row["also"] or "", documented_reply(row)) for row in rows]


def explain(reply):
    done = subprocess.run([PREFLIGHT, "explain", "--json", "--", reply.encode("utf-8", "surrogateescape")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        return {"cause": "none: %s" % done.stderr.decode(errors="replace").strip()}
    return json.loads(done.stdout)


def percent(part, whole):
    return "%.1f %% (%d of %d)" % (100 * part / whole if whole else 100, part, whole)


def measure(path, is_verbose):
    rows = read_rows(path)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(explain, [reply for _, _, reply in rows]))
    wrong = [(row, answer) for row, answer in zip(rows, answers) if answer["cause"] != row[0]]
    policy = [row for row in rows if row[0] != NO_POLICY]
    wrong_policy = [row for row, _ in wrong if row[0] != NO_POLICY]
    print("%s: %s right, of policy %s" % (path, percent(len(rows) - len(wrong), len(rows)),
                                          percent(len(policy) - len(wrong_policy), len(policy))))
    for (cause, also, reply), answer in wrong if is_verbose else []:
        print("  wants %s (%s), got %s%s\n      %s" % (cause, also, answer["cause"],
              " of " + answer["receiver"] if "receiver" in answer else "", reply))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("-v", action="store_true", help="print what is wrong")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    for path in options.files:
        measure(path, options.v)
    return 0


if __name__ == "__main__":
    sys.exit(main())
