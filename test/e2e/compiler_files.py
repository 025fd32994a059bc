# RUN: %python %s %bin/agonc %root/test/pipeline/tiny.agon
"""What agonc reads and writes: outputs that are links, devices, pipes or another's file; models that
are no files; standard streams that are closed or full; compilations that are killed."""

import fcntl
import os
import pathlib
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

AGONC, MODEL = map(os.path.abspath, sys.argv[1:3])


class Case(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="agon-files-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        (self.root / "scratch").mkdir()
        shutil.copy(MODEL, self.root / "m.agon")

    def command(self, *words, **more):
        env = {**os.environ, "TMPDIR": str(self.root / "scratch")}
        return subprocess.run([AGONC, *map(str, words)],
                              **{"cwd": self.root, "env": env, "timeout": 300, "capture_output": True, "text": True,
                                 **more})

    def ok(self, *words, **more):
        result = self.command(*words, **more)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def fails(self, code, part, *words, **more):
        result = self.command(*words, **more)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(part, result.stderr)
        return result.stderr

    def names(self):
        return sorted(os.listdir(self.root))


class Outputs(Case):
    def test_programs(self):
        self.ok("m.agon", "-o", "m")
        self.assertTrue(os.access(self.root / "m", os.X_OK))
        self.assertEqual(self.names(), ["m", "m.agon", "scratch"])
        self.assertEqual(os.listdir(self.root / "scratch"), [])
        old, link = self.root / "old", self.root / "link"
        old.write_text("old")
        old.chmod(0o640)
        link.symlink_to("old")
        self.ok("m.agon", "-o", "link")
        self.assertTrue(link.is_symlink())
        self.assertEqual(stat.S_IMODE(old.stat().st_mode), 0o750)
        self.assertEqual(old.read_bytes(), (self.root / "m").read_bytes())

    def test_names_of_others(self):
        for name in ("out.tmp", "m.tmp"):
            (self.root / name).symlink_to("victim")
        (self.root / "victim").write_text("mine")
        for phase in ("exe", "obj", "diff"):
            self.ok("m.agon", "-o", "out", f"--emit={phase}")
        self.assertEqual((self.root / "victim").read_text(), "mine")
        self.assertTrue((self.root / "out.tmp").is_symlink())

    def test_links(self):
        expected = self.ok("m.agon", "--emit=diff")
        (self.root / "dangling").symlink_to("made")
        self.ok("m.agon", "--emit=diff", "-o", "dangling", "--report=r")
        self.assertEqual((self.root / "made").read_text(), expected)
        self.assertTrue((self.root / "dangling").is_symlink())
        (self.root / "loop").symlink_to("loop")
        self.fails(74, "cannot write loop", "m.agon", "--emit=diff", "-o", "loop")

    def test_the_model_itself(self):
        before = (self.root / "m.agon").read_text()
        (self.root / "lib.agon").write_text("const q = 1\n")
        (self.root / "user.agon").write_text('import "lib.agon"\n' + before)
        (self.root / "symbolic").symlink_to("m.agon")
        os.link(self.root / "m.agon", self.root / "hard")
        for name in ("m.agon", "./m.agon", "symbolic", "hard"):
            self.fails(64, "is the model file itself", "m.agon", "-o", name)
            self.fails(64, "would replace the model file", "m.agon", "-o", "x", f"--report={name}")
        self.fails(64, "is the model file itself", "user.agon", "-o", "lib.agon", "--emit=diff")
        self.fails(64, "would replace the model file", "user.agon", "-o", "x", "--report=lib.agon")
        self.fails(64, "would replace the output", "m.agon", "-o", "x", "--report=x")
        self.assertEqual((self.root / "m.agon").read_text(), before)
        self.assertEqual((self.root / "lib.agon").read_text(), "const q = 1\n")

    def test_devices(self):
        # By links of ours: should this fail, the machine's own devices are not what breaks.
        null, full = self.root / "null", self.root / "full"
        null.symlink_to("/dev/null")
        full.symlink_to("/dev/full")
        for phase in ("exe", "diff"):
            self.ok("m.agon", f"--emit={phase}", "-o", "null")
            self.fails(74, "No space left", "m.agon", f"--emit={phase}", "-o", "full")
        self.ok("m.agon", "-o", "null", "--report=null")
        self.fails(74, "No space left", "m.agon", "-o", "null", "--report=full")
        self.assertTrue(null.is_symlink() and full.is_symlink())
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))
        if os.geteuid() == 0:
            try:
                os.mknod(self.root / "node", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
                open(self.root / "node", "w").close()
            except OSError:
                self.skipTest("no device can be made here")
            self.ok("m.agon", "-o", "node")
            self.assertTrue(stat.S_ISCHR((self.root / "node").stat().st_mode))

    def test_pipes(self):
        expected = self.ok("m.agon", "--emit=diff")
        os.mkfifo(self.root / "pipe")
        got = []
        reader = threading.Thread(target=lambda: got.append((self.root / "pipe").read_text()))
        reader.start()
        self.ok("m.agon", "--emit=diff", "-o", "pipe")
        reader.join(60)
        self.assertEqual(got, [expected])
        self.assertTrue(stat.S_ISFIFO((self.root / "pipe").stat().st_mode))
        self.assertEqual(self.ok("m.agon", "--emit=diff", "-o", "/dev/stdout"), expected)
        with open(self.root / "both", "w") as both:
            both.write("before\n")
            both.flush()
            self.ok("m.agon", "--emit=diff", "-o", "/dev/stdout", capture_output=False, stdout=both,
                    stderr=subprocess.PIPE)
        self.assertEqual((self.root / "both").read_text(), "before\n" + expected)

    def test_what_cannot_be_written(self):
        (self.root / "directory").mkdir()
        self.fails(74, "Is a directory", "m.agon", "-o", "directory", "--emit=diff")
        self.fails(74, "No such file", "m.agon", "-o", "no/such", "--emit=diff")
        self.fails(74, "Not a directory", "m.agon", "-o", "m.agon/x", "--emit=diff")
        if os.geteuid() != 0:
            (self.root / "kept").write_text("x")
            (self.root / "kept").chmod(0o444)
            self.fails(74, "Permission denied", "m.agon", "-o", "kept", "--emit=diff")

    def test_two_at_once(self):
        env = {**os.environ, "TMPDIR": str(self.root / "scratch")}
        several = [subprocess.Popen([AGONC, "m.agon", "-o", "m"], cwd=self.root, env=env) for _ in range(3)]
        self.assertEqual([process.wait(300) for process in several], [0, 0, 0])
        self.assertEqual(self.names(), ["m", "m.agon", "scratch"])
        self.assertEqual(subprocess.run([self.root / "m", "info"], stdout=subprocess.DEVNULL).returncode, 0)

    def test_killed(self):
        env = {**os.environ, "TMPDIR": str(self.root / "scratch")}
        begin = time.time()
        self.ok("m.agon", "-o", "/dev/null")
        whole = time.time() - begin
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            for part in (0.3, 0.7, 0.9):
                process = subprocess.Popen([AGONC, "m.agon", "-o", "m"], cwd=self.root, env=env)
                time.sleep(whole * part)
                process.send_signal(number)
                process.wait(60)
                if number == signal.SIGKILL:  # what it leaves goes with the next compilation
                    self.ok("m.agon", "-o", "m")
                self.assertEqual([name for name in self.names() if name not in ("m", "m.agon", "scratch")], [])

    def test_what_a_killed_one_left(self):
        for name in ("m", "other"):
            (self.root / f".{name}.0123456789abcdef.tmp").write_text("half")
        (self.root / ".m.42.tmp").write_text("no name of agonc's")
        (self.root / ".m.00000000000000aa.tmp").symlink_to("m.agon")
        at_work = self.root / ".m.fedcba9876543210.tmp"
        at_work.write_text("half")
        with open(at_work) as writer:
            fcntl.flock(writer, fcntl.LOCK_EX)
            self.ok("m.agon", "--emit=diff", "-o", "m")
        self.assertEqual(self.names(), [".m.00000000000000aa.tmp", ".m.42.tmp", ".m.fedcba9876543210.tmp",
                                        ".other.0123456789abcdef.tmp", "m", "m.agon", "scratch"])
        self.ok("m.agon", "--emit=diff", "-o", str(self.root / "m"))
        self.assertNotIn(at_work.name, self.names())


class Linkers(Case):
    def test_limit_of_size(self):
        self.ok("m.agon", "-o", "m")
        size = (self.root / "m").stat().st_size
        for part in (0.001, 0.3, 0.9):
            limit = int(size * part)
            errors = self.fails(74, "agonc: error: cannot write", "m.agon", "-o", "limited",
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
            self.assertEqual(errors.count("\n"), 1, errors)
        self.assertEqual(self.names(), ["m", "m.agon", "scratch"])
        self.assertEqual(os.listdir(self.root / "scratch"), [])

    def test_that_dies(self):
        driver = self.root / "driver"
        driver.write_text("#!/bin/sh\nexec >&2\necho 'PLEASE submit a bug report'\necho 'Stack dump:'\n"
                          "printf '0.\\tProgram arguments: ld\\n'\necho ' #0 0x00007f llvm::sys::Trace'\n"
                          "echo '#12 0x00007f main'\necho 'ld: error: no such symbol'\nkill -SEGV $$\n")
        driver.chmod(0o755)
        env = {**os.environ, "TMPDIR": str(self.root / "scratch"), "AGON_CXX": str(driver)}
        errors = self.fails(74, "Segmentation fault", "m.agon", "-o", "m", env=env)
        self.assertEqual(errors.splitlines()[1:], ["ld: error: no such symbol"], errors)
        self.assertFalse((self.root / "m").exists())


class Models(Case):
    def test_what_is_no_text(self):
        os.mkfifo(self.root / "pipe")
        (self.root / "directory").mkdir()
        (self.root / "sparse").touch()
        os.truncate(self.root / "sparse", 100 << 30)
        for name, why in (("/dev/zero", "a device or a pipe"), ("/dev/null", "a device or a pipe"),
                          ("pipe", "a device or a pipe"), ("directory", "Is a directory"),
                          ("sparse", "larger than 16 MiB"), ("absent", "No such file")):
            (self.root / "user.agon").write_text(f'\nimport "{name}"\n')
            errors = self.fails(65, f'cannot read the imported file "{name}": ', "user.agon", "--check")
            self.assertIn(why, errors)
            self.assertIn("user.agon:2:8", errors)
            self.assertIn("help: ", errors)
        for name, why, code in (("/dev/zero", "larger than 16 MiB", 65), ("sparse", "larger than 16 MiB", 65),
                                ("directory", "Is a directory", 66), ("absent", "No such file", 66)):
            errors = self.fails(code, f"cannot read {name}: ", name, "--check")
            self.assertIn(why, errors)
            self.assertEqual(errors.count("\n"), 1, errors)

    def test_through_a_pipe(self):
        text = (self.root / "m.agon").read_text()
        expected = self.ok("m.agon", "--emit=ast")
        self.assertEqual(self.ok("/dev/stdin", "--emit=ast", input=text), expected)
        slow = f"'{AGONC}' <(sleep 0.3; cat m.agon) --emit=ast"
        self.assertEqual(subprocess.check_output(["bash", "-c", slow], cwd=self.root, text=True), expected)
        os.mkfifo(self.root / "pipe")
        errors = self.fails(66, "cannot read pipe: it is a pipe that nothing is written to", "pipe", "--check")
        self.assertEqual(errors.count("\n"), 1, errors)
        descriptor = os.open(self.root / "pipe", os.O_RDWR)  # a writer that has said nothing yet
        compiler = subprocess.Popen([AGONC, "pipe", "--emit=ast"], cwd=self.root, stdout=subprocess.PIPE, text=True)
        time.sleep(0.3)
        os.write(descriptor, text.encode())
        time.sleep(0.3)
        os.close(descriptor)
        self.assertEqual(compiler.communicate(timeout=60)[0], expected)


class Streams(Case):
    def test_full(self):
        for words in (["--help"], ["--version"], ["m.agon", "--emit=ast"], ["m.agon", "--emit=diff"],
                      ["m.agon", "--emit=obj", "-o", "-"], ["m.agon", "-o", "x", "--report"]):
            with open("/dev/full", "w") as full:
                errors = self.fails(74, "No space left", *words, capture_output=False, stdout=full,
                                    stderr=subprocess.PIPE)
                self.assertEqual(errors.count("\n"), 1, errors)
                # Errors that do not arrive are errors still.
                self.assertEqual(self.command("absent", capture_output=False, stderr=full).returncode, 66)

    def test_closed(self):
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            command = f"exec '{AGONC}' m.agon -o m {closed}"
            self.assertEqual(subprocess.run(["bash", "-c", command], cwd=self.root).returncode, 0)
            self.assertEqual((self.root / "m").read_bytes()[:4], b"\x7fELF")
        for words in ("m.agon --emit=diff", "m.agon --emit=diff -o -", "--help", "--version", "m.agon -o m --report"):
            result = subprocess.run(["bash", "-c", f"exec '{AGONC}' {words} >&-"], cwd=self.root, capture_output=True,
                                    text=True)
            self.assertEqual(result.returncode, 74, words)
            self.assertIn("agonc: error: cannot write", result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)

    def test_wrong_options_take_a_line(self):
        for words in (["m.agon", "-o"], ["m.agon", "--emit"], ["m.agon", "-D"], ["m.agon", "-O"], ["m.agon", "--march"],
                      ["m.agon", "--memory"], ["m.agon", "--banana"], ["m.agon", "other.agon"],
                      ["m.agon", "-o", ""], []):
            errors = self.fails(64, "agonc: error: ", *words)
            self.assertEqual(errors.count("\n"), 1, errors)

    def test_unknown_options_with_a_value_after_them(self):
        for option, fix in (("--epochs", "training is counted in steps, "), ("--lr", "rates stand in the model"),
                            ("--steps", "it is an option of the binary"), ("--out=x", "it is an option of the binary"),
                            ("-ox", "--help lists what there is"), ("--repot", "did you mean --report?"),
                            ("---check", "did you mean --check?")):
            errors = self.fails(64, f"agonc: error: unknown option '{option}'; {fix}", "m.agon", option, "3")
            self.assertEqual(errors.count("\n"), 1, errors)
            self.assertEqual("--report" in errors, option == "--repot", errors)
        for word in ("-h", "--h", "-help", "--help"):
            self.assertIn("USAGE: agonc [options] MODEL.agon", self.ok(word))

    def test_options_given_twice(self):
        for words, first, second in (("-o a -o b", "-o a", "-o b"), ("-O3 -O 2", "-O3", "-O 2"),
                                     ("--emit=ast --emit diff", "--emit=ast", "--emit diff"),
                                     ("--report -report=x", "--report", "-report=x"), ("-O2 -O2", "-O2", "-O2"),
                                     ("-D n=1 -Dn=2", "-D n=1", "-D n=2"), ("other.agon", "m.agon", "other.agon"),
                                     ("-- -o", "m.agon", "-o"), ("--check --check", "--check", "--check")):
            errors = self.fails(64, f"expected one of '{first}' and '{second}', got both", "m.agon", *words.split())
            self.assertEqual(errors.count("\n"), 1, errors)
        self.fails(65, "no constant of this name", "m.agon", "-Dn=1", "-D", "m=2", "--check")

    def test_options_are_judged_whatever_is_asked_for(self):
        for words in ([], ["--check"], ["--emit=ast"], ["--emit=agon"], ["--emit=llvm", "-o", "-"]):
            self.fails(64, "unknown processor 'foo' for --march", "m.agon", "--march=foo", *words)
            self.fails(64, "expected --float=f32 or --float=f64", "m.agon", "--float=f16", *words)
            self.fails(64, "expected -O0 to -O3", "m.agon", "-O7", *words)
            self.fails(64, "expected --memory=N", "m.agon", "--memory=much", *words)
            self.fails(64, "expected --target=", "m.agon", "--target=tpu", *words)
            self.fails(64, "no such runtime archive: absent.a", "m.agon", "--runtime=absent.a", *words)

    def test_options_without_effect(self):
        for word in ("-o", "--emit", "--pass-timing"):
            option = {"-o": ["-o", "x"], "--emit": ["--emit=diff"]}.get(word, [word])
            self.fails(64, f"{word} asks for an output; it does not go with --check", "m.agon", "--check", *option)
        for word in ("-D", "--pass-timing"):
            option = {"-D": ["-D", "n=2"]}.get(word, [word])
            self.fails(64, f"{word} does not go with --emit=ast", "m.agon", "--emit=ast", *option)

    def test_flags_with_values(self):
        for word in ("--check=no", "-check=", "--pass-timing=1"):
            message = f"expected {word.split('=')[0]}, which takes no value, got '{word}'"
            errors = self.fails(64, message, "m.agon", word)
            self.assertEqual(errors.count("\n"), 1, errors)
        self.fails(64, "expected --verify-each=true or --verify-each=false, got 'no'", "m.agon", "--verify-each=no")
        self.ok("m.agon", "--check", "--verify-each=false")

    def test_empty_values_name_the_option_as_typed(self):
        for word in ("--march=", "-march=", "-o=", "--float=", "--emit="):
            self.fails(64, f"expected a value after {word}, got nothing", "m.agon", word)
        for word in ("--march", "-runtime", "-o", "-D"):
            self.fails(64, f"expected a value after {word}, got nothing", "m.agon", word, "")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
