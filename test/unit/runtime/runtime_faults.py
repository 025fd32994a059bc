"""Tests of a training binary on a machine that fails: each system call of a short run in its turn, kills at random
moments, a full disk, directories that are not to be written. On hand-written models."""

import hashlib
import os
import random
import re
import shutil
import subprocess
import time

import runtime_cli
from runtime_cli import Case

WORDS = ["--checkpoint-every", "4", "--keep", "2", "--best", "spread=least", "--sample-every", "6", "--threads", "1",
         "--quiet"]
STEPS = 12


class Faulty(Case):
    def setUp(self):
        super().setUp()
        self.whole = self.root / "whole"
        self.ok("ring", "train", "--steps", STEPS, "--out", self.whole, *WORDS)
        self.proven = set()

    def files(self, out):
        """All states that a run keeps."""
        return {path.name: path.read_bytes() for path in out.iterdir() if path.suffix == ".safetensors"}

    def left(self, out):
        """What a run has left: all files, without the pace of the rows, which is another each time."""
        files = {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
        if "log.csv" in files:
            files["log.csv"] = re.sub(rb",[^,\n]*$", b"", files["log.csv"], flags=re.M)
        return hashlib.sha256(repr(files).encode()).digest()

    def goes_on(self, out):
        """The run that a fault has ended is whole when it goes on, whatever the fault was. What was left by another
        fault, too, goes on as it did."""
        left = self.left(out)
        if left in self.proven:
            return
        self.proven.add(left)
        begun = (out / "run.json").exists()
        if (out / "checkpoint.safetensors").exists():
            self.ok("ring", "sample", "--from", out, "-o", self.root / "s.npy")
        result = runtime_cli.run("ring", "train", "--steps", STEPS, "--out", out, *WORDS,
                                 "--resume" if begun else "--force")
        self.assertEqual(result.returncode, 0, result.stderr)
        states, whole = self.files(out), self.files(self.whole)
        # An older one stays where the directory could not be listed.
        older = {name: bytes for name, bytes in states.items() if name.startswith("checkpoint-") and name not in whole}
        self.assertEqual({name: bytes for name, bytes in states.items() if name not in older}, whole)
        self.assertEqual([path.name for path in out.rglob(".*")], [], "what was unfinished is gone")
        # A row that could not be written is missing, which is told; the state of its step is kept even so.
        rows, expected = self.rows(out), self.rows(self.whole)
        self.assertEqual([row for row in expected if row in rows], rows)
        steps = ["0"] + [row[0] for row in expected[1:]]
        missing = [i for i, row in enumerate(expected) if row not in rows]
        self.assertLessEqual(len(missing), 1)
        self.assertEqual(result.stderr, "".join(f"ring: warning: {out}/log.csv: rows after step {steps[i - 1]}, up to "
                                                f"step {steps[i]}, are missing\n" for i in missing))


class Calls(Faulty):
    """Each call of a run that begins, and of one that goes on, fails once."""

    def failing(self, out, fault, *words, counts=""):
        return subprocess.run([os.path.abspath(runtime_cli.BINARIES.ring), "train", "--steps", str(STEPS), "--out", out,
                               *WORDS, *words], capture_output=True, text=True, timeout=120,
                              env={**os.environ, "LD_PRELOAD": os.path.abspath(runtime_cli.BINARIES.failing),
                                   "AGON_FAIL": fault, "AGON_FAIL_COUNTS": counts})

    def every(self, kind, begin, codes, step=1):
        out, counts = self.root / "run", self.root / "counts"
        words = ["--resume"] if begin else []

        def prepare():
            shutil.rmtree(out, ignore_errors=True)
            if begin:
                shutil.copytree(begin, out)

        prepare()
        self.failing(out, "none:0", *words, counts=str(counts))
        calls = dict(line.split() for line in counts.read_text().splitlines())
        self.assertGreater(int(calls[kind]), 5)
        for n in range(1, int(calls[kind]) + 1, step):
            with self.subTest(kind=kind, n=n, begin=begin):
                prepare()
                result = self.failing(out, f"{kind}:{n}", *words)
                self.assertIn(result.returncode, codes, result.stderr)
                if result.returncode:
                    self.assertRegex(result.stderr, r"^ring: error: [^\n]*\n$")
                self.goes_on(out)

    def both(self, kind, codes, step):
        """All calls; in the short form every `step`-th."""
        if runtime_cli.BINARIES.long:
            step = 1
        if not runtime_cli.BINARIES.failing:
            self.skipTest("no library of failing calls")
        earlier = self.root / "earlier"
        self.ok("ring", "train", "--steps", 5, "--out", earlier, *WORDS)
        for begin in (None, earlier):
            self.every(kind, begin, codes, step)

    def test_writes(self):
        self.both("write", (74,), 5)

    def test_short_writes(self):
        self.both("short", (0,), 7)

    def test_syncs(self):
        self.both("fsync", (0, 74), 2)  # a file system may know no sync of a directory

    def test_renames(self):
        self.both("rename", (74,), 1)

    def test_opened_files(self):
        self.both("open", (0, 66, 69, 74), 2)

    def test_memory(self):
        self.not_sanitized("memory that runs out ends the process")
        self.both("malloc", (0, 69, 74), 1499)


class Kills(Faulty):
    def test_at_random_moments(self):
        moments, out = random.Random(7), self.root / "run"
        for _ in range(50 if runtime_cli.BINARIES.long else 8):
            process = subprocess.Popen([runtime_cli.BINARIES.ring, "train", "--steps", str(STEPS), "--out", str(out),
                                        *WORDS, *(["--resume"] if (out / "run.json").exists() else ["--force"])],
                                       stderr=subprocess.PIPE, env={**os.environ, "AGON_FAKE_WAIT": "1000"})
            time.sleep(moments.uniform(0.005, 0.06))
            process.kill()
            process.communicate()
            if moments.random() < 0.2:
                self.goes_on(out)
                shutil.rmtree(out)
        self.goes_on(out) if out.exists() else None


class Disks(Faulty):
    def test_full(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system wants the superuser")
        disk = self.root / "disk"
        disk.mkdir()
        for kilobytes in (4, 8, 16, 24, 32, 64):
            mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", disk],
                                     capture_output=True, text=True)
            if mounted.returncode:
                self.skipTest("no file system can be mounted here: " + mounted.stderr.strip())
            try:
                result = runtime_cli.run("ring", "train", "--steps", STEPS, "--out", disk / "run", *WORDS)
                self.assertIn(result.returncode, (0, 74), result.stderr)
                self.assertRegex(result.stderr, r"^(ring: error: [^\n]*No space left on device\n)?$")
                if (disk / "run" / "checkpoint.safetensors").exists():
                    self.ok("ring", "sample", "--from", disk / "run", "-o", self.root / "s.npy")
                roomy = self.root / str(kilobytes)
                if (disk / "run").exists():
                    shutil.copytree(disk / "run", roomy)
                    self.goes_on(roomy)
            finally:
                subprocess.run(["umount", disk], check=True)

    def test_unwritable(self):
        out = self.root / "run"
        out.mkdir()
        closed = subprocess.run(["chattr", "+i", out], capture_output=True) if os.geteuid() == 0 else None
        if closed is not None and closed.returncode:
            self.skipTest("the superuser may write everywhere, and no file can be made immutable here")
        if closed is None:
            out.chmod(0o555)
        try:
            result = runtime_cli.run("ring", "train", "--steps", STEPS, "--out", out, *WORDS)
            self.assertEqual(result.returncode, 74, result.stderr)
            self.assertRegex(result.stderr, r"^ring: error: cannot [^\n]*\n$")
            self.assertEqual(list(out.iterdir()), [])
        finally:
            if closed is not None:
                subprocess.run(["chattr", "-i", out], check=True)
            out.chmod(0o755)

    def test_vanished(self):
        out = self.root / "run"
        process = subprocess.Popen([runtime_cli.BINARIES.ring, "train", "--steps", "100000", "--out", str(out), *WORDS],
                                   stderr=subprocess.PIPE, text=True, env={**os.environ, "AGON_FAKE_WAIT": "1000"})
        self.addCleanup(process.kill)
        for _ in range(1000):
            if (out / "checkpoint.safetensors").exists():
                break
            time.sleep(0.01)
        out.rename(self.root / "gone")
        shutil.rmtree(self.root / "gone", ignore_errors=True)
        errors = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 74, errors)
        self.assertRegex(errors.splitlines()[-1], r"^ring: error: ")
        self.assertFalse(out.exists())


if __name__ == "__main__":
    runtime_cli.main()
