"""Tests of how a training binary's runs end: signals, files left behind, closed streams, a directory
moved away. On hand-written models."""

import json
import os
import pty
import resource
import signal
import struct
import subprocess
import time

import runtime_cli
from runtime_cli import Case


class Background(Case):
    def start(self, out, *words, steps=100000, wait=2000, rows=6, prefix=(), **more):
        """A slow run, once its log has some rows."""
        process = subprocess.Popen([*prefix, os.path.abspath(runtime_cli.BINARIES.ring), "train", "--steps", str(steps),
                                    "--out", str(out), *words], stdout=more.pop("stdout", subprocess.DEVNULL),
                                   stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "AGON_FAKE_WAIT": str(wait)}, **more)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.wait_for(lambda: (out / "log.csv").exists() and len(self.rows(out)) >= rows)
        return process

    def wait_for(self, condition):
        for _ in range(1000):
            if condition():
                return
            time.sleep(0.01)
        self.fail("waited in vain")

    def interrupted(self, process, out):
        """The process ends with a checkpoint; its step."""
        errors = process.stderr.read()
        self.assertEqual(process.wait(30), 0, errors)
        self.assertIn("interrupted at step", errors)
        step = int(errors.split("interrupted at step ")[1].split(";")[0])
        self.assertIn(f'"iteration":"{step}"'.encode(), self.checkpoint(out))
        self.assertEqual(json.loads((out / "run.json").read_text())["status"], "interrupted")
        return step


