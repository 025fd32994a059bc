"""The protocol between run.py and a side that is a Python process: lines of JSON. The side says once that it is ready,
with its number of parameters, the seconds its first iteration took and its versions; then it answers each line
`run K` with the seconds that K iterations took and `memory` with its peak resident memory."""
import json
import os
import sys
import time


def protocol():
    """Where to write answers; whatever else is printed goes to the standard error."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return channel


def peak_memory():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def host_seconds(call):
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def serve(channel, iterate, clock=host_seconds, **ready):
    """iterate(k) runs k iterations; clock(call) tells the seconds of a call when all that it began is done."""

    def answer(**fields):
        channel.write(json.dumps(fields) + "\n")
        channel.flush()

    answer(first=host_seconds(lambda: clock(lambda: iterate(1))), **ready)
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "run":
            answer(seconds=clock(lambda: iterate(int(arguments[0]))))
        elif command == "memory":
            answer(bytes=peak_memory())
