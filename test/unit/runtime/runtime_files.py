"""Tests of a training binary's files: what happens to a run that is given files that are not what they
say. On hand-written models."""

import json
import math
import os
import pathlib
import shutil
import struct

import runtime_cli
from runtime_cli import Case, run
from runtime_stops import Background


def split(checkpoint):
    """A safetensors file's header and tensors."""
    length = struct.unpack("<Q", checkpoint[:8])[0]
    return json.loads(checkpoint[8:8 + length]), checkpoint[8 + length:]


def join(header, tensors):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + tensors


class RunFiles(Case):
    """What a run's directory lacks, or what somebody has put there instead."""

    def setUp(self):
        super().setUp()
        self.out, self.points = self.root / "run", self.root / "points.csv"
        self.points.write_text("".join(f"{i % 3},{i % 5}\n" for i in range(50)))
        self.ok("ring", "train", "--steps", 20, "--out", self.out, "--set", "G.lr=0.01", "--data", f"x={self.points}")
        self.resume = ["ring", "train", "--steps", 30, "--resume", "--out", self.out]

    def test_data_that_is_gone(self):
        moved = self.root / "moved.csv"
        self.points.rename(moved)
        for words in (self.resume, ["ring", "eval", "--from", self.out]):
            self.fails(66, f"cannot open {self.points}, which the run was trained on: No such file or directory; "
                           "tell where "
                           "it is now by --data x=PATH", *words)
        self.ok("ring", "sample", "--from", self.out, "-o", self.root / "s.npy")
        self.ok(*self.resume, "--data", f"x={moved}")

    def test_no_run_file(self):
        (self.out / "run.json").unlink()
        result = self.fails(65, "other data", *self.resume, "--data", f"x={self.points}")
        self.assertIn("data x: not known, since run.json is missing, is f64 [50, 2]", result.stderr)

    def test_a_run_file_that_contradicts_itself(self):
        path = self.out / "run.json"
        good = path.read_text()
        self.assertEqual(good.count("0.01"), 2)
        path.write_text(good.replace("0.01", "0.02", 1))
        self.fails(65, "contradicts itself: G.lr is 0.02 in its set, and 0.01 in its set_history", *self.resume)
        path.write_text(good[:-20])
        self.fails(65, "is not a run.json of this program; restore it from a copy, or remove it", *self.resume)

    def test_rows_that_are_none(self):
        path = self.out / "log.csv"
        lines = path.read_text().splitlines(keepends=True)
        for number, line, told in ((3, lines[2].replace(",", "", 1), "expected a row of 5 columns, the first a step"),
                                   (4, "x" + lines[3], "expected a row of 5 columns, the first a step"),
                                   (5, lines[3], "expected a step after 3"),
                                   (2, "\n", "expected a row of 5 columns, the first a step, got ''; mend the file")):
            text = "".join(lines[:number - 1] + [line] + lines[number:])
            path.write_text(text)
            self.fails(65, f"{path}:{number}: {told}", *self.resume)
            self.assertEqual(path.read_text(), text)
        path.unlink()
        self.ok(*self.resume)

    def test_a_log_whose_end_was_cut(self):
        path = self.out / "log.csv"
        whole = path.read_bytes()
        lines = whole.splitlines(keepends=True)
        for kept, step in ((lines[:6], 5), (lines[:6] + [lines[6][:4]], 5), (lines[:1], 0), ([], 0), (lines[:-1], 10)):
            out = self.root / f"cut-{len(kept)}-{len(b''.join(kept))}"
            shutil.copytree(self.out, out)
            (out / "log.csv").write_bytes(b"".join(kept))
            result = run("ring", "train", "--steps", 30, "--resume", "--out", out)
            self.assertEqual(result.stderr, f"ring: warning: {out}/log.csv: rows after step {step}, up to step 20, "
                                            "are missing\n")
            self.assertEqual(result.returncode, 0)
            rows = [row for row in kept if row.endswith(b"\n")] or lines[:1]
            self.assertTrue((out / "log.csv").read_bytes().startswith(b"".join(rows)))
        # An earlier total's last row, and the rows of another cadence, are not missed.
        for words in ([30], [37], [43, "--log-every", 20], [61]):
            self.ok("ring", "train", "--resume", "--out", self.out, "--steps", *words)

    def test_directories_in_place_of_files(self):
        for name, code in (("log.csv", 74), ("run.json", 66), ("checkpoint.safetensors", 66)):
            keep = self.root / "keep"
            (self.out / name).rename(keep)
            (self.out / name).mkdir()
            self.fails(code, f"{name}: Is a directory", *self.resume)
            (self.out / name).rmdir()
            keep.rename(self.out / name)
        self.ok(*self.resume)


