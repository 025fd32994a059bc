"""Tests of a training binary's command line, on hand-written models."""

import argparse
import csv
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

BINARIES = None
# Under nohup a run ignores hang-ups, as it should: those of the tests heed them.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def run(binary, *words, env=None, cwd=None):
    return subprocess.run([os.path.abspath(getattr(BINARIES, binary)), *map(str, words)], capture_output=True,
                          text=True, cwd=cwd, env={**os.environ, **(env or {})}, timeout=120)


class Case(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="agon-cli-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)

    def not_sanitized(self, reason):
        if b"__asan_init" in pathlib.Path(BINARIES.ring).read_bytes():
            self.skipTest("under sanitizers " + reason)

    def ok(self, binary, *words, **more):
        result = run(binary, *words, **more)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, "")
        return result.stdout

    def fails(self, code, part, binary, *words, **more):
        result = run(binary, *words, **more)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertTrue(result.stderr.startswith(binary + ": error: "), result.stderr)
        lines = [line for line in result.stderr.splitlines() if not line.startswith("  ")]
        self.assertEqual(len(lines), 1, "one line, and what differs below it: " + result.stderr)
        self.assertIn(part, result.stderr)
        return result

    def rows(self, directory):
        """log.csv without its timing column."""
        with open(directory / "log.csv") as file:
            return [row[:-1] for row in csv.reader(file)]

    def checkpoint(self, directory):
        return (directory / "checkpoint.safetensors").read_bytes()

    def digits(self, records=30):
        images = self.root / "images"
        labels = self.root / "labels"
        images.write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, records, 28, 28) +
                           bytes((i * 7 + j) % 256 for i in range(records) for j in range(784)))
        labels.write_bytes(struct.pack(">4BI", 0, 0, 8, 1, records) + bytes(i % 10 for i in range(records)))
        return ["--data", f"x={images}", "--data", f"y={labels}"]


