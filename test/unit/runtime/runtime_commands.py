#!/usr/bin/env python3
"""The commands of a training binary beside `train` and `data`: sample, eval, bench, profiles. Arguments as of
runtime_cli.py."""
import json
import pathlib

import runtime_cli
from runtime_cli import Case


class Sample(Case):
    def setUp(self):
        super().setUp()
        self.out = self.root / "run"
        self.ok("ring", "train", "--steps", 50, "--seed", 2, "--out", self.out)

    def test_arrays_and_pictures(self):
        a, b, c, p = (self.root / name for name in ("a.npy", "b.npy", "c.npy", "p.png"))
        text = self.ok("ring", "sample", "--from", self.out, "-n", 7, "-o", a)
        self.assertIn("of 8, high-quality samples", text)
        self.assertIn(b"'shape': (7, 2)", a.read_bytes())
        self.ok("ring", "sample", "--from", self.out, "-n", 7, "-o", b, "--seed", 2)
        self.assertEqual(a.read_bytes(), b.read_bytes())
        self.ok("ring", "sample", "--from", self.out / "checkpoint.safetensors", "-n", 7, "-o", c, "--seed", 5)
        self.assertNotEqual(a.read_bytes(), c.read_bytes())
        self.ok("ring", "sample", "--from", self.out, "-o", p)
        self.ok("ring", "sample", "--from", self.out, "-o", p)
        self.assertEqual(p.read_bytes()[:4], b"\x89PNG")

    def test_errors(self):
        self.fails(64, ".png or .npy", "ring", "sample", "--from", self.out, "-o", self.root / "s.jpg")
        self.fails(64, "got network 'D'", "ring", "sample", "--from", self.out, "-o", "s.npy", "--network", "D")
        self.fails(66, "absent", "ring", "sample", "--from", "absent", "-o", "s.npy")
        self.fails(74, "cannot write", "ring", "sample", "--from", self.out, "-o", self.root / "no/dir/s.npy")
        other = self.root / "precious.npy"
        other.write_text("not an array")
        self.fails(64, "--force", "ring", "sample", "--from", self.out, "-o", other)
        self.ok("ring", "sample", "--from", self.out, "-o", other, "--force")
        product = self.root / "product"
        data = self.root / "c.csv"
        data.write_text("0.1,0.2,0.3\n")
        self.ok("product", "train", "--steps", 2, "--out", product, "--data", f"c={data}")
        self.fails(64, "noise alone", "product", "sample", "--from", product, "-o", self.root / "s.npy")

    def test_labels_run_through_their_classes(self):
        out, array = self.root / "digits", self.root / "d.npy"
        self.ok("digits", "train", "--steps", 50, "--out", out, *self.digits())
        self.ok("digits", "sample", "--from", out, "-n", 25, "-o", array)
        values = array.read_bytes()[-25 * 784 * 4:]
        rows = [values[i * 3136:(i + 1) * 3136] for i in range(25)]
        self.assertTrue(rows[3] == rows[13] == rows[23])
        self.assertTrue(rows[3] != rows[4])

    def test_a_folder_has_a_picture_for_each_sample(self):
        out, folder, grid = self.root / "digits", f"{self.root}/pictures/", self.root / "d.png"
        self.ok("digits", "train", "--steps", 2, "--out", out, *self.digits())
        self.ok("digits", "sample", "--from", out, "-n", 12, "-o", folder)
        pictures = sorted(pathlib.Path(folder).iterdir())
        self.assertEqual([picture.name for picture in pictures], [f"{i:02}.png" for i in range(12)])
        self.ok("digits", "sample", "--from", out, "-n", 1, "-o", grid)
        self.assertEqual(pictures[0].read_bytes(), grid.read_bytes())
        self.fails(64, "holds files already", "digits", "sample", "--from", out, "-n", 12, "-o", folder, "--force")
        self.ok("digits", "sample", "--from", out, "--seed-of-each", "5-6,2", "-o", f"{self.root}/seeds/")
        self.assertEqual(sorted(path.name for path in (self.root / "seeds").iterdir()),
                         ["seed-2.png", "seed-5.png", "seed-6.png"])
        self.fails(64, "G makes no images", "ring", "sample", "--from", self.out, "-o", f"{self.root}/none/")

    def test_eval(self):
        result = json.loads(self.ok("ring", "eval", "--from", self.out, "--json"))
        self.assertEqual(result["iteration"], 50)
        self.assertEqual(result["objectives"]["D"], 3)
        self.assertLess(abs(result["objectives"]["G"]), 1)
        self.assertIn("spread", self.ok("ring", "eval", "--from", self.out))