class Logs(Background):
    def stop(self, process, out, warning):
        rows = len(self.rows(out)) if (out / "log.csv").exists() else 0
        self.wait_for(lambda: (out / "log.csv").exists() and len(self.rows(out)) > rows)
        process.terminate()
        errors = process.stderr.read()
        self.assertEqual(process.wait(30), 0, errors)
        self.assertEqual(errors.count("warning: "), 1, errors)
        self.assertIn(warning, errors)

    def test_deleted(self):
        out = self.root / "run"
        process = self.start(out, "--log-every", "10")
        before = self.rows(out)
        (out / "log.csv").unlink()
        self.stop(process, out, "log.csv was deleted; it is written again")
        after = self.rows(out)
        self.assertEqual(after[:len(before)], before)
        self.assertEqual([int(row[0]) for row in after[1:]], list(range(10, 10 * len(after), 10)))

    def test_cut(self):
        for size in (0, 3, 45):
            out = self.root / str(size)
            process = self.start(out, "--log-every", "10")
            os.truncate(out / "log.csv", size)
            self.stop(process, out, "was cut by another program")
            rows = self.rows(out)
            self.assertEqual(rows[0], ["step", "D", "G", "spread"])
            self.assertEqual({len(row) for row in rows}, {4})
            steps = [int(row[0]) for row in rows[1:]]
            self.assertEqual(steps, sorted(set(steps)))

    def test_replaced(self):
        out = self.root / "run"
        process = self.start(out, "--log-every", "10")
        copy = self.root / "copy"
        copy.write_bytes((out / "log.csv").read_bytes())
        os.rename(copy, out / "log.csv")
        self.stop(process, out, "was replaced by another file; rows go on there")

    def test_replaced_by_something_else(self):
        out = self.root / "run"
        process = self.start(out, "--log-every", "10")
        copy = self.root / "copy"
        copy.write_text("precious\n")
        os.rename(copy, out / "log.csv")
        errors = process.stderr.read()
        self.assertEqual(process.wait(30), 74, errors)
        self.assertIn("replaced by a file with other columns", errors)
        self.assertEqual((out / "log.csv").read_text(), "precious\n")
        self.assertTrue((out / "checkpoint.safetensors").exists(), "the state is kept")


