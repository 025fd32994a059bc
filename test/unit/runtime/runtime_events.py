"""Tests of train --tensorboard, by a reader of our own: records and their checksums, events, what a resumed run leaves.
TensorBoard's own reader is in test/e2e/event_files.py. Arguments as of runtime_cli.py."""

import csv
import struct
import time

import runtime_cli
from runtime_cli import Case, run


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff


def records(content):
    """The records of a TFRecord file; every checksum must be right, and nothing left over."""
    at = 0
    while at < len(content):
        length, check = struct.unpack("<QI", content[at:at + 12])
        assert check == masked(content[at:at + 8])
        data = content[at + 12:at + 12 + length]
        assert len(data) == length
        # Pictures are long for this reader: their checksums are left to TensorBoard's.
        assert length > 20000 or content[at + 12 + length:at + 16 + length] == struct.pack("<I", masked(data))
        yield data
        at += length + 16


def fields(message):
    """(number, value) of each field of a message in protocol buffers' wire format."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
            continue
        size = varint() if tag & 7 == 2 else {1: 8, 5: 4}[tag & 7]
        yield tag >> 3, message[at:at + size]
        at += size


def events(path):
    """(step, what, value) of all events of a file."""
    for data in records(path.read_bytes()):
        event = dict(fields(data))
        assert abs(struct.unpack("<d", event[1])[0] - time.time()) < 600
        step = event.get(2, 0)
        if 3 in event:
            yield step, "version", event[3].decode()
        if 7 in event:
            yield step, "session", dict(fields(event[7]))[1]
        for number, value in fields(event.get(5, b"")):
            assert number == 1
            value = dict(fields(value))
            tag = value[1].decode()
            if 2 in value:
                yield step, tag, struct.unpack("<f", value[2])[0]
            elif 4 in value:
                yield step, tag, dict(fields(value[4]))
            else:
                yield step, tag, value[9]


class Events(Case):
    def files(self, out):
        return sorted(out.glob("events.out.tfevents.*"))

    def scalars(self, out):
        """(step, column) -> number, of all files; a point may not come twice."""
        points = {}
        for file in self.files(out):
            for step, tag, value in events(file):
                if isinstance(value, float):
                    self.assertNotIn((step, tag), points)
                    points[step, tag] = value
        return points

    def logged(self, out):
        with open(out / "log.csv") as file:
            return {(int(row["step"]), tag): struct.unpack("<f", struct.pack("<f", float(value)))[0]
                    for row in csv.DictReader(file) for tag, value in row.items() if tag != "step" and value}

    def check_points(self, out):
        points, logged = self.scalars(out), self.logged(out)
        self.assertEqual(points.keys(), logged.keys())
        for key, value in logged.items():
            self.assertAlmostEqual(points[key], value, delta=1e-5 * abs(value) if key[1] == "steps_per_s" else 0)

    def test_a_run(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 300, "--out", out, "--tensorboard", "--seed", 5, "--set", "G.lr=0.25")
        file, = self.files(out)
        self.assertEqual(file.name, "events.out.tfevents.0000000000")
        all_events = list(events(file))
        self.assertEqual(all_events[:2], [(0, "version", "brain.Event:2"), (1, "session", 1)])
        self.check_points(out)
        # The pictures are those of the directory.
        pictures = [(step, tag, value) for step, tag, value in all_events if isinstance(value, dict)]
        self.assertEqual([(step, tag) for step, tag, _ in pictures],
                         [(step, "samples/G") for step in (100, 200, 300)])
        for step, _, picture in pictures:
            self.assertEqual(picture[4], (out / f"samples/G-{step:06}.png").read_bytes())
            self.assertEqual((picture[1], picture[2], picture[3]), (640, 640, 3))
        # Hyperparameters: a map of names to numbers.
        (step, tag, metadata), = [event for event in all_events if isinstance(event[2], bytes)]
        self.assertEqual((step, tag), (0, "_hparams_/session_start_info"))
        plugin = dict(fields(dict(fields(metadata))[1]))
        self.assertEqual(plugin[1], b"hparams")
        start = list(fields(dict(fields(plugin[2]))[3]))
        entries = [dict(fields(value)) for number, value in start if number == 1]
        self.assertEqual({entry[1].decode(): struct.unpack("<d", dict(fields(entry[2]))[2])[0] for entry in entries},
                         {"seed": 5, "G.lr": 0.25})

    def test_only_when_asked_for(self):
        out = self.root / "run"
        self.ok("ring", "train", "--steps", 20, "--out", out)
        self.assertEqual(self.files(out), [])
        self.ok("ring", "train", "--steps", 40, "--resume", "--out", out, "--tensorboard")
        file, = self.files(out)
        self.assertEqual(file.name, "events.out.tfevents.0000000020")
        self.assertEqual({step for step, _ in self.scalars(out)}, {30, 40})
        self.assertEqual(sum(isinstance(value, bytes) for _, _, value in events(file)), 1)
        # A run that has them goes on with them.
        self.ok("ring", "train", "--steps", 60, "--resume", "--out", out)
        self.assertEqual({step for step, _ in self.scalars(out)}, {30, 40, 50, 60})
        self.ok("ring", "train", "--steps", 10, "--force", "--out", out)
        self.assertEqual(self.files(out), [])

    def test_what_lies_beyond_the_checkpoint_is_cut(self):
        """As after a kill: the checkpoint is older than the last rows, and the last record is torn."""
        out, whole = self.root / "run", self.root / "whole"
        self.ok("ring", "train", "--steps", 400, "--out", whole)
        self.ok("ring", "train", "--steps", 150, "--out", out, "--tensorboard")
        old = {name: (out / name).read_bytes() for name in ("checkpoint.safetensors", "run.json")}
        self.ok("ring", "train", "--steps", 300, "--out", out, "--resume")
        for name, content in old.items():
            (out / name).write_bytes(content)
        for file in self.files(out):
            file.write_bytes(file.read_bytes() + b"\x10\0\0\0")
        self.ok("ring", "train", "--steps", 400, "--out", out, "--resume")
        self.assertEqual([file.name[-4:] for file in self.files(out)], ["0000", "0150"])
        # The same points as those of the run that was never stopped.
        points, expected = self.scalars(out), self.logged(whole)
        self.assertEqual(points.keys(), expected.keys())
        for key, value in points.items():
            if key[1] != "steps_per_s":
                self.assertEqual(value, expected[key])
        pictures = [step for file in self.files(out) for step, _, value in events(file) if isinstance(value, dict)]
        self.assertEqual(pictures, [100, 150, 200, 300, 400])
        # TensorBoard, where it has seen what is gone, forgets from here on.
        self.assertEqual([step for step, tag, _ in events(self.files(out)[1]) if tag == "session"], [151])

    def test_a_name_that_cannot_be_written(self):
        out = self.root / "run"
        (out / "events.out.tfevents.0000000000").mkdir(parents=True)
        (out / "events.out.tfevents.0000000000/mine").write_text("x")
        result = run("ring", "train", "--steps", 10, "--out", out, "--tensorboard")
        self.assertEqual(result.returncode, 74, result.stderr)
        self.assertIn("events.out.tfevents.0000000000: Is a directory", result.stderr)


if __name__ == "__main__":
    runtime_cli.main()
