#!/usr/bin/env python3
"""Runs every test (lit, GoogleTest and end-to-end, all through lit) and ends
with one line: N passed, N failed[, N skipped]."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", help="the build directory")
    parser.add_argument("--long", action="store_true", help="run the slow tests too")
    parser.add_argument("--filter", default="", help="regular expression of test names")
    options = parser.parse_args()

    build = os.path.abspath(options.build)
    with open(os.path.join(build, "test", "lit-command.txt")) as file:
        lit = file.read().strip().split(";")
    with tempfile.TemporaryDirectory() as scratch:
        results_path = os.path.join(scratch, "results.json")
        command = lit + ["-sv", "--order=lexical", "--output", results_path, os.path.join(build, "test"),
                         os.path.join(build, "test", "unit")]
        if options.filter:
            command += ["--filter", options.filter]
        if options.long:
            command += ["--param", "long=1"]
        subprocess.run(command)
        try:
            with open(results_path) as file:
                tests = json.load(file)["tests"]
        except (OSError, ValueError, KeyError):
            print("the test runner did not finish")
            print("0 passed, 1 failed")
            return 1

    passed = failed = skipped = 0
    for test in tests:
        code = test["code"]
        if code in ("PASS", "FLAKYPASS", "XFAIL"):
            passed += 1
            for note in re.findall(r"^(?:# \| )?(note: .*)", test.get("output") or "", re.MULTILINE):
                print(f"{test['name']}: {note}")
        elif code in ("UNSUPPORTED", "SKIPPED", "EXCLUDED"):
            skipped += 1
            reason = (test.get("output") or "").strip().splitlines()
            print(f"skipped: {test['name']}: {reason[-1] if reason else 'not run'}")
        else:
            failed += 1
    line = f"{passed} passed, {failed} failed"
    if skipped:
        line += f", {skipped} skipped"
    print(line)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