class Train(Case):
    def test_writes_a_run(self):
        out = self.root / "run"
        text = self.ok("ring", "train", "--steps", 300, "--out", out, "--log-every", 100)
        self.assertIn("step 300/300", text)
        self.assertIn("high-quality samples", text)
        rows = self.rows(out)
        self.assertEqual(rows[0], ["step", "D", "G", "spread"])
        self.assertEqual([row[0] for row in rows[1:]], ["100", "200", "300"])
        run_file = json.loads((out / "run.json").read_text())
        self.assertEqual(run_file["game"], "ring")
        self.assertEqual(run_file["status"], "done")
        self.assertEqual(run_file["steps"], 300)
        self.assertEqual(run_file["coverage"]["G"]["of_modes"], 8)
        pictures = sorted(p.name for p in (out / "samples").iterdir())
        self.assertEqual(pictures, ["G-000100.png", "G-000200.png", "G-000300.png", "G-animation.png"])
        self.assertEqual((out / "samples" / "G-000100.png").read_bytes()[:4], b"\x89PNG")
        self.assertEqual(sorted(p.name for p in out.iterdir()),
                         ["checkpoint.safetensors", "log.csv", "run.json", "samples"])

    def test_default_directory_and_quiet(self):
        self.assertEqual(self.ok("ring", "train", "--steps", 5, "--quiet", cwd=self.root), "")
        self.assertTrue((self.root / "ring-run" / "checkpoint.safetensors").exists())

    def test_zero_steps_write_the_initial_state(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 0, "--out", out)
        self.assertEqual(len(self.rows(out)), 1)
        self.ok("ring", "train", "--steps", 20, "--out", out, "--resume")
        self.ok("ring", "train", "--steps", 20, "--out", self.root / "whole")
        self.assertEqual(self.checkpoint(out), self.checkpoint(self.root / "whole"))

    def test_resume_equals_uninterrupted(self):
        for extra in ([], self.digits()):
            binary = "digits" if extra else "ring"
            whole, parts = self.root / f"{binary}-whole", self.root / f"{binary}-parts"
            self.ok(binary, "train", "--steps", 47, "--seed", 3, "--out", whole, *extra)
            self.ok(binary, "train", "--steps", 13, "--seed", 3, "--out", parts, *extra)
            self.assertEqual(self.rows(parts)[-1][0], "13")
            self.ok(binary, "train", "--steps", 31, "--out", parts, "--resume", *extra)
            self.ok(binary, "train", "--steps", 47, "--out", parts, "--resume")  # data is remembered
            self.assertEqual(self.checkpoint(whole), self.checkpoint(parts))
            self.assertEqual(self.rows(whole), self.rows(parts))

    def test_resume_at_a_logged_step_keeps_its_row(self):
        whole, parts = self.root / "whole", self.root / "parts"
        self.ok("ring", "train", "--steps", 40, "--out", whole)
        self.ok("ring", "train", "--steps", 20, "--out", parts)
        self.ok("ring", "train", "--steps", 40, "--out", parts, "--resume")
        self.assertEqual(self.rows(whole), self.rows(parts))
        before = (parts / "log.csv").read_bytes()
        self.ok("ring", "train", "--steps", 40, "--out", parts, "--resume")
        self.assertEqual((parts / "log.csv").read_bytes(), before)

    def test_threads_do_not_change_bits(self):
        for threads in (1, 2, 3):
            self.ok("ring", "train", "--steps", 50, "--threads", threads, "--out", self.root / str(threads))
        self.assertEqual(self.checkpoint(self.root / "1"), self.checkpoint(self.root / "2"))
        self.assertEqual(self.checkpoint(self.root / "1"), self.checkpoint(self.root / "3"))
        self.assertEqual((self.root / "1/samples/G-000050.png").read_bytes(),
                         (self.root / "3/samples/G-000050.png").read_bytes())

    def test_seeds_and_settings_matter(self):
        for name, words in (("a", []), ("b", ["--seed", 1]), ("c", ["--set", "G.lr=0.01"])):
            self.ok("ring", "train", "--steps", 5, "--out", self.root / name, *words)
        states = {self.checkpoint(self.root / name) for name in "abc"}
        self.assertEqual(len(states), 3)

    def test_settings_are_remembered(self):
        a, b = self.root / "a", self.root / "b"
        self.ok("ring", "train", "--steps", 20, "--set", "G.lr=0.01", "--out", a)
        self.ok("ring", "train", "--steps", 10, "--set", "G.lr=0.01", "--out", b)
        self.ok("ring", "train", "--steps", 20, "--resume", "--out", b)
        self.assertEqual(self.checkpoint(a), self.checkpoint(b))
        self.ok("ring", "train", "--steps", 20, "--resume", "--out", b, "--set", "G.lr=0.01")
        self.fails(64, "seed is 0", "ring", "train", "--steps", 30, "--resume", "--out", b, "--seed", 1)
        self.fails(64, "past --steps 10", "ring", "train", "--steps", 10, "--resume", "--out", b)

    def test_settings_may_change_at_resume(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 10, "--set", "G.lr=0.01", "--out", out)
        result = run("ring", "train", "--steps", 20, "--resume", "--out", out, "--set", "G.lr=0.1", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr, "ring: note: G.lr is 0.1 from step 10 on, was 0.01\n")
        self.ok("ring", "train", "--steps", 30, "--resume", "--out", out)
        file = json.loads((out / "run.json").read_text())
        self.assertEqual(file["set"], {"G.lr": 0.1})
        self.assertEqual(file["set_history"], [{"step": 0, "name": "G.lr", "value": 0.01},
                                               {"step": 10, "name": "G.lr", "value": 0.1}])
        self.assertIn(b'{\\"G.lr\\":0.1}', self.checkpoint(out))
        other = self.root / "other"
        self.ok("ring", "train", "--steps", 30, "--set", "G.lr=0.01", "--out", other)
        self.assertNotEqual(self.checkpoint(out), self.checkpoint(other))

    def test_refuses_to_overwrite(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 5, "--out", out)
        before = self.checkpoint(out)
        self.fails(64, "--resume", "ring", "train", "--steps", 6, "--out", out)
        self.assertEqual(before, self.checkpoint(out))
        self.ok("ring", "train", "--steps", 6, "--out", out, "--force")
        self.assertNotEqual(before, self.checkpoint(out))
        self.fails(64, "one of them", "ring", "train", "--steps", 6, "--out", out, "--force", "--resume")

    def test_divergence(self):
        out = self.root / "run"
        message = ("G's weights are no longer finite: G.dense_0.b has inf since step 2 (turn of G); first made by an "
                   "overflow of * at fake.agon:5:9; the last good checkpoint, of step 0, is kept")
        result = self.fails(1, message, "ring", "train", "--steps", 500, "--set", "G.lr=1e30", "--out", out)
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertEqual(json.loads((out / "run.json").read_text())["status"], "failed")
        self.assertIn(b'"iteration":"0"', self.checkpoint(out))
        again = self.fails(1, "since step 2", "ring", "train", "--steps", 500, "--resume", "--out", out)
        self.assertEqual(again.stderr, result.stderr)

    def test_interrupt(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            out = self.root / str(int(number))
            process = subprocess.Popen([BINARIES.ring, "train", "--steps", "100000", "--out", str(out)],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                       env={**os.environ, "AGON_FAKE_WAIT": "2000"})
            for _ in range(500):
                time.sleep(0.02)
                if (out / "log.csv").exists() and len(self.rows(out)) > 5:
                    break
            process.send_signal(number)
            _, errors = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 0, errors)
            self.assertIn("interrupted at step", errors)
            step = int(errors.split("interrupted at step ")[1].split(";")[0])
            self.assertGreater(step, 0)
            self.assertEqual(json.loads((out / "run.json").read_text())["status"], "interrupted")
            self.ok("ring", "train", "--steps", step + 10, "--resume", "--out", out)
            whole = self.root / f"whole-{int(number)}"
            self.ok("ring", "train", "--steps", step + 10, "--out", whole)
            self.assertEqual(self.checkpoint(out), self.checkpoint(whole))
            self.assertEqual(self.rows(out), self.rows(whole))

    def test_one_run_a_directory(self):
        out = self.root / "run"
        process = subprocess.Popen([BINARIES.ring, "train", "--steps", "100000", "--out", str(out)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "AGON_FAKE_WAIT": "2000"})
        try:
            for _ in range(500):
                time.sleep(0.02)
                if (out / "log.csv").exists() and len(self.rows(out)) > 5:
                    break
            self.fails(64, "another process", "ring", "train", "--steps", 5, "--out", out, "--force")
        finally:
            process.kill()
            process.wait()
        # Killed without warning, before there was a checkpoint: it is begun anew.
        self.assertFalse((out / "checkpoint.safetensors").exists())
        self.fails(64, "seed is 0", "ring", "train", "--steps", 30, "--resume", "--out", out, "--seed", 1)
        self.ok("ring", "train", "--steps", 30, "--resume", "--out", out)
        self.ok("ring", "train", "--steps", 30, "--out", self.root / "whole")
        self.assertEqual(self.checkpoint(out), self.checkpoint(self.root / "whole"))
        self.assertEqual(self.rows(out), self.rows(self.root / "whole"))

    def test_damaged_checkpoints(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 5, "--out", out)
        path = out / "checkpoint.safetensors"
        good = path.read_bytes()
        path.write_bytes(good[:-10])
        self.fails(65, "truncated", "ring", "train", "--steps", 6, "--resume", "--out", out)
        self.fails(65, "truncated", "ring", "sample", "--from", out, "-o", self.root / "s.npy")
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        self.fails(65, "checksum", "ring", "train", "--steps", 6, "--resume", "--out", out)
        path.unlink()
        self.fails(66, "no checkpoint", "ring", "train", "--steps", 6, "--resume", "--out", out)
        path.write_bytes(good)
        self.fails(65, "another model", "digits", "train", "--steps", 6, "--resume", "--out", out)
        self.fails(66, "cannot open", "ring", "train", "--steps", 6, "--resume", "--out", self.root / "absent")

    def test_full_disk(self):
        out = self.root / "run"
        out.mkdir()
        os.symlink("/dev/full", out / "checkpoint.safetensors")
        self.fails(64, "already holds a run", "ring", "train", "--steps", 5, "--out", out)
        os.unlink(out / "checkpoint.safetensors")
        self.ok("ring", "train", "--steps", 5, "--out", out)
        self.fails(74, "No space left", "ring", "sample", "--from", out, "-o", self.link("full.npy"))
        self.fails(74, "No space left", "ring", "sample", "--from", out, "-o", self.link("full.png"))
        with open("/dev/full", "w") as full:
            code = subprocess.run([BINARIES.ring, "info"], stdout=full, stderr=subprocess.PIPE).returncode
        self.assertEqual(code, 74)
        blocked = self.root / "file"
        blocked.write_text("x")
        self.fails(74, "cannot create", "ring", "train", "--steps", 5, "--out", blocked / "below")

    def link(self, name):
        path = self.root / name
        os.symlink("/dev/full", path)
        return path

    def test_log_on_a_full_disk(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 5, "--out", out)
        good = self.checkpoint(out)
        (out / "log.csv").unlink()
        os.symlink("/dev/full", out / "log.csv")
        result = run("ring", "train", "--steps", 10, "--resume", "--out", out)
        self.assertEqual(result.returncode, 74, result.stderr)
        self.assertEqual(self.checkpoint(out), good)


