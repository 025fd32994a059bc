"""Tests of what training tells while it goes on, on a terminal and elsewhere. Arguments as of runtime_cli.py."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time

import runtime_cli
from runtime_cli import Case, run


class Progress(Case):
    def on_a_terminal(self, *words, columns=200, **variables):
        """What the program writes to a terminal, with the seconds at which it came."""
        mine, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
        process = subprocess.Popen([os.path.abspath(runtime_cli.BINARIES.ring), *map(str, words)], stdout=its,
                                   stderr=its, env={**os.environ, "NO_COLOR": "", "TERM": "xterm", **variables})
        os.close(its)
        parts = []
        while True:
            try:
                part = os.read(mine, 4096)
            except OSError:
                break
            if not part:
                break
            parts.append((time.monotonic(), part.decode()))
        os.close(mine)
        self.assertEqual(process.wait(), 0)
        self.parts = parts
        return "".join(part for _, part in parts)

    def train(self, name, *words, steps=15):
        return ["train", "--steps", steps, "--log-every", 10, "--out", self.root / name, *words]

    def lines(self, text):
        """The live line as it stood, one time after the other."""
        return [line.removesuffix("\x1b[K") for line in re.split(r"[\r\n]+", text) if line.startswith("step ")]

    def test_the_line(self):
        text = self.on_a_terminal(*self.train("live"), AGON_FAKE_WAIT="50000")
        lines = self.lines(text)
        # The objectives are those of the iteration; metrics, of the last row, are told with its step.
        self.assertRegex(lines[0], r"^step 1/15  [\d.e+-]+ it/s  ETA \d+ s  D \S+  G \S+$")
        self.assertTrue(any(re.fullmatch(r"step 1[1-4]/15  \S+ it/s  ETA 0 s|step 1[1-4]/15  \S+ it/s  ETA \d s  "
                                         r"D \S+  G \S+  \[step 10: spread \S+\]", line) for line in lines), lines)
        self.assertRegex(lines[-1], r"^step 15/15  \S+ it/s  ETA 0 s  D \S+  G \S+  spread \S+$")
        self.assertEqual(sum(line.startswith("step 15/15") for line in lines), 1, "the last line is written once")
        # An iteration takes 0.1 s and a little, so the pace is known.
        self.assertTrue(7 < float(lines[-1].split()[2]) < 10.5, lines[-1])
        last = self.rows(self.root / "live")[-1]
        for name, number in zip(("D", "G", "spread"), last[1:]):
            self.assertAlmostEqual(float(re.search(rf"{name} (\S+)", lines[-1])[1]), float(number),
                                   delta=1e-4 * abs(float(number)))
        self.assertEqual(text.count("\n"), text.count("\r\n"))

    def test_ten_times_a_second_at_most(self):
        text = self.on_a_terminal(*self.train("many", steps=2000), AGON_FAKE_WAIT="300")
        times = [at for at, part in self.parts if "\rstep" in part]
        self.assertGreater(len(times), 5)
        self.assertLess(len(self.lines(text)), 10 * (times[-1] - times[0]) + 4)

    def test_width(self):
        for columns in (12, 30, 45):
            text = self.on_a_terminal(*self.train(str(columns)), columns=columns, AGON_FAKE_WAIT="20000")
            lines = self.lines(text)
            self.assertTrue(lines)
            for line in lines:
                self.assertLess(len(line), columns)
            self.assertEqual(len(lines[0]), columns - 1)
            self.assertTrue(lines[0].endswith("…"))
            self.assertTrue(lines[0].startswith("step 1/15"))

    def test_warnings_stand_apart(self):
        """A warning takes the line's place; no half of it is left before or behind."""
        log = self.root / "warned/log.csv"
        process = subprocess.Popen(["sh", "-c", f"while ! rm {log} 2>/dev/null; do sleep 0.05; done"])
        text = self.on_a_terminal(*self.train("warned", steps=30), AGON_FAKE_WAIT="30000")
        process.wait()
        self.assertRegex(text, r"\r\x1b\[Kring: warning: \S+/log.csv was deleted; it is written again, with all its "
                               r"rows\r\n")

    def test_terminals_that_want_plain_lines(self):
        for name, variables in (("dumb", {"TERM": "dumb"}), ("none", {"TERM": ""}), ("grey", {"NO_COLOR": "1"})):
            text = self.on_a_terminal(*self.train(name), **variables)
            self.assertNotIn("\x1b", text)
            self.assertNotIn("\r", text.replace("\r\n", ""))
            self.assertRegex(text, r"step 15/15  D \S+  G \S+  spread \S+  \S+ it/s\r\n")

    def test_plain_lines_are_few(self):
        begun = time.monotonic()
        text = self.ok("ring", "train", "--steps", 1200, "--log-every", 1, "--out", self.root / "run",
                       env={"AGON_FAKE_WAIT": "1000"})
        took = time.monotonic() - begun
        lines = [line for line in text.splitlines() if line.startswith("step ")]
        self.assertGreater(took, 2.4)
        self.assertTrue(2 <= len(lines) <= took + 1, lines)
        self.assertRegex(lines[-1], r"^step 1200/1200  D \S+  G \S+  spread \S+  \S+ it/s$")

    def test_quiet(self):
        """Nothing on standard output; what is wrong still goes to standard error."""
        out = self.root / "run"
        process = subprocess.Popen(["sh", "-c", f"while ! rm {out}/log.csv 2>/dev/null; do sleep 0.05; done"])
        result = run("ring", "train", "--steps", 40, "--out", out, "--quiet", env={"AGON_FAKE_WAIT": "20000"})
        process.wait()
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertEqual(result.stderr, f"ring: warning: {out}/log.csv was deleted; it is written again, with all its "
                                        "rows\n")
        self.assertNotIn("step 400/400", self.on_a_terminal("train", "--steps", 400, "--quiet", "--out",
                                                            self.root / "terminal"))


if __name__ == "__main__":
    runtime_cli.main()
