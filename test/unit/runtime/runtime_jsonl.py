"""Tests of train --jsonl: log.jsonl, read by Python's json, has the rows of log.csv, whatever became of the run.
Arguments as of runtime_cli.py."""

import csv
import json
import os

import runtime_cli
from runtime_stops import Background


def no_constant(text):
    raise ValueError(f"{text} is not JSON")


class JsonLines(Background):
    def lines(self, out):
        text = (out / "log.jsonl").read_text()
        self.assertTrue(text.endswith("\n"))
        # Digits as they stand.
        return [json.loads(line, parse_float=str, parse_int=str, parse_constant=no_constant)
                for line in text.splitlines()]

    def check(self, out):
        """The same steps, columns and digits as log.csv."""
        with open(out / "log.csv") as file:
            expected = [{name: cell for name, cell in row.items() if cell} for row in csv.DictReader(file)]
        self.assertEqual(self.lines(out), expected)
        return [int(row["step"]) for row in expected]

    def test_a_run(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 40, "--out", out, "--jsonl")
        self.assertEqual(self.check(out), [*range(1, 11), 20, 30, 40])
        self.assertEqual(list(self.lines(out)[0]), ["step", "D", "G", "spread", "steps_per_s"])

    def test_only_when_asked_for(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 20, "--out", out)
        self.assertFalse((out / "log.jsonl").exists())
        # With the rows before; a run that has it goes on with it.
        self.ok("ring", "train", "--steps", 40, "--resume", "--out", out, "--jsonl")
        self.assertEqual(self.check(out)[-3:], [20, 30, 40])
        self.ok("ring", "train", "--steps", 60, "--resume", "--out", out)
        self.assertEqual(self.check(out)[-3:], [40, 50, 60])
        self.ok("ring", "train", "--steps", 10, "--force", "--out", out)
        self.assertFalse((out / "log.jsonl").exists())

    def test_after_a_kill(self):
        """The checkpoint is older than the last rows, and the last line is torn."""
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 150, "--out", out, "--jsonl")
        old = {name: (out / name).read_bytes() for name in ("checkpoint.safetensors", "run.json")}
        self.ok("ring", "train", "--steps", 300, "--out", out, "--resume")
        for name, content in old.items():
            (out / name).write_bytes(content)
        with open(out / "log.jsonl", "a") as file:
            file.write('{"step": 3')
        self.ok("ring", "train", "--steps", 200, "--out", out, "--resume")
        self.assertEqual(self.check(out)[-6:], [150, 160, 170, 180, 190, 200])

    def test_numbers_that_json_does_not_have(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 4, "--out", out)
        header, _, _, *rest = (out / "log.csv").read_text().splitlines()
        cells = [["1", "nan", "inf", "", "5"], ["2", "-inf", "1e-05", "text", "5"]]
        (out / "log.csv").write_text("\n".join([header, *map(",".join, cells), *rest]) + "\n")
        self.ok("ring", "train", "--steps", 6, "--out", out, "--resume", "--jsonl")
        self.assertEqual(self.lines(out)[:2],
                         [{"step": "1", "D": "NaN", "G": "Infinity", "steps_per_s": "5"},
                          {"step": "2", "D": "-Infinity", "G": "1e-05", "spread": "text", "steps_per_s": "5"}])

    def meddled(self, change, name):
        """What a run says, and its exit code, when its file is changed under it."""
        out = self.root / name
        process = self.start(out, "--log-every", "10", "--jsonl")
        change(out / "log.jsonl")
        rows = len(self.rows(out))
        self.wait_for(lambda: len(self.rows(out)) > rows + 1 or process.poll() is not None)
        process.terminate()
        errors = process.stderr.read()
        return out, process.wait(30), errors

    def test_deleted_or_cut(self):
        for name, change in (("deleted", os.unlink), ("cut", lambda path: os.truncate(path, 30))):
            out, code, errors = self.meddled(change, name)
            self.assertEqual(code, 0, errors)
            self.assertEqual(errors.count("log.jsonl was deleted or changed; it is written again"), 1, errors)
            self.check(out)

    def test_replaced_by_something_else(self):
        def replace(path):
            other = path.with_name("other")
            other.write_text("precious\n")
            os.rename(other, path)
        out, code, errors = self.meddled(replace, "run")
        self.assertEqual(code, 74, errors)
        self.assertIn("log.jsonl was replaced by another file", errors)
        self.assertEqual((out / "log.jsonl").read_text(), "precious\n")
        self.assertTrue((out / "checkpoint.safetensors").exists(), "the state is kept")


if __name__ == "__main__":
    runtime_cli.main()
