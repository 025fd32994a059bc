#!/usr/bin/env python3
"""The command line of a training binary over data sets, and the commands beside `train`: sample, eval, bench,
profiles. Arguments as of runtime_cli.py."""
import json
import os
import pathlib
import struct

import runtime_cli
from runtime_cli import Case, run


class Data(Case):
    def refused(self, code, part, *words):
        out = self.root / "run"
        self.fails(code, part, "digits", "train", "--steps", 3, "--out", out, *words)
        self.assertFalse(out.exists(), "nothing is written before data is checked")

    def test_wrong_data(self):
        good = self.digits()
        self.refused(64, "--data x=PATH --data y=PATH")
        self.refused(64, "give --data y=PATH", *good[:2])
        self.refused(66, "absent", "--data", "x=absent", *good[2:])
        self.refused(64, "unknown data field 'z'", "--data", "z=absent")
        self.refused(64, "expected --data FIELD=PATH", "--data", "x")
        labels = self.root / "bad"
        labels.write_text("".join(f"{i % 11}\n" for i in range(30)))
        self.refused(65, "bad:11: column 1: y expects a label of 0..9, got 10", *good[:2], "--data", f"y={labels}")
        small = self.root / "small"
        small.write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, 30, 27, 27) + bytes(30 * 27 * 27))
        self.refused(65, "expects records of [784], got 30 of [27, 27]", "--data", f"x={small}", *good[2:])
        labels.write_text("1\n2\n")
        self.refused(65, "equally many records", *good[:2], "--data", f"y={labels}")

    def test_what_is_no_file_is_refused_at_once(self):
        good = self.digits()
        pipe = self.root / "pipe"
        os.mkfifo(pipe)
        self.refused(66, "is a device, expected a data file", "--data", "x=/dev/zero", *good[2:])
        self.refused(66, "is a pipe, expected a data file", "--data", f"x={pipe}", *good[2:])
        self.refused(65, "holds no pictures (PNG or JPEG); its first file is 'images'", "--data", f"x={self.root}",
                     *good[2:])
        sparse = self.root / "sparse"
        with open(sparse, "wb") as file:
            file.truncate(100 << 30)
        self.refused(65, "expected an IDX, NPY or CSV file", "--data", f"x={sparse}", *good[2:])

    def test_bytes_of_zero_and_one_are_warned_of(self):
        images, good = self.root / "binary", self.digits()
        images.write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, 30, 28, 28) + bytes(i % 2 for i in range(30 * 784)))
        result = run("digits", "train", "--steps", 3, "--out", self.root / "run", "--data", f"x={images}", *good[2:])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"^digits: warning: .*binary: bytes 0..255 are scaled to \(0, 1\), .*\n$")

    def test_columns_are_chosen_by_name(self):
        prices, out = self.root / "prices.csv", self.root / "run"
        prices.write_text('day,open,"high, low",close\n' + "".join(f"d{i},{i % 3},x,{i % 5}\n" for i in range(20)))
        plain = self.root / "plain.csv"
        plain.write_text("".join(f"{i % 5},{i % 3}\n" for i in range(20)))
        self.ok("ring", "train", "--steps", 5, "--out", self.root / "plain", "--data", f"x={plain}")
        self.ok("ring", "train", "--steps", 3, "--out", out, "--data", f"x={prices}:close,open")
        self.assertEqual(json.loads((out / "run.json").read_text())["data"][0]["columns"], ["close", "open"])
        self.ok("ring", "train", "--steps", 5, "--out", out, "--resume")  # the choice is remembered
        self.assertEqual(self.checkpoint(out), self.checkpoint(self.root / "plain"))
        result = json.loads(self.ok("ring", "eval", "--from", out, "--json"))
        self.assertAlmostEqual(result["objectives"]["G"], 2, places=6)
        self.fails(65, "did you mean open?", "ring", "eval", "--from", out, "--data", f"x={prices}:opne,close")
        self.fails(65, ":2: column 3: expected a number, got 'x'", "ring", "eval", "--from", out, "--data",
                   f'x={prices}:"high, low",close')
        self.fails(64, "expected --data", "ring", "eval", "--from", out, "--data", f"x={prices}:")

    def test_eval_counts_every_record_once(self):
        good, out = self.digits(13), self.root / "run"  # the minibatch is 10
        self.ok("digits", "train", "--steps", 3, "--out", out, *good)
        result = json.loads(self.ok("digits", "eval", "--from", out, "--json"))
        labels = [i % 10 for i in range(13)]
        mean = sum(labels) / 13
        self.assertEqual(result["records"], 13)
        self.assertAlmostEqual(result["metrics"]["label"], mean, places=6)
        self.assertAlmostEqual(result["objectives"]["M"], 9000 + sum((y - mean)**2 for y in labels) / 13, places=2)

    def test_source_may_be_replaced(self):
        points = self.root / "points.csv"
        points.write_text("".join(f"{i % 3},{i % 5}\n" for i in range(50)))
        out = self.root / "run"
        text = self.ok("ring", "train", "--steps", 30, "--out", out, "--data", f"x={points}")
        self.assertNotIn("modes", text)
        self.assertEqual(json.loads((out / "run.json").read_text())["data"][0]["shape"], [50, 2])
        self.ok("ring", "sample", "--from", out, "-o", self.root / "s.png")
        other = self.root / "other.csv"
        other.write_text("1,2\n")
        self.fails(65, "data x: was f64 [50, 2], is f64 [1, 2]", "ring", "train", "--steps", 40, "--resume",
                   "--out", out, "--data", f"x={other}")

    def test_other_content_of_the_same_shape(self):
        points, out = self.root / "points.csv", self.root / "run"
        points.write_text("".join(f"{i % 3},{i % 5}\n" for i in range(50)))
        self.ok("ring", "train", "--steps", 10, "--out", out, "--data", f"x={points}")
        moved = self.root / "moved.csv"
        points.rename(moved)
        self.ok("ring", "train", "--steps", 20, "--resume", "--out", out, "--data", f"x={moved}")
        moved.write_text(moved.read_text().replace("2,4", "2,3"))
        words = ["ring", "train", "--steps", 30, "--resume", "--out", out, "--quiet"]
        result = self.fails(65, "other data", *words)
        self.assertIn("\n  data x: was of content crc32", result.stderr)
        result = run(*words[:4], "--resume=anyway", *words[5:])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("note: data x: was of content crc32", result.stderr)
        changes = json.loads((out / "run.json").read_text())["changes"]
        self.assertEqual([change["step"] for change in changes], [20])
        self.ok(*words[:3], 40, *words[4:])
        self.ok("ring", "sample", "--from", out, "-o", self.root / "s.npy")
        self.fails(64, "--resume=anyway", "ring", "train", "--steps", 5, "--accept-changes", "--out", out)
        self.fails(64, "expected --resume, or --resume=anyway, got --resume=maybe", "ring", "train", "--steps", 5,
                   "--resume=maybe", "--out", out)
        self.fails(64, "takes options alone, got 'anyway'", "ring", "train", "--steps", 5, "--resume", "anyway")

    def test_data_that_changed_in_place_is_told(self):
        points, out = self.root / "points.csv", self.root / "run"
        points.write_text("".join(f"{i % 3},{i % 5}\n" for i in range(50)))
        self.ok("ring", "train", "--steps", 10, "--out", out, "--data", f"x={points}")
        # The same, elsewhere: nothing to tell.
        copy = self.root / "copy.csv"
        copy.write_text("1,1\n")
        self.ok("ring", "eval", "--from", out)
        self.ok("ring", "eval", "--from", out, "--data", f"x={copy}")
        for text, was in ((points.read_text().replace("2,4", "2,3"), "of content crc32"), ("1,2\n", "f64 [50, 2]")):
            points.write_text(text)
            for words in (["eval", "--from", out], ["eval", "--from", out, "--data", f"x={points}"],
                          ["sample", "--from", out, "-o", self.root / "s.png"]):
                result = run("ring", *words)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
                self.assertIn(f"ring: note: the run was trained on other data: data x: was {was}", result.stderr)
            # A picture alone needs the data behind it.
            self.ok("ring", "sample", "--from", out, "-o", self.root / "s.npy")

    def test_means_of_large_numbers(self):
        for rows in (["3e38,1"] * 20, ["3e38,1", "-3e38,1"] * 10, ["-3e38,2"] * 7 + ["3e38,2"] * 6):
            points, out = self.root / "large.csv", self.root / "run"
            points.write_text("\n".join(rows) + "\n")
            self.ok("ring", "train", "--steps", 0, "--out", out, "--force", "--data", f"x={points}")
            result = json.loads(self.ok("ring", "eval", "--from", out, "--json"))
            mean = sum(float(row.split(",")[0]) for row in rows) / len(rows)
            self.assertAlmostEqual(result["objectives"]["G"] / 3e38, mean / 3e38, places=6)

    def test_mnist(self):
        mnist = pathlib.Path(runtime_cli.BINARIES.mnist)
        if not mnist.exists():
            self.skipTest(f"no MNIST at {mnist}")
        out = self.root / "run"
        self.ok("digits", "train", "--steps", 200, "--out", out,
                "--data", f"x={mnist}/train-images-idx3-ubyte.gz", "--data", f"y={mnist}/train-labels-idx1-ubyte.gz")
        data = json.loads((out / "run.json").read_text())["data"]
        self.assertEqual([d["shape"] for d in data], [[60000, 28, 28], [60000]])
        text = self.ok("digits", "eval", "--from", out, "--json",
                       "--data", f"x={mnist}/t10k-images-idx3-ubyte.gz",
                       "--data", f"y={mnist}/t10k-labels-idx1-ubyte.gz")
        result = json.loads(text)
        self.assertEqual(result["records"], 10000)
        self.assertAlmostEqual(result["metrics"]["label"], 4.4434, places=3)


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
        self.assertNotIn("random numbers", self.ok("digits", "bench", "--steps", 2, *self.digits()))
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
