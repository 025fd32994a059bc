#!/usr/bin/env python3
"""The command line of a training binary over data sets, and its command `data`. Arguments as of runtime_cli.py."""
import gzip
import json
import math
import os
import pathlib
import resource
import statistics
import struct
import zipfile
import zlib

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
        self.refused(65, "holds no pictures (PNG, JPEG, WebP or GIF) and no NPY files; its first file is 'images'",
                     "--data", f"x={self.root}", *good[2:])
        sparse = self.root / "sparse"
        with open(sparse, "wb") as file:
            file.truncate(100 << 30)
        self.refused(65, "expected an IDX, NPY, NPZ or CSV file", "--data", f"x={sparse}", *good[2:])

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


def npy(shape, code, content):
    """An array of NumPy's: code as its dtype has it, "|u1"."""
    head = repr({"descr": code, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + content


class SeveralFiles(Case):
    """Files that hold several arrays, and several files for a field."""

    def trained(self, *data):
        out = self.root / "out"
        words = [word for each in data for word in ("--data", each)]
        result = run("digits", "train", "--steps", 7, "--out", out, "--force", "--quiet", *words)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return self.checkpoint(out)

    def refused(self, code, part, *data):
        self.fails(code, part, "digits", "data", *[word for each in data for word in ("--data", each)])

    def npz(self, method, names=("x", "y"), wide=False):
        pixels = bytes((i * 7 + j) % 256 for i in range(30) for j in range(784))
        labels = bytes(i % 10 for i in range(30))
        path = self.root / "data.npz"
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, content in ((names[0], npy((30, 28, 28), "|u1", pixels)), (names[1], npy((30,), "|u1", labels))):
                with archive.open(name + ".npy", "w", force_zip64=wide) as file:  # as NumPy does
                    file.write(content)
            archive.writestr("readme.txt", "text")
        return path

    def test_npz(self):
        plain = self.trained(*self.digits()[1::2])
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            for wide in (False, True):
                path = self.npz(method, wide=wide)
                self.assertEqual(self.trained(f"x,y={path}"), plain)
                self.ok("digits", "train", "--steps", 8, "--out", self.root / "out", "--resume", "--quiet")
                self.assertEqual(self.trained(f"x={path}:x", f"y={path}:y"), plain)
                path = self.npz(method, ("images", "labels"), wide)
                self.assertEqual(self.trained(f"x,y={path}:images,labels"), plain)
        self.refused(65, "holds several arrays, images, labels; choose one, as in --data x=", f"x={path}")
        self.refused(65, "expected an array 'image', got images, labels; did you mean images?", f"x={path}:image")
        self.refused(65, "expected an array 'x'", f"x,y={path}")

    def test_damaged_npz(self):
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            path = self.npz(method)
            whole = path.read_bytes()
            for size in range(4, len(whole), max(1, len(whole) // 60)):
                path.write_bytes(whole[:size])
                self.refused(65, str(path), f"x={path}:x")
            for at in range(60, len(whole), len(whole) // 40):  # beyond the first header, in an array or the directory
                path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1:])
                result = run("digits", "data", "--data", f"x={path}:x", "--json")
                if result.returncode == 0:  # where nothing of x lies
                    self.assertEqual(json.loads(result.stdout)["fields"][0]["duplicates"], 0)
                else:
                    self.assertEqual(result.returncode, 65, result.stderr)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr("x.npy", npy((1,), "|u1", b"1"))
        self.refused(65, "is packed in a way that is not read", f"x={path}")

    def test_patterns(self):
        words = self.digits()
        plain = self.trained(*words[1::2])
        pixels, labels = (self.root / "images").read_bytes()[16:], (self.root / "labels").read_bytes()[8:]
        for part, begin, end in (("a", 0, 7), ("b", 7, 8), ("c", 8, 30)):
            (self.root / f"x-{part}.npy").write_bytes(
                npy((end - begin, 28, 28), "|u1", pixels[begin * 784:end * 784]))
            (self.root / f"y-{part}.csv").write_text("".join(f"{label}\n" for label in labels[begin:end]))
        x, y = f"x={self.root}/x-*.npy", f"y={self.root}/y-?.csv"
        # The numbers of CSV files are others' type, so the checksums differ, but nothing else.
        self.assertEqual(self.trained(x, y), plain)
        self.assertEqual(json.loads((self.root / "out" / "run.json").read_text())["data"][0]["path"],
                         f"{self.root}/x-*.npy")
        self.ok("digits", "train", "--steps", 8, "--out", self.root / "out", "--resume", "--quiet")
        # A file is not there any more: the run tells.
        (self.root / "y-c.csv").unlink()
        self.refused(65, "equally many records", x, y)
        (self.root / "y-c.csv").write_text("1\n12\n")
        self.refused(65, f"{self.root}/y-c.csv:2: column 1: y expects a label of 0..9, got 12", y)
        (self.root / "x-b.npy").write_bytes(npy((1, 28, 28), "<f4", bytes(4 * 784)))
        self.refused(65, f"x-b.npy: holds f32 [28, 28] a record, {self.root}/x-a.npy before it u8 [28, 28]", x)
        self.refused(66, "cannot open", f"x={self.root}/z-*.npy")


class LargerThanMemory(Case):
    """A limit of the process stands for memory that is too small."""
    RECORDS = 500000

    def setUp(self):
        super().setUp()
        self.not_sanitized("no process runs within a limit of its memory")
        labels, images = self.root / "y.npy", self.root / "x.npy"
        labels.write_bytes(npy((self.RECORDS,), "|u1", bytes(i * 7 % 10 for i in range(self.RECORDS))))
        head = npy((self.RECORDS, 28, 28), "|u1", b"")
        with open(images, "wb") as file:  # almost all of it is a hole
            file.write(head)
            for record in range(0, self.RECORDS, 1000):
                file.seek(len(head) + record * 784)
                file.write(bytes((record + j) % 256 for j in range(784)))
            file.truncate(len(head) + self.RECORDS * 784)
        self.words = ["--data", f"x={images}", "--data", f"y={labels}"]

    def trained(self, *words, limit=None):
        out = self.root / "run"
        before = resource.getrlimit(resource.RLIMIT_DATA)
        if limit:
            resource.setrlimit(resource.RLIMIT_DATA, (limit, before[1]))
        try:
            result = run("digits", "train", "--steps", 40, "--seed", 3, "--out", out, "--quiet", "--force",
                         "--threads", 1, *words)
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, before)
        if result.returncode == 0:
            return self.checkpoint(out), (out / "run.json").read_text()
        return result.returncode, result.stderr

    def test_a_file_is_mapped(self):
        plain = self.trained(*self.words)
        self.assertEqual(self.trained(*self.words, limit=300 << 20), plain)
        # What is packed, or is to be changed, cannot be, and has a folder.
        words = [word.replace("x.npy", "x.npy.gz") for word in self.words]
        with gzip.open(self.root / "x.npy.gz", "wb", 1) as file:
            file.write((self.root / "x.npy").read_bytes())
        code, said = self.trained(*words, limit=300 << 20)
        self.assertEqual(code, 69)
        self.assertRegex(said, r"x\.npy\.gz: does not fit in memory: 373\.\d MiB or more are needed, .* are available; "
                               r"with --data-cache DIRECTORY it lies in a file there")
        cache = self.root / "cache"
        cache.mkdir()
        checkpoint, told = self.trained(*words, "--data-cache", cache, limit=300 << 20)
        self.assertEqual(checkpoint, plain[0])
        self.assertEqual(json.loads(told)["data"][0]["content"], json.loads(plain[1])["data"][0]["content"])
        self.assertEqual(list(cache.iterdir()), [])
        code, said = self.trained(*words, "--data-cache", self.root / "absent", limit=300 << 20)
        self.assertEqual((code, f"cannot write into {self.root}/absent" in said), (74, True))

    def test_files_of_a_pattern(self):
        plain = json.loads(self.trained(*self.words)[1])["data"][0]
        plain["checkpoint"] = self.checkpoint(self.root / "run")
        each = 4000  # less than what lies in a block of its own
        with open(self.root / "x.npy", "rb") as whole:
            whole.seek(len(npy((self.RECORDS, 28, 28), "|u1", b"")))
            for part in range(self.RECORDS // each):
                (self.root / f"part-{part:03}.npy").write_bytes(npy((each, 28, 28), "|u1", whole.read(each * 784)))
        for ending in (".npy", ".npy.gz"):
            words = ["--data", f"x={self.root}/part-*{ending}", *self.words[2:]]
            if ending == ".npy.gz":
                for path in self.root.glob("part-*.npy"):
                    (self.root / (path.name + ".gz")).write_bytes(gzip.compress(path.read_bytes(), 1))
                code, said = self.trained(*words, limit=300 << 20)
                self.assertEqual((code, "do not fit in memory together" in said), (69, True), said)
                (self.root / "cache").mkdir()
                words += ["--data-cache", self.root / "cache"]
            checkpoint, told = self.trained(*words, limit=300 << 20)
            self.assertEqual(checkpoint, plain["checkpoint"])
            told = json.loads(told)["data"][0]
            self.assertEqual((told["content"], told["shape"]), (plain["content"], plain["shape"]))
        os.truncate(self.root / "part-077.npy", 1 << 20)
        code, said = self.trained("--data", f"x={self.root}/part-*.npy", *self.words[2:], limit=300 << 20)
        self.assertEqual((code, "part-077.npy: expected 3136" in said), (65, True), said)

    def test_a_cache_that_is_no_folder(self):
        # However little it would have to hold.
        self.fails(74, "absent: it is no folder", "digits", "train", "--steps", 1, "--out", self.root / "refused",
                   "--data-cache", self.root / "absent", *self.digits())
        self.assertFalse((self.root / "refused").exists())


class DataCommand(Case):
    def report(self, binary, *words, faults=0):
        result = run(binary, "data", "--json", *words)
        self.assertEqual(result.returncode, 65 if faults else 0, result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual(report["faults"], faults)
        return {field["name"]: field for field in report["fields"]}, result.stderr

    def test_counts_what_files_hold(self):
        good = self.digits()
        fields, _ = self.report("digits", *good)
        x, y = fields["x"], fields["y"]
        pixels = [(i * 7 + j) % 256 / 255 for i in range(30) for j in range(784)]
        self.assertEqual((x["records"], x["stored"]["shape"], x["shape"]), (30, [30, 28, 28], [784]))
        self.assertEqual((x["least"], x["greatest"], x["duplicates"], x["nan"]), (0, 1, 0, 0))
        self.assertAlmostEqual(x["mean"], statistics.fmean(pixels), places=12)
        self.assertAlmostEqual(x["deviation"], statistics.pstdev(pixels), places=12)
        self.assertEqual([each["records"] for each in y["classes"]], [3] * 10)
        text = self.ok("digits", "data", *good)
        self.assertIn("  records     30, stored as u8 [28, 28], taken as [784] in (0, 1)\n", text)
        self.assertRegex(text, r"\n  classes     0 +3   10.0 %\n              1 +3   10.0 %\n")
        # One field of a record is enough to be looked at; without any there is nothing to do.
        self.ok("digits", "data", *good[:2])
        self.fails(64, "give --data FIELD=PATH", "digits", "data")
        self.fails(66, "absent", "digits", "data", "--data", "x=absent")

    def test_duplicates(self):
        points = self.root / "points.csv"
        points.write_text("".join(f"{i % 7},{i % 5}\n" for i in range(50)))
        x = self.report("ring", "--data", f"x={points}")[0]["x"]
        self.assertEqual((x["duplicates"], x["first_duplicate"]), (15, [35, 0]))
        self.assertIn(f"15 equal to an earlier record; the first: {points}:36: column 1 is {points}:1: column 1",
                      self.ok("ring", "data", "--data", f"x={points}"))

    def test_every_fault_is_named(self):
        points = self.root / "points.csv"
        points.write_text("1,2\n3,x\n4\n5,1e39\n" + "6,1e99\n" * 20)
        fields, said = self.report("ring", "--data", f"x={points}", faults=23)
        self.assertEqual(fields["x"]["records"], 22)
        self.assertTrue(said.startswith("ring: error: the data has 23 faults, listed below\n"), said)
        lines = said.splitlines()[1:]
        self.assertEqual(lines[0], f"  {points}:2: column 2: expected a number, got 'x'")
        self.assertEqual(lines[1], f"  {points}:3: expected 2 columns, got 1")
        self.assertIn(f"  {points}:4: column 2: x expects numbers that f32 can hold", lines[2])
        self.assertEqual((len(lines), lines[-1]), (11, "  and 13 more"))
        array = self.root / "x.npy"
        head = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2)}\n".encode()
        array.write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head +
                          struct.pack("<8f", 1, 2, math.nan, math.inf, 3, 4, math.nan, 5))
        x, said = self.report("ring", "--data", f"x={array}", faults=2)
        self.assertEqual((x["x"]["nan"], x["x"]["infinite"], x["x"]["least"], x["x"]["mean"]), (2, 1, 1, 3))
        self.assertEqual(x["x"]["not_finite"], [f"{array}: record {i}" for i in (1, 1, 3)])
        labels = self.root / "labels"
        labels.write_text("".join(f"{i % 12}\n" for i in range(30)))
        y, said = self.report("digits", "--data", f"y={labels}", faults=4)
        self.assertEqual([each["records"] for each in y["y"]["classes"]], [3] * 6 + [2] * 4)
        self.assertIn("labels:11: column 1: y expects a label of 0..9, got 10", said)

    def test_contact_sheet(self):
        good, sheet = self.digits(), self.root / "sheet.png"
        self.ok("digits", "data", *good, "-o", sheet)
        width, height, pixels = read_png(sheet)
        # 30 images of 28 x 28 in rows of 6, a class after the other, with gaps of 2.
        self.assertEqual((width, height), (6 * 30 - 2, 5 * 30 - 2))
        order = sorted(range(30), key=lambda i: (i % 10, i))
        for place, record in enumerate(order):
            top, left = place // 6 * 30, place % 6 * 30
            for y in (0, 13, 27):
                self.assertEqual(pixels[top + y][left:left + 28],
                                 bytes((record * 7 + y * 28 + x) % 256 for x in range(28)))
        self.fails(64, "ends in .png", "digits", "data", *good, "-o", self.root / "sheet.jpg")
        self.fails(64, "none of the fields", "digits", "data", *good[2:], "-o", sheet)
        text = self.root / "text.png"
        text.write_text("text")
        self.fails(64, "is of another kind", "digits", "data", *good, "-o", text)


def read_png(path):
    """Width, height and rows of a grey PNG file whose rows are filtered in any way."""
    content, at, packed = path.read_bytes(), 8, b""
    while at < len(content):
        size, kind = struct.unpack(">I4s", content[at:at + 8])
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">2I2B", content[at + 8:at + 18])
            assert (depth, colour) == (8, 0)
        packed += content[at + 8:at + 8 + size] if kind == b"IDAT" else b""
        at += 12 + size
    raw, rows = zlib.decompress(packed), []
    for y in range(height):
        kind, *row = raw[y * (width + 1):(y + 1) * (width + 1)]
        above = rows[-1] if rows else bytes(width)
        for x in range(width):
            a, b, c = row[x - 1] if x else 0, above[x], above[x - 1] if x else 0
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            row[x] = row[x] + (0, a, b, (a + b) // 2, nearest)[kind] & 255
        rows.append(bytes(row))
    return width, height, rows


if __name__ == "__main__":
    runtime_cli.main()