class Words(Case):
    def test_wrong_usage(self):
        self.fails(64, "expected a command", "ring")
        self.fails(64, "did you mean train?", "ring", "trian", "--steps", 5)
        self.fails(64, "did you mean --steps?", "ring", "train", "--step", 5)
        self.fails(64, "unknown option '--banana'; train --help lists", "ring", "train", "--steps", 5, "--banana")
        self.fails(64, "--steps", "ring", "train")
        self.fails(64, "", "ring", "train", "--steps", -1)
        self.fails(64, "", "ring", "train", "--steps", "many")
        self.fails(64, "", "ring", "train", "--steps", 5, "extra")
        self.fails(64, "", "ring", "train", "--steps", 5, "--threads", 0)
        self.fails(64, "did you mean G.lr?", "ring", "train", "--steps", 5, "--set", "G.rl=1")
        self.fails(64, "settable: G.lr", "ring", "train", "--steps", 5, "--set", "nothing.like.it=1")
        self.fails(64, "expects a number, got '1e-4x'", "ring", "train", "--steps", 5, "--set", "G.lr=1e-4x")
        self.fails(64, "expected --set", "ring", "train", "--steps", 5, "--set", "G.lr")
        self.assertFalse((pathlib.Path.cwd() / "ring-run").exists())

    def test_every_command_tells_of_wrong_use_in_the_same_words(self):
        needed = {"train": ["--steps", "5"], "sample": ["--from", "x", "-o", "s.npy"], "eval": ["--from", "x"],
                  "bench": [], "info": [], "gradcheck": []}
        for command, words in needed.items():
            def fails(part, *more):
                result = self.fails(64, part, "ring", command, *words, *more)
                for word in ("Required", "received", "argument", "convert", "subcommand"):  # the parser's own words
                    self.assertNotIn(word, result.stderr)
            fails("unknown option '--banana'; " + command + " --help lists what there is", "--banana=3")
            fails("unknown option '-x'", "-x")
            fails("unknown option '-help'; did you mean --help?", "-help")
            for word in ("extra", "", "-", "--", "++", command):
                fails(f"{command} takes options alone, got '{word}'; {command} --help lists what there is", word)
            if command != "info":
                fails("expected one of '--threads 2' and '--threads=3', got both", "--threads", 2, "--threads=3")
                fails("expected a value after --threads, got nothing", "--threads")
                fails("expected a value after --threads=, got nothing", "--threads=")
                fails("expected a value after --threads, got the option --data", "--threads", "--data")
                fails("got 'threads=2'; did you mean --threads=2?", "threads=2")
                fails("got 'x=a.csv'; did you mean --data x=a.csv?", "x=a.csv")
            flag = {"train": "--quiet", "sample": "--force", "gradcheck": None}.get(command, "--json")
            if flag:
                fails(f"expected {flag}, which takes no value, got '{flag}=no'", flag + "=no")
                fails(f"expected one of '{flag}' and '{flag}', got both", flag, flag)
            for i in range(0, len(words), 2):
                rest = words[:i] + words[i + 2:]
                option = "--output" if words[i] == "-o" else words[i]
                self.fails(64, f"{command} needs {option} ", "ring", command, *rest)
                self.fails(64, f"expected one of '{words[i]} {words[i + 1]}' and '{words[i]}=z', got both" if
                           words[i] != "-o" else "expected one of '-o s.npy' and '-oz', got both", "ring", command,
                           *words, words[i] + ("z" if words[i] == "-o" else "=z"))
            self.assertIn("Usage: ring " + command, self.ok("ring", command, "--help", "--banana"))

    def test_the_same_given_twice(self):
        words = ["ring", "train", "--steps", 5, "--out", self.root / "run"]
        self.fails(64, "expected one of '--set G.lr=1' and '--set G.lr=2', got both", *words, "--set", "G.lr=1",
                   "--set", "G.lr=2")
        self.fails(64, "expected one of '--data x=a' and '--data x=b', got both", *words, "--data", "x=a", "--data",
                   "x=b")
        self.fails(64, "data field x is bound twice", *words, "--data", "x,x=a")

    def test_what_other_programs_call_it(self):
        for option, fix in (("--epochs", "--steps N"), ("--batch", "agonc -D batch=N"), ("--lr", "--set PLAYER.lr=")):
            self.fails(64, fix, "ring", "train", "--steps", 5, option, 3)

    def test_numbers(self):
        out = self.root / "run"
        for option in ("--steps", "--seed", "--threads", "--log-every", "--sample-every", "--checkpoint-every"):
            for text in ("", "1.5", "ten", "0x10", " 1"):
                words = ["--steps", 5] if option != "--steps" else []
                self.fails(64, f"{option} expects a whole number, got '{text}'", "ring", "train", "--out", out, *words,
                           option, text)
            self.fails(64, option, "ring", "train", "--out", out, *words, f"{option}=")
        big = "99999999999999999999999"
        self.fails(64, f"--seed expects a whole number in -2^63 to 2^63 - 1, got {big}", "ring", "train", "--steps", 5,
                   "--seed", big)
        self.fails(64, "--steps expects a whole number in 0 to 2^59", "ring", "train", "--steps", big)
        self.fails(64, "--threads expects a whole number in 1 to 4096, got 0", "ring", "train", "--steps", 5,
                   "--threads", 0)
        self.fails(64, "--count expects a whole number in 1 to 2^40", "ring", "sample", "-n", 0, "--from", out,
                   "-o", "s.npy")
        self.fails(64, "--eps expects a number", "product", "gradcheck", "--eps", "x")
        self.fails(64, "--eps expects a number in 1e-12 to 1", "product", "gradcheck", "--eps", 2)
        self.ok("ring", "train", "--steps=1e1", "--seed=-07", "--out", out)
        self.fails(69, "1099511627776 samples need 16.0 TiB of memory, ", "ring", "sample", "-n", 1 << 40, "--from",
                   out, "-o", self.root / "s.npy")
        file = json.loads((out / "run.json").read_text())
        self.assertEqual((file["steps"], file["seed"]), (10, -7))
        self.ok("ring", "train", "--steps", 0, "--seed", "-1e18", "--out", self.root / "far")
        self.ok("ring", "train", "--steps", "010", "--seed", "-7", "--out", self.root / "other")
        self.assertEqual(self.checkpoint(out), self.checkpoint(self.root / "other"))
        help_text = self.ok("ring", "train", "--help")
        self.assertNotRegex(help_text, r"\d{10}")
        self.assertIn("0 or more", help_text)

    def test_empty_texts(self):
        self.fails(64, "--out expects a DIRECTORY, got nothing", "ring", "train", "--steps", 5, "--out", "")
        self.fails(64, "--profile expects", "ring", "train", "--steps", 5, "--profile", "")
        self.fails(64, "expected --data", "ring", "train", "--steps", 5, "--data", "")
        self.fails(64, "expected --set", "ring", "train", "--steps", 5, "--set", "")
        self.fails(64, "--from expects", "ring", "sample", "--from", "", "-o", "s.npy")
        self.fails(64, "--output expects", "ring", "sample", "--from", "x", "-o", "")
        self.fails(64, "--player expects", "product", "gradcheck", "--player", "")
        # What follows is never taken for the value that is not there.
        for words in (["--out=", "--quiet"], ["--out", "--quiet"], ["--seed=", "5"], ["--set=", "G.lr=1"], ["--seed"]):
            got = "the option --quiet" if words[0] == "--out" else "nothing"
            self.fails(64, f"expected a value after {words[0]}, got {got}", "ring", "train", "--steps", 5, *words)

    def test_help_and_info(self):
        self.assertIn("--resume", self.ok("ring", "train", "--help"))
        self.assertIn("gradcheck", self.ok("ring", "--help"))
        text = self.ok("ring", "info")
        for part in ("game ring", "G(z: [2]) -> [2]", "G.dense_0.W", "[2, 2]", "play { D; D; G }", "G.lr"):
            self.assertIn(part, text)
        info = json.loads(self.ok("ring", "info", "--json"))
        self.assertEqual(info["parameter_count"], 8)
        self.assertEqual(info["flops_per_iteration"], 3000)
        self.assertEqual(info["networks"][0]["parameters"][0]["shape"], [2, 2])
        self.assertEqual(info["networks"][1]["states"][0]["name"], "D.seen")

    def test_gradcheck(self):
        text = self.ok("product", "gradcheck")
        self.assertEqual(text.count("  ok\n"), 3, text)
        self.assertRegex(text, r"\ntheta\.quartic theta\.w .* - +- +- +0 +ok\n")
        self.assertIn("14 comparisons; near a kink, on this side of it: 0; at a kink, between the slopes of its two "
                      "sides: 0", text)
        self.assertNotIn(" 0.0e+00", text)
        text = self.ok("product", "gradcheck", "--player", "theta", "--eps", "1e-5", "--seed", 4)
        self.assertEqual([line.split()[:2] for line in text.splitlines() if "theta.w" in line],
                         [["theta", "theta.w"], ["theta.quartic", "theta.w"]])
        self.assertNotIn("theta", self.ok("product", "gradcheck", "--player", "phi"))
        text = self.ok("product", "gradcheck", "--eps", "1e-12")
        self.assertIn("  ok, a step of 1e-12 is too narrow\n", text)
        self.assertIn("of them do not pass at a step of 1e-12 and were judged at steps from 1e-3 to 3e-9", text)
        self.fails(64, "--float=f64", "ring", "gradcheck")
        self.fails(64, "unknown player", "product", "gradcheck", "--player", "psi")

    def test_binary_is_self_contained(self):
        if not shutil.which("ldd"):
            self.skipTest("no ldd")
        self.not_sanitized("binaries are linked to shared libraries")
        text = subprocess.run(["ldd", BINARIES.ring], capture_output=True, text=True).stdout
        allowed = ("linux-vdso", "libc.so", "libm.so", "libstdc++", "libgcc", "ld-linux")
        for line in text.splitlines():
            self.assertTrue(any(name in line for name in allowed), line)


def main():
    """Runs the tests of the program that calls it, on the binaries that its arguments name."""
    global BINARIES
    parser = argparse.ArgumentParser()
    for name in ("ring", "digits", "product", "mnist"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--failing", default="", help="the library of failing calls")
    parser.add_argument("--long", action="store_true")
    BINARIES, rest = parser.parse_known_args()
    result = unittest.main(argv=sys.argv[:1] + rest, exit=False).result
    for test, reason in result.skipped:
        print(f"note: {test.id().removeprefix('__main__.')} was skipped: {reason}")
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