class Signals(Background):
    def test_every_stop_is_the_same(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU):
            out = self.root / str(int(number))
            process = self.start(out)
            process.send_signal(number)
            self.assertGreater(self.interrupted(process, out), 0)

    def test_two_at_once_are_one(self):
        for k in range(8):
            out = self.root / str(k)
            process = self.start(out, wait=20000)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM if k % 2 else signal.SIGINT)
            time.sleep(0.01 * k)
            process.send_signal(signal.SIGINT)
            self.interrupted(process, out)

    def test_timeout_sends_two(self):
        for k in range(4):
            out = self.root / str(k)
            process = self.start(out, prefix=("timeout", "-s", "INT", f"{0.6 + 0.05 * k}"))
            errors = process.stderr.read()
            self.assertEqual(process.wait(30), 124, errors)
            self.assertIn("interrupted at step", errors)
            self.assertTrue((out / "checkpoint.safetensors").exists())

    def test_a_later_one_kills(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            out = self.root / str(int(number))
            process = self.start(out, wait=20_000_000, rows=1)  # an iteration takes a minute
            time.sleep(0.2)
            process.send_signal(number)
            time.sleep(0.05)
            process.send_signal(number)
            time.sleep(0.4)
            self.assertIsNone(process.poll(), "two at once are one")
            process.send_signal(number)
            self.assertEqual(process.wait(10), -number)

    def test_nohup(self):
        out = self.root / "run"
        process = self.start(out, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        self.interrupted(process, out)

    def test_before_training_begins(self):
        out, pipe = self.root / "run", self.root / "data.csv"
        os.mkfifo(pipe)
        process = subprocess.Popen([runtime_cli.BINARIES.ring, "train", "--steps", "50", "--out", str(out), "--data",
                                    f"x={pipe}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        time.sleep(0.5)  # for a writer who does not come
        process.terminate()
        self.assertNotEqual(process.wait(30), 0)
        self.assertFalse(out.exists())

    def test_a_reader_who_leaves(self):
        out = self.root / "run"
        process = subprocess.Popen([runtime_cli.BINARIES.ring, "train", "--steps", "2000", "--out", str(out)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env={**os.environ, "AGON_FAKE_WAIT": "1000"})
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()
        self.assertEqual(process.wait(60), 0)
        self.assertIn(b'"iteration":"2000"', self.checkpoint(out))

    def test_a_terminal_that_hangs_up(self):
        out = self.root / "run"
        process, terminal = pty.fork()
        if process == 0:
            os.execv(runtime_cli.BINARIES.ring, ["ring", "train", "--steps", "100000000", "--out", str(out)])
        self.wait_for(lambda: (out / "log.csv").exists() and len(self.rows(out)) > 5)
        os.close(terminal)
        self.assertEqual(os.waitpid(process, 0)[1], 0)
        self.assertEqual(json.loads((out / "run.json").read_text())["status"], "interrupted")
        self.assertTrue((out / "checkpoint.safetensors").exists())

    def test_file_size_limit(self):
        out = self.root / "run"
        self.ok("digits", "train", "--steps", 20, "--out", out, *self.digits())
        good = self.checkpoint(out)
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (len(good) - 1, len(good) - 1))
        result = subprocess.run([runtime_cli.BINARIES.digits, "train", "--steps", "30", "--out", str(out), "--resume"],
                                capture_output=True, text=True, preexec_fn=limit)
        self.assertEqual(result.returncode, 74, result.stderr)
        self.assertIn("checkpoint.safetensors: File too large", result.stderr)
        self.assertEqual(self.checkpoint(out), good)
        self.assertEqual([p.name for p in out.iterdir() if p.name.startswith(".")], [])
        self.assertEqual(json.loads((out / "run.json").read_text())["status"], "failed")
        self.ok("digits", "train", "--steps", 30, "--out", out, "--resume")


class Animations(Background):
    """A generator's pictures in one file, when training ends and when it is stopped."""

    def frames(self, out):
        """The number that the file tells of, and that of its frames."""
        animation = (out / "samples" / "G-animation.png").read_bytes()
        return struct.unpack(">I", animation.split(b"acTL")[1][:4])[0], animation.count(b"fcTL")

    def test_stopped_and_resumed(self):
        whole, out = self.root / "whole", self.root / "run"
        self.ok("ring", "train", "--steps", 60, "--sample-every", 2, "--out", whole)
        self.assertEqual(self.frames(whole), (30, 30))
        process = self.start(out, "--sample-every", "2", "--quiet", steps=60, wait=50000)
        process.terminate()
        self.interrupted(process, out)
        pictures = len([p for p in (out / "samples").iterdir() if p.name != "G-animation.png"])
        self.assertGreaterEqual(pictures, 2)
        self.assertLess(pictures, 30)
        self.assertEqual(self.frames(out), (pictures, pictures))
        self.ok("ring", "train", "--steps", 60, "--resume", "--out", out)
        self.assertEqual((out / "samples" / "G-animation.png").read_bytes(),
                         (whole / "samples" / "G-animation.png").read_bytes())

    def test_pictures_that_are_none(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 20, "--sample-every", 5, "--out", out)
        samples = out / "samples"
        (samples / "G-000005.png").write_text("a letter")
        (samples / "G-later.png").write_text("another")
        (samples / "G-000099.png").write_bytes((samples / "G-000010.png").read_bytes())
        result = subprocess.run([runtime_cli.BINARIES.ring, "train", "--steps", "21", "--resume", "--out", str(out)],
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stderr, "ring: note: 1 of the pictures left out of "
                         f"{samples}/G-animation.png: damaged, or of another size than the last\n")
        self.assertEqual(self.frames(out), (4, 4), "those of steps 10, 15, 20, 21")


class Leftovers(Background):
    def test_unfinished_files_go(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 5, "--out", out)
        ours = [out / ".checkpoint.safetensors.4711.tmp", out / ".log.csv.00ff00ff00ff00ff.tmp",
                out / ".run.json.0123456789abcdef.tmp", out / "samples" / ".G-000100.png.0123456789abcdef.tmp"]
        theirs = [out / ".notes.0123456789abcdef.tmp", out / "checkpoint.safetensors.tmp", out / ".run.json.mine.tmp"]
        for words in (["--resume"], ["--force"]):
            for path in ours + theirs:
                path.write_text("left")
            self.ok("ring", "train", "--steps", 6, "--out", out, *words)
            self.assertEqual([path for path in ours if path.exists()], [])
            self.assertEqual([path for path in theirs if not path.exists()], [])

    def test_killed_while_saving(self):
        out = self.root / "run"
        process = self.start(out, "--checkpoint-every", "1", "--quiet", wait=1)
        for _ in range(5):
            time.sleep(0.03)
            process.kill()
            process.wait()
            process = self.start(out, "--checkpoint-every", "1", "--quiet", "--resume", wait=1)
        time.sleep(0.3)
        process.terminate()
        self.interrupted(process, out)
        self.assertEqual([p.name for p in out.iterdir() if p.name.startswith(".")], [])

    def test_failed_before_the_first_checkpoint(self):
        whole = self.root / "whole"
        self.ok("ring", "train", "--steps", 30, "--out", whole)
        size = (whole / "checkpoint.safetensors").stat().st_size
        for bytes in (0, 10, 100, 1000, size - 1):
            out = self.root / str(bytes)
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes, bytes))
            result = subprocess.run([runtime_cli.BINARIES.ring, "train", "--steps", "30", "--out", str(out)],
                                    capture_output=True, text=True, preexec_fn=limit)
            self.assertEqual(result.returncode, 74, result.stderr)
            again = ["--resume"] if (out / "run.json").exists() else []
            self.ok("ring", "train", "--steps", 30, "--out", out, *again)
            self.assertEqual(self.checkpoint(out), self.checkpoint(whole))
            self.assertEqual(self.rows(out), self.rows(whole))


class Streams(Background):
    def test_closed(self):
        for k, closed in enumerate(("<&-", ">&-", "2>&-", "<&- >&- 2>&-")):
            out = self.root / str(k)
            command = f"exec '{runtime_cli.BINARIES.ring}' train --steps 300 --out '{out}' {closed}"
            self.assertEqual(subprocess.run(["bash", "-c", command]).returncode, 0)
            self.assertEqual([len(row) for row in self.rows(out)], [4] * len(self.rows(out)))
            self.assertEqual(self.rows(out)[0][0], "step")

    def closed(self, streams, *words):
        command = " ".join(f"'{word}'" for word in (runtime_cli.BINARIES.ring, *words))
        return subprocess.run(["bash", "-c", f"exec {command} {streams}"], capture_output=True, text=True)

    def test_what_prints_its_product_wants_an_output(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 5, "--out", out)
        commands = (["--help"], ["--version"], ["train", "--help"], ["info"], ["info", "--json"],
                    ["eval", "--from", out], ["eval", "--json", "--from", out], ["bench", "--steps", "1"],
                    ["bench", "--steps", "1", "--json"], ["gradcheck"])
        for words in commands:
            result = self.closed(">&-", *words)
            self.assertEqual((result.returncode, result.stdout), (74, ""), words)
            self.assertEqual(result.stderr, "ring: error: cannot write the output: standard output is closed\n")
            self.assertEqual(self.closed(">&- 2>&-", *words).returncode, 74)
            for streams in ("<&-", "2>&-"):
                result = self.closed(streams, *words)
                self.assertEqual(result.returncode, 64 if words == ["gradcheck"] else 0, result.stderr)
                self.assertEqual(bool(result.stdout), words != ["gradcheck"])

    def test_what_writes_files_goes_on_without_an_output(self):
        note = "ring: note: standard output is closed; "
        for k, quiet in enumerate(([], ["--quiet"])):
            out = self.root / str(k)
            result = self.closed(">&-", "train", "--steps", "50", "--out", out, *quiet)
            self.assertEqual((result.returncode, result.stderr),
                             (0, "" if quiet else note + "progress is not shown\n"))
            self.assertIn(b'"iteration":"50"', self.checkpoint(out))
        for streams, told in ((">&-", note + "the modes that were reached are not shown\n"), ("<&-", ""), ("2>&-", "")):
            array = self.root / "s.npy"
            result = self.closed(streams, "sample", "--from", self.root / "0", "-o", array)
            self.assertEqual((result.returncode, result.stderr), (0, told))
            array.unlink()

    def test_full(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 5, "--out", out)
        for words in (["--help"], ["--version"], ["train", "--help"], ["info"], ["info", "--json"],
                      ["eval", "--from", out], ["bench", "--steps", "1"],
                      ["sample", "--from", out, "-o", self.root / "s.npy"],
                      ["train", "--steps", 50, "--out", out, "--resume"]):
            with open("/dev/full", "w") as full:
                result = subprocess.run([runtime_cli.BINARIES.ring, *map(str, words)], stdout=full,
                                        stderr=subprocess.PIPE, text=True)
            self.assertEqual(result.returncode, 74, words)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn(b'"iteration":"50"', self.checkpoint(out))


class Moved(Background):
    def test_another_directory_of_the_same_name(self):
        out, other = self.root / "run", self.root / "other"
        self.ok("ring", "train", "--steps", 5, "--out", other)
        process = self.start(out, "--log-every", "10", wait=20000)
        out.rename(self.root / "moved")
        other.rename(out)
        before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
        errors = process.stderr.read()
        self.assertEqual(process.wait(30), 74, errors)
        self.assertEqual(errors, f"ring: error: {out} is another directory than the one that this run began to write; "
                                 f"nothing is written there; the run's directory was moved to {self.root}/moved, go on "
                                 "there with --resume\n")
        self.assertEqual({path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}, before)
        self.assertEqual(json.loads((self.root / "moved/run.json").read_text())["status"], "failed")

    def test_the_directory_alone(self):
        out = self.root / "run"
        process = self.start(out, "--log-every", "10", wait=20000)
        out.rename(self.root / "moved")
        errors = process.stderr.read()
        self.assertEqual(process.wait(30), 74, errors)
        self.assertEqual(errors, f"ring: error: {out} is not there any more; the run's directory was moved to "
                                 f"{self.root}/moved, go on there with --resume\n")
        self.assertFalse(out.exists())
        self.assertEqual(json.loads((self.root / "moved/run.json").read_text())["status"], "failed")
        self.ok("ring", "train", "--steps", 100, "--resume", "--out", self.root / "moved")


if __name__ == "__main__":
    runtime_cli.main()
