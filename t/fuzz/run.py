#!/usr/bin/env python3
"""
Runs the fuzz targets with libFuzzer, AddressSanitizer and UBSan: a short time each, or campaigns.

    run.py [TARGET]...                      TAP; every target for a few seconds, always the same way
    run.py --minutes N [TARGET]...          N minutes in all, spread over the targets; what is found stays
    run.py --replay FILE... TARGET          one target over these files

The targets are built with clang in top_builddir/t/fuzz/libfuzzer; in corpus/TARGET below it is what reached new code,
in found/ what broke a rule.  An input that did becomes a file of seeds/TARGET with the correction.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "t", "e2e"))

import tap                  # noqa: E402
from tap import require     # noqa: E402

BUILDDIR = os.path.abspath(os.environ.get("top_builddir", os.path.join(TOP, "build")))
BUILD = os.path.join(BUILDDIR, "t", "fuzz", "libfuzzer")
SHORT_TOTAL = 50            # seconds of CPU for all targets together
JOBS = 2
ENVIRONMENT = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1",
                   ASAN_OPTIONS="abort_on_error=0:detect_stack_use_after_return=1:allocator_may_return_null=1")


def targets():
    """Those that have seeds: every one must."""
    return sorted(os.listdir(os.path.join(HERE, "seeds")))


def run(argv, **more):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="backslashreplace", **more)
    return done.returncode, done.stdout


def build(names):
    """Configures once, then makes the targets; what goes wrong is told with the end of the output."""
    os.makedirs(BUILD, exist_ok=True)
    if not os.path.exists(os.path.join(BUILD, "Makefile")):
        status, output = run([os.path.join(TOP, "configure"), "-q", "--enable-sanitizers=fuzzer", "CC=clang",
                              "CFLAGS=-O1 -gline-tables-only"], cwd=BUILD)
        require(status == 0, "configure:\n" + output[-2000:])
    status, output = run(["make", "-s", "-j%d" % JOBS] + ["t/fuzz/" + name for name in names], cwd=BUILD)
    require(status == 0, "make:\n" + output[-4000:])


def fuzz(name, seconds, is_deterministic):
    """One target's run: exit status and output."""
    corpus, found = os.path.join(BUILD, "corpus", name), os.path.join(BUILD, "found", name) + "-"
    os.makedirs(os.path.dirname(found), exist_ok=True)
    if is_deterministic:
        shutil.rmtree(corpus, ignore_errors=True)
    os.makedirs(corpus, exist_ok=True)
    argv = [os.path.join(BUILD, "t", "fuzz", name), "-max_total_time=%d" % seconds, "-print_final_stats=1",
            "-timeout=10", "-rss_limit_mb=2048", "-artifact_prefix=" + found,
            "-use_value_profile=%d" % (not is_deterministic)]
    if is_deterministic:
        argv.append("-seed=1")
    return run(argv + [corpus, os.path.join(HERE, "seeds", name)], env=ENVIRONMENT)


def statistics(output):
    """What libFuzzer says at the end: executions and edges reached."""
    executions = re.findall(r"stat::number_of_executed_units: (\d+)", output)
    edges = re.findall(r"cov: (\d+)", output)
    return "%s executions, %s edges" % (executions[-1] if executions else "?", edges[-1] if edges else "?")


def run_short(names):
    report = tap.Run()
    report.story("the targets build", lambda: build(names))
    if report.failed:
        return report.finish()
    seconds = max(1, SHORT_TOTAL // len(names))
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for name, future in [(name, pool.submit(fuzz, name, seconds, True)) for name in names]:
            status, output = future.result()
            report.story(name, lambda: require(status == 0, output[-6000:]))
            tap.diagnose(statistics(output))
    return report.finish()


def run_campaign(names, minutes):
    """One target after the other, on one processor."""
    build(names)
    failed = 0
    for name in names:
        status, output = fuzz(name, int(minutes * 60 / len(names)), False)
        failed += status != 0
        print("%-12s %s %s" % (name, "FOUND something" if status else "clean", statistics(output)), flush=True)
        if status:
            print(output[-6000:])
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description="Runs the fuzz targets.")
    parser.add_argument("--minutes", type=float, help="a campaign of so many minutes in all")
    parser.add_argument("--replay", nargs="+", metavar="FILE", help="run one target over these files")
    parser.add_argument("target", nargs="*")
    options = parser.parse_args()

    unknown = set(options.target) - set(targets())
    if unknown:
        parser.error("there is no target %s; there are %s" % (", ".join(unknown), ", ".join(targets())))
    names = options.target or targets()
    if shutil.which("clang") is None:
        tap.skip_all("clang is missing (Debian: clang, libclang-rt-dev); make check runs the targets' seeds")
    if tap.has_sanitizers(BUILDDIR):
        tap.skip_all("make check ran the seeds in this build; the targets are fuzzed beside the one without sanitizers")
    if options.replay:
        build(names[:1])
        return subprocess.call([os.path.join(BUILD, "t", "fuzz", names[0])] + options.replay, env=ENVIRONMENT)
    if options.minutes:
        return run_campaign(names, options.minutes)
    return run_short(names)


if __name__ == "__main__":
    sys.exit(main())
