"""Tests of the checkpoints that a run keeps beside its last one. On hand-written models."""

import json
import os
import shutil
import struct
import subprocess
import time

import runtime_cli
from runtime_stops import Background


def metadata(path):
    content = path.read_bytes()
    return json.loads(content[8:8 + struct.unpack("<Q", content[:8])[0]])["__metadata__"]


class Kept(Background):
    def kept(self, out):
        return sorted(path.name for path in out.iterdir() if path.suffix == ".safetensors")

    def test_the_last_ones(self):
        out, alone = self.root / "run", self.root / "alone"
        self.ok("ring", "train", "--steps", 47, "--checkpoint-every", 5, "--keep", 3, "--out", out)
        self.assertEqual(self.kept(out), ["checkpoint-000035.safetensors", "checkpoint-000040.safetensors",
                                          "checkpoint-000045.safetensors", "checkpoint.safetensors"])
        # Each is the state of its step, to the bit.
        for step in (35, 40, 45):
            self.ok("ring", "train", "--steps", step, "--out", alone, "--force")
            self.assertEqual((out / f"checkpoint-{step:06}.safetensors").read_bytes(), self.checkpoint(alone))
        # A resumed run goes on with it, and can be told otherwise.
        self.ok("ring", "train", "--steps", 60, "--resume", "--out", out)
        self.assertEqual(self.kept(out)[:-1], [f"checkpoint-0000{step}.safetensors" for step in (50, 55, 60)])
        self.ok("ring", "train", "--steps", 66, "--keep", 1, "--resume", "--out", out)
        self.assertEqual(self.kept(out)[:-1], ["checkpoint-000065.safetensors"])
        self.assertEqual(json.loads((out / "run.json").read_text())["keep"], 1)
        self.ok("ring", "train", "--steps", 2, "--force", "--out", out)
        self.assertEqual(self.kept(out), ["checkpoint.safetensors"])

    def test_the_best_one(self):
        for order, choose in (("least", min), ("greatest", max)):
            out, alone = self.root / order, self.root / (order + "-alone")
            rule = f"spread={order}"
            self.ok("ring", "train", "--steps", 30, "--best", rule, "--out", out)
            self.ok("ring", "train", "--steps", 100, "--resume", "--out", out)
            rows = [(float(row[3]), int(row[0])) for row in self.rows(out)[1:]]
            value = choose(value for value, _ in rows)
            step = next(step for each, step in rows if each == value)
            told = metadata(out / "best.safetensors")
            self.assertEqual((told["best"], told["iteration"]), (rule, str(step)))
            self.assertEqual(struct.pack("<f", float(told["best_value"])), struct.pack("<f", value))
            # Its tensors are those of the run that ends there.
            self.ok("ring", "train", "--steps", step, "--out", alone)
            sample = self.root / "a.npy", self.root / "b.npy"
            self.ok("ring", "sample", "--from", out / "best.safetensors", "-o", sample[0])
            self.ok("ring", "sample", "--from", alone, "-o", sample[1])
            self.assertEqual(sample[0].read_bytes(), sample[1].read_bytes())

    def test_what_is_kept_of_a_run_knows_its_data(self):
        out = self.root / "run"
        self.ok("digits", "train", "--steps", 10, "--best", "M=least", "--checkpoint-every", 4, "--keep", 2, "--out",
                out, *self.digits())
        for name in ("best", "checkpoint-000008", "checkpoint"):
            self.ok("digits", "eval", "--from", out / f"{name}.safetensors")
        shutil.copy(out / "best.safetensors", self.root / "mine.safetensors")
        self.fails(64, "needs data", "digits", "eval", "--from", self.root / "mine.safetensors")

    def test_refused(self):
        out = self.root / "run"
        words = ["ring", "train", "--steps", 9, "--out", out]
        self.fails(64, "log.csv has no column 'spraed'; did you mean spread? (columns: D, G, spread)", *words,
                   "--best", "spraed=least")
        self.fails(64, "expected --best COLUMN=least, COLUMN=greatest or none, got 'spread'", *words, "--best",
                   "spread")
        self.fails(64, "tell at which, by --checkpoint-every K", *words, "--keep", 3)
        self.assertFalse(out.exists())
        self.ok(*words, "--best", "spread=least")
        told = (out / "run.json").read_text()
        (out / "run.json").write_text(told.replace("spread=least", "gone=least"))
        self.fails(64, "--best gone=least: log.csv has no column 'gone' (columns: D, G, spread); choose another by "
                   "--best, or go on without by --best none", *words, "--resume")
        best = (out / "best.safetensors").read_bytes()
        self.ok(*words, "--resume", "--best", "none")
        self.assertIsNone(json.loads((out / "run.json").read_text())["best"])
        self.ok("ring", "train", "--steps", 30, "--out", out, "--resume")
        self.assertEqual((out / "best.safetensors").read_bytes(), best)
        self.ok("ring", "train", "--steps", 30, "--out", out, "--resume", "--best", "D=greatest")
        self.assertEqual(metadata(out / "best.safetensors")["best"], "D=greatest")
        words[3] = 30
        best = out / "best.safetensors"
        good = best.read_bytes()
        best.write_bytes(good[:100])
        self.fails(65, "best.safetensors is truncated or corrupt", *words, "--resume")
        self.assertEqual(best.read_bytes(), good[:100])
        os.remove(best)
        (out / "checkpoint.safetensors").rename(best)
        (out / "log.csv").unlink()
        (out / "run.json").unlink()
        self.fails(64, "already holds a run", *words)

    def test_killed_at_any_moment(self):
        """What is kept and named is always whole, and the run that goes on ends as the one that was never killed."""
        whole, out = self.root / "whole", self.root / "run"
        words = ["--checkpoint-every", "3", "--keep", "2", "--best", "spread=least", "--quiet"]
        self.ok("ring", "train", "--steps", 120, "--out", whole, *words)
        for k in range(8):
            process = subprocess.Popen([runtime_cli.BINARIES.ring, "train", "--steps", "120", "--out", str(out), *words,
                                        *(["--resume"] if out.exists() else [])], stderr=subprocess.PIPE)
            time.sleep(0.011 * k + 0.01)
            process.kill()
            process.communicate()
            for name in self.kept(out) if out.exists() else []:
                self.ok("ring", "sample", "--from", out / name, "-o", self.root / "s.npy")
        self.ok("ring", "train", "--steps", 120, "--resume", "--out", out, *words)
        self.assertEqual(self.kept(out), self.kept(whole))
        for name in self.kept(whole):
            self.assertEqual((out / name).read_bytes(), (whole / name).read_bytes(), name)
        self.assertEqual(self.rows(out), self.rows(whole))
        self.assertEqual([p.name for p in out.iterdir() if p.name.startswith(".")], [])


if __name__ == "__main__":
    runtime_cli.main()