class Bench(Case):
    def test_prints_every_turn(self):
        text = self.ok("ring", "bench", "--steps", 5, "--threads", 2)
        self.assertRegex(text, r"2 threads: medians of 5 iterations")
        self.assertRegex(text, r"roof: [\d.]+ GFLOP/s \(\d+-bit .*, [\d.]+ GB/s")
        self.assertRegex(text, r"\nturn_D, 2 times: ")
        self.assertRegex(text, r"\nturn_G: [\d.]+ ms .* 2 regions")
        self.assertRegex(text, r"%[am]  G#1 contraction \[4, 2\] at fake\.agon:3:7; outer 1x1")
        self.assertRegex(text, r"\niteration: ")
        self.assertEqual(list(self.root.iterdir()), [])

    def test_regions_can_be_left_out(self):
        text = self.ok("ring", "bench", "--steps", 2, "--top", 1)
        self.assertIn("1 more; --top 0 shows all", text)
        self.assertNotIn("more", self.ok("ring", "bench", "--steps", 2, "--top", 0))

    def test_json(self):
        result = json.loads(self.ok("ring", "bench", "--steps", 3, "--json", "--set", "G.lr=0.01"))
        turns = {turn["name"]: turn for turn in result["turns"]}
        self.assertEqual(turns["turn_D"]["calls_per_iteration"], 2)
        self.assertEqual([region["flops"] for region in turns["turn_G"]["regions"]], [800, 200])
        self.assertEqual(result["iterations"], 3)
        self.assertGreater(result["roof_flops"], 0)

    def test_makes_data_up(self):
        self.assertIn("random numbers for x, y", self.ok("digits", "bench", "--steps", 2))
        text = self.ok("digits", "bench", "--steps", 2, *self.digits())
        self.assertNotIn("random numbers", text)
        self.assertRegex(text, r"\ndata: [\d.e-]+ ms of an iteration to draw its minibatches, [\d.]+ % of its time\n")
        result = json.loads(self.ok("digits", "bench", "--steps", 2, "--json", *self.digits()))
        self.assertTrue(0 < result["share_drawing"] < 1 and result["seconds_drawing"] > 0, result)
        self.fails(66, "absent", "digits", "bench", "--data", "x=absent", "--data", "y=absent")

    def test_wrong_usage(self):
        self.fails(64, "--steps", "ring", "bench", "--steps", 0)
        self.fails(64, "G.lr", "ring", "bench", "--set", "G.lrr=1")


class Profile(Case):
    def iterations(self, trace):
        events = json.loads(trace.read_text())
        return sorted({event["args"]["iteration"] for event in events if event.get("cat") == "turn"})

    def test_traces_twenty_iterations_after_three(self):
        out, trace = self.root / "run", self.root / "trace.json"
        self.ok("ring", "train", "--steps", 40, "--out", out, "--profile", trace, "--threads", 2)
        self.assertEqual(self.iterations(trace), list(range(4, 24)))
        plain = self.root / "plain"
        self.ok("ring", "train", "--steps", 40, "--out", plain)
        self.assertEqual(self.checkpoint(out), self.checkpoint(plain))
        self.ok("ring", "train", "--steps", 45, "--out", out, "--resume", "--profile", trace)
        self.assertEqual(self.iterations(trace), [44, 45])

    def test_short_runs(self):
        trace = self.root / "trace.json"
        self.ok("ring", "train", "--steps", 1, "--out", self.root / "one", "--profile", trace)
        self.assertEqual(self.iterations(trace), [1])
        self.ok("ring", "train", "--steps", 5, "--out", self.root / "five", "--profile", trace)
        self.assertEqual(self.iterations(trace), [4, 5])

    def test_refuses_before_training(self):
        other, out = self.root / "precious.txt", self.root / "run"
        other.write_text("not a trace")
        self.fails(64, "no trace", "ring", "train", "--steps", 5, "--out", out, "--profile", other)
        self.fails(74, "cannot write", "ring", "train", "--steps", 5, "--out", out, "--profile",
                   self.root / "no/t.json")
        self.assertFalse(out.exists())
        self.assertEqual(other.read_text(), "not a trace")


if __name__ == "__main__":
    runtime_cli.main()
