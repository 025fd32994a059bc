"""The sides of the benchmark as run.py sees them: something that has a first iteration, runs k iterations on command
and tells the seconds of one."""
import csv
import json
import os
import random
import selectors
import shutil
import statistics
import struct
import subprocess
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Unavailable(Exception):
    """A side that cannot be measured, and why."""


def write_npy(path, shape):
    """Random bytes as a NumPy array."""
    size = 1
    for extent in shape:
        size *= extent
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode("latin1"))
        file.write(random.Random(0).randbytes(size))


class Agon:
    """A binary of agonc, at one number of threads. Each measurement is a run of its own, which drops its first row:
    log.csv has the rate of the iterations alone, without the start, pictures and checkpoints."""

    def __init__(self, binary, options, threads, scratch):
        self.binary, self.options, self.threads = binary, options, threads
        self.out = os.path.join(scratch, f"run{threads}")
        self.label = str(threads)
        self.memory = 0

    def run(self, k):
        rows = min(k, 4)
        every = -(-k // rows)
        command = [self.binary, "train", *self.options, "--steps", str(every * (rows + 1)), "--log-every", str(every),
                   "--threads", str(self.threads), "--out", self.out, "--force", "--quiet"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        watcher = threading.Thread(target=self.watch, args=(process,))
        watcher.start()
        message = process.stderr.read()
        watcher.join()
        if process.wait() != 0:
            raise Unavailable(f"fails: {last_line(message)}")
        with open(os.path.join(self.out, "log.csv")) as file:
            rates = [float(row["steps_per_s"]) for row in csv.DictReader(file)][1:]
        return 1 / statistics.median(rates)

    def watch(self, process):
        """Its peak memory, which only a living process tells; ten looks a second cost nothing."""
        while process.poll() is None:
            try:
                with open(f"/proc/{process.pid}/status") as file:
                    for line in file:
                        if line.startswith("VmHWM"):
                            self.memory = max(self.memory, int(line.split()[1]) * 1024)
            except (OSError, IndexError):
                pass
            time.sleep(0.1 if self.memory else 0.002)

    def peak_memory(self):
        return self.memory

    def close(self):
        shutil.rmtree(self.out, ignore_errors=True)


class Child:
    """A Python process that obeys child.py's protocol."""

    def __init__(self, python, arguments, label, scratch, patience):
        self.label, self.patience = label, patience
        self.log = open(os.path.join(scratch, "log-" + "-".join(arguments).replace(os.sep, "_")), "w+")
        environment = dict(os.environ, PYTHONUNBUFFERED="1")
        # Its time to compile is measured: nothing is ready from another variant.
        environment["TORCHINDUCTOR_CACHE_DIR"] = tempfile.mkdtemp(prefix="inductor-", dir=scratch)
        self.process = subprocess.Popen([python, os.path.join(HERE, arguments[0]), *arguments[1:]], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, cwd=HERE,
                                        env=environment, bufsize=1)
        self.ready = self.answer()

    def answer(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(self.patience):
                self.close()
                raise Unavailable(f"fails: no answer within {self.patience} s")
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.log.seek(0)
            reason = last_line(self.log.read())
            self.close()
            if "No module named" in reason:
                raise Unavailable(f"not measured (no module {reason.split()[-1]})")
            raise Unavailable(f"fails: {reason or 'it ended without a word'}")
        return json.loads(line)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        return self.answer()

    def run(self, k):
        return self.ask(f"run {k}")["seconds"] / k

    def peak_memory(self):
        return self.ask("memory")["bytes"]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()


def last_line(text):
    """The line of an error that says most: the last one that names an exception, else the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = [line for line in lines if line.split(":")[0].endswith(("Error", "Exception", "Unsupported"))]
    return (named or lines or [""])[-1][:160]


class Peak:
    """The machine's peak of fused multiply-adds, by a small C program."""

    def __init__(self, scratch):
        self.program = os.path.join(scratch, "peak")
        compiler = os.environ.get("CC", "cc")
        command = [compiler, "-O3", "-march=native", "-ffp-contract=fast", "-pthread", os.path.join(HERE, "peak.c"),
                   "-o", self.program]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.program = None

    def measure(self, threads):
        """FLOP/s, or nothing where there is no C compiler."""
        if self.program is None:
            return None
        done = subprocess.run([self.program, str(threads)], check=True, capture_output=True, text=True)
        return float(done.stdout) * 1e9