class Checkpoints(Case):
    def setUp(self):
        super().setUp()
        self.out = self.root / "run"
        self.ok("ring", "train", "--steps", 20, "--seed", 2, "--out", self.out)
        self.path = self.out / "checkpoint.safetensors"
        self.good = self.path.read_bytes()
        self.header, self.tensors = split(self.good)

    def refused(self, part, code=65, path=None, commands=("sample", "eval", "train")):
        from_ = path or self.out
        if "sample" in commands:
            self.fails(code, part, "ring", "sample", "--from", from_, "-o", self.root / "s.npy")
        if "eval" in commands:
            self.fails(code, part, "ring", "eval", "--from", from_)
        if "train" in commands and path is None:
            self.fails(code, part, "ring", "train", "--steps", 30, "--resume", "--out", self.out)

    def bad(self, part, change, tensors=None, **options):
        header = json.loads(json.dumps(self.header))
        del header["__metadata__"]["checksum"]
        change(header)
        self.path.write_bytes(join(header, self.tensors if tensors is None else tensors))
        self.refused(part, **options)

    def names(self):
        """Tensors of floats in the order of their bytes."""
        return sorted((name for name in self.header if name != "__metadata__"),
                      key=lambda name: self.header[name]["data_offsets"])

    def rewritten(self, metadata):
        """As the safetensors library writes: tensors sorted anew, metadata kept or not."""
        header, tensors = {}, b""
        if metadata is not None:
            header["__metadata__"] = metadata
        for name in sorted(self.names(), reverse=True):
            begin, end = self.header[name]["data_offsets"]
            header[name] = {**self.header[name], "data_offsets": [len(tensors), len(tensors) + end - begin]}
            tensors += self.tensors[begin:end]
        return join(header, tensors)

    def test_offsets_and_shapes(self):
        first, second = self.names()[:2]
        def offsets(name, value):
            return lambda header: header[name].update(data_offsets=value)
        begin, end = self.header[second]["data_offsets"]
        self.bad("says of", offsets(second, [begin + 0.5, end + 0.5]))
        self.bad("says of", offsets(second, [float(begin), float(end)]))
        self.bad("says of", offsets(second, [begin, end, end]))
        self.bad("says of", offsets(second, [-1, end]))
        self.bad("says of", offsets(second, [str(begin), str(end)]))
        self.bad("missing", offsets(second, [end, begin]))
        self.bad("missing", offsets(second, [begin, 1 << 63]))
        size = self.header[first]["data_offsets"][1]
        if end - begin == size:
            self.bad("another tensor's too", offsets(second, self.header[first]["data_offsets"]))
        self.bad("says of", lambda header: header[first].update(shape=[2.5, 2]))
        self.bad("says of", lambda header: header[first].update(shape=None))
        self.bad("says of", lambda header: header[first].update(extra=1))
        self.bad("after a gap", lambda header: header.pop(first))
        self.bad("does not hold G.dense_0.W", lambda header: header.update(other=header.pop("G.dense_0.W")),
                 commands=["sample", "train"])
        self.bad("does not have", lambda header: header.update(
            other={"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}), commands=["train"])
        self.bad("bytes of tensors", lambda header: None, tensors=self.tensors + b"1234")

    def test_gaps(self):
        name = self.names()[-1]
        begin, end = self.header[name]["data_offsets"]
        self.bad("after a gap", lambda header: header[name].update(data_offsets=[begin + 8, end + 8]),
                 tensors=self.tensors[:begin] + bytes(8) + self.tensors[begin:])

    def test_malformed_headers(self):
        name = self.names()[0]
        text = json.dumps(self.header)
        twice = text[:-1] + f', "{name}": {json.dumps(self.header[name])}' + "}"
        for bad in (twice, "[" * 100000, "[]", "3", text + "x", text[:-1], '{"a":' * 1000, "null", ""):
            self.path.write_bytes(join(bad.encode(), self.tensors))
            self.refused("malformed")
        self.path.write_bytes(struct.pack("<Q", 1 << 63) + self.good[8:])
        self.refused("shorter than its header")

    def test_iterations_and_seeds(self):
        for key, values in (("iteration", ("7x", "-1", "99999999999999999999", "1e3", "", " 7", "9223372036854775807")),
                            ("seed", ("x", "1.5", "9223372036854775808", ""))):
            for value in values:
                self.bad(f"expected its {key} to be", lambda header: header["__metadata__"].update({key: value}))
        self.bad("metadata is malformed", lambda header: header["__metadata__"].update(iteration=7))
        self.bad("metadata is malformed", lambda header: header.update(__metadata__=[]))
        draws = int(self.header["__metadata__"]["draws"])
        for value in ("", "x", "-1", str(draws + 1), str(2 * draws)):
            self.bad("expected its draws to be", lambda header: header["__metadata__"].update(draws=value))
        step = self.header["step.D"]["data_offsets"][0]
        self.bad("expected step.D to count updates, got -4", lambda header: None,
                 self.tensors[:step] + struct.pack("<q", -4) + self.tensors[step + 8:])

    def test_overrides(self):
        for value in ("", "[]", '{"G.lr": "1"}', '{"G.lr": true}', "{"):
            self.bad("overrides", lambda header: header["__metadata__"].update(overrides=value))

    def test_objectives(self):
        self.assertEqual(set(json.loads(self.header["__metadata__"]["objectives"])), {"D", "G"})
        for value in ("[]", '{"D": "1"}', "{"):
            self.bad("objectives are malformed", lambda header: header["__metadata__"].update(objectives=value))
        # Older files have none.
        self.header["__metadata__"].pop("objectives")
        self.header["__metadata__"].pop("checksum")
        self.path.write_bytes(join(self.header, self.tensors))
        self.ok("ring", "train", "--steps", 30, "--resume", "--out", self.out)

    def test_changed_metadata(self):
        model = self.header["__metadata__"]["model"]
        for key, value in (("iteration", "21"), ("seed", "3"), ("overrides", '{"G.lr":1.0}'),
                           ("objectives", '{"D":1.0}'), ("model", model[:-9] + chr(ord(model[-9]) ^ 1) + model[-8:])):
            header = json.loads(json.dumps(self.header))
            header["__metadata__"][key] = value
            self.path.write_bytes(join(header, self.tensors))
            self.refused("checksum")

    def test_numbers_that_are_not_finite(self):
        name = "G.dense_0.W"
        begin = self.header[name]["data_offsets"][0]
        for number, word in ((math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf")):
            tensors = bytearray(self.tensors)
            tensors[begin + 8:begin + 12] = struct.pack("<f", number)
            self.bad(f"{name} holds {word} at [1, 0]", lambda header: None, tensors=bytes(tensors))

    def test_samples_that_are_not_finite(self):
        begin, end = self.header["G.dense_0.W"]["data_offsets"]
        del self.header["__metadata__"]["checksum"]
        huge = 4 * struct.pack("<f", 3e38)
        self.path.write_bytes(join(self.header, self.tensors[:begin] + huge + self.tensors[end:]))
        result = runtime_cli.run("ring", "sample", "--from", self.out, "-o", self.root / "s.npy")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"^ring: warning: \d+ of the 128 numbers of these samples are not finite\n$")

    def test_rewritten_by_a_library(self):
        self.ok("ring", "train", "--steps", 30, "--resume", "--out", self.out)
        expected = self.checkpoint(self.out)
        self.path.write_bytes(self.rewritten({**self.header["__metadata__"], "by": "someone"}))
        (self.out / "run.json").unlink()
        self.ok("ring", "train", "--steps", 30, "--resume", "--out", self.out)
        self.assertEqual(self.checkpoint(self.out), expected)

    def test_rewritten_without_metadata(self):
        a, b = self.root / "a.npy", self.root / "b.npy"
        self.ok("ring", "sample", "--from", self.out, "-o", a, "--seed", 1)
        values = self.ok("ring", "eval", "--from", self.out).split("\n", 1)
        for metadata in (None, {"format": "pt"}):
            self.path.write_bytes(self.rewritten(metadata))
            self.ok("ring", "sample", "--from", self.out, "-o", b, "--seed", 1)
            self.assertEqual(a.read_bytes(), b.read_bytes())
            text = self.ok("ring", "eval", "--from", self.out).split("\n", 1)
            self.assertTrue(text[0].startswith("step unknown"), text)
            self.assertEqual(text[1], values[1])
            self.assertIsNone(json.loads(self.ok("ring", "eval", "--json", "--from", self.out))["iteration"])
            self.fails(65, "not resumed", "ring", "train", "--steps", 30, "--resume", "--out", self.out)

    def test_files_that_are_none(self):
        pipe, sparse, huge = self.root / "pipe", self.root / "sparse", self.root / "huge"
        os.mkfifo(pipe)
        sparse.write_bytes(self.good)
        os.truncate(sparse, 100 << 30)
        huge.write_bytes(struct.pack("<Q", 50 << 30))
        os.truncate(huge, 100 << 30)
        self.refused("device or a pipe", path=pipe)
        self.refused("device or a pipe", path=pathlib.Path("/dev/zero"))
        self.refused("bytes of tensors", path=sparse)
        self.refused("shorter than its header", path=huge)
        for name in ("run.json", "log.csv"):
            keep = (self.out / name).read_bytes()
            os.truncate(self.out / name, 100 << 30)
            self.fails(65, "expected at most", "ring", "train", "--steps", 30, "--resume", "--out", self.out)
            (self.out / name).write_bytes(keep)
        link = self.root / "link.safetensors"
        link.symlink_to(self.path)
        self.ok("ring", "sample", "--from", link, "-o", self.root / "s.npy")


if __name__ == "__main__":
    runtime_cli.main()
