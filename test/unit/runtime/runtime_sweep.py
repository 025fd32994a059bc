#!/usr/bin/env python3
"""`sweep`: a run for each choice of values and seeds. Arguments as of runtime_cli.py."""
import json
import signal
import subprocess
import time

import runtime_cli
from runtime_cli import Case, run


class Sweep(Case):
    def setUp(self):
        super().setUp()
        self.out = self.root / "sweep"

    def names(self):
        return sorted(path.name for path in self.out.iterdir())

    def test_plays_each_choice_under_each_seed(self):
        text = self.ok("ring", "sweep", "--steps", 20, "--set", "G.lr=1e-3,2e-3", "--seeds", 2, "--seed", 5, "--out",
                       self.out)
        runs = ["G.lr=1e-3,seed=5", "G.lr=1e-3,seed=6", "G.lr=2e-3,seed=5", "G.lr=2e-3,seed=6"]
        self.assertEqual(self.names(), [*runs, "sweep.svg"])
        lone = self.root / "lone"
        self.ok("ring", "train", "--steps", 20, "--set", "G.lr=2e-3", "--seed", 6, "--out", lone)
        self.assertEqual(self.checkpoint(self.out / runs[3]), self.checkpoint(lone))
        # The table has the last row of each log.
        table = [line.split() for line in text.splitlines() if line.startswith(("run  ", "G.lr"))]
        self.assertEqual(table[0], ["run", "step", "D", "G", "spread"])
        for name, row in zip(runs, table[1:], strict=True):
            last = self.rows(self.out / name)[-1]
            self.assertEqual([row[0], row[1]], [name, last[0]])
            for shown, logged in zip(row[2:], last[1:], strict=True):
                self.assertAlmostEqual(float(shown), float(logged), delta=1e-3 * abs(float(logged)) + 1e-9)
        self.assertIn("G.lr=2e-3,seed=6", (self.out / "sweep.svg").read_text())
        # The directory stands for its runs.
        for command, name in (("plot", "chart.svg"), ("report", "page.html")):
            self.ok("ring", command, self.out, "-o", self.root / name)
            whole = (self.root / name).read_bytes()
            self.ok("ring", command, *(self.out / run for run in runs), "-o", self.root / name)
            self.assertEqual((self.root / name).read_bytes(), whole)
            self.assertEqual([whole.count(run.encode()) > 0 for run in runs], [True] * 4)

    def test_goes_on_where_it_was_stopped(self):
        words = ["--set", "G.lr=1e-3,2e-3", "--out", self.out]
        self.ok("ring", "sweep", "--steps", 10, *words)
        self.fails(64, "already holds a run; continue the sweep with --resume", "ring", "sweep", "--steps", 20, *words)
        first = self.out / "G.lr=1e-3,seed=0"
        before = (first / "checkpoint.safetensors").stat().st_mtime_ns
        self.ok("ring", "sweep", "--steps", 10, "--resume", *words)
        self.assertEqual((first / "checkpoint.safetensors").stat().st_mtime_ns, before)
        self.ok("ring", "sweep", "--steps", 20, "--resume", "--set", "G.lr=1e-3,2e-3,3e-3", "--seeds", 2, "--out",
                self.out)
        lone = self.root / "lone"
        self.ok("ring", "train", "--steps", 20, "--set", "G.lr=1e-3", "--out", lone)
        self.assertEqual(self.checkpoint(first), self.checkpoint(lone))
        self.assertEqual(json.loads((self.out / "G.lr=3e-3,seed=1" / "run.json").read_text())["steps"], 20)

    def test_a_signal_ends_it(self):
        words = ["sweep", "--steps", "1000000000", "--seeds", "3", "--out", str(self.out)]
        process = subprocess.Popen([runtime_cli.BINARIES.ring, *words], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        while not (self.out / "seed=0" / "log.csv").exists():
            time.sleep(0.01)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("the sweep was interrupted; go on with --resume", errors)
        self.assertEqual([name for name in self.names() if name.startswith("seed")], ["seed=0"])

    def test_a_run_that_fails_does_not_end_it(self):
        blocked = self.out / "seed=1"
        blocked.mkdir(parents=True)
        (blocked / "run.json").write_text("no JSON")
        result = run("ring", "sweep", "--steps", 10, "--seeds", 3, "--out", self.out, "--resume")
        self.assertEqual(result.returncode, 65, result.stderr)
        self.assertRegex(result.stderr, r"^ring: error: seed=1: .*run\.json")
        self.assertTrue((self.out / "seed=2" / "checkpoint.safetensors").exists())

    def test_what_no_run_could_take_is_refused_before_the_first(self):
        for part, *words in (("--set cannot set 'G.lrr'; did you mean G.lr?", "--set", "G.lrr=1,2"),
                             ("--set G.lr lists 1e-3 twice", "--set", "G.lr=0.001,1e-3"),
                             ("--set G.lr expects a number, got ''", "--set", "G.lr=1,"),
                             ("expected --set NAME=NUMBER,NUMBER", "--set", "G.lr"),
                             ("expected one of '--set G.lr=1' and '--set G.lr=2', got both", "--set", "G.lr=1", "--set",
                              "G.lr=2"),
                             ("a sweep has at most 10000 runs", "--set", "G.lr=1,2", "--seeds", 10000)):
            self.fails(64, part, "ring", "sweep", "--steps", 5, "--out", self.out, *words)
        self.fails(66, "absent", "digits", "sweep", "--steps", 5, "--data", "x,y=absent", "--seeds", 3, "--out",
                   self.out)
        self.assertFalse(self.out.exists())


if __name__ == "__main__":
    runtime_cli.main()
