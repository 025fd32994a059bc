"""Tests of files that end too early, at every byte: each is refused in one line, with nothing written. On hand-written
models."""

import io
import shutil
import struct
import tarfile
import zlib

import runtime_cli
from runtime_cli import Case


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(side):
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress((b"\0" + bytes(side)) * side)) + chunk(b"IEND", b""))


def tar(members):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as opened:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            opened.addfile(entry, io.BytesIO(content))
    return archive.getvalue()


class Truncated(Case):
    def content(self, directory):
        return {path.name: path.read_bytes() for path in directory.rglob("*") if path.is_file()}

    def lengths(self, content, end=None):
        """Of all beginnings, or in the short form of some: the first ones, the last ones and every 13th."""
        end = len(content) if end is None else end
        chosen = [n for n in range(end) if runtime_cli.BINARIES.long or n < 16 or n > end - 16 or n % 13 == 0]
        return chosen

    def attempt(self, codes, binary, *words):
        result = runtime_cli.run(binary, *words, "--quiet")
        self.assertIn(result.returncode, codes, result.stderr)
        if result.returncode:
            self.assertRegex(result.stderr, rf"^{binary}: error: [^\n]*\n(  [^\n]*\n)*$")
        return result.returncode

    def of_a_run(self, name, codes):
        whole, out = self.root / "whole", self.root / "run"
        self.ok("ring", "train", "--steps", 3, "--set", "G.lr=0.01", "--out", whole)
        content = (whole / name).read_bytes()
        for length in self.lengths(content):
            with self.subTest(length=length):
                shutil.rmtree(out, ignore_errors=True)
                shutil.copytree(whole, out)
                (out / name).write_bytes(content[:length])
                before = self.content(out)
                if self.attempt(codes, "ring", "train", "--steps", 4, "--resume", "--out", out):
                    self.assertEqual(self.content(out), before)

    def test_checkpoint(self):
        self.of_a_run("checkpoint.safetensors", (65,))

    def test_run_file(self):
        # Without its last line's end it is still all there.
        self.of_a_run("run.json", (0, 65))

    def test_log(self):
        # A row that a kill has cut goes.
        self.of_a_run("log.csv", (0, 65))

    def of_data(self, name, content, codes, binary="ring", field="x", more=(), end=None):
        path, out = self.root / name, self.root / "run"
        words = [binary, "train", "--steps", 1, "--out", out, *more, "--data", f"{field}={path}"]
        path.write_bytes(content)
        self.assertEqual(self.attempt((0,), *words), 0)
        for length in self.lengths(content, end):
            with self.subTest(file=name, length=length):
                shutil.rmtree(out, ignore_errors=True)
                path.write_bytes(content[:length])
                if self.attempt(codes, *words):
                    self.assertFalse(out.exists())

    def test_arrays(self):
        header = "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 2), }".ljust(117) + "\n"
        npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(48)
        self.of_data("points.npy", npy, (65,))
        self.of_data("points.idx", struct.pack(">4B2I", 0, 0, 13, 2, 6, 2) + bytes(48), (65,))
        # What is left of a text may be a text.
        self.of_data("points.csv", b"a,b\n" + b"1.5,-2e-3\n" * 6, (0, 65))

    def test_pictures(self):
        records = tar({f"{c}/{i}.png": png(28) for c in range(10) for i in range(1)})
        end = 512 * 20  # what follows is padding
        self.of_data("pictures.tar", records, (0, 65), "digits", "x,y", end=end)
        folder = self.root / "folder"
        for c in range(10):
            (folder / str(c)).mkdir(parents=True)
            (folder / str(c) / "a.png").write_bytes(png(28))
        out, path, content = self.root / "run", folder / "3" / "a.png", png(28)
        words = ["digits", "train", "--steps", 1, "--out", out, "--data", f"x,y={folder}"]
        self.assertEqual(self.attempt((0,), *words), 0)
        for length in self.lengths(content):
            with self.subTest(length=length):
                shutil.rmtree(out, ignore_errors=True)
                path.write_bytes(content[:length])
                # What does not begin as a picture is told and left out.
                if self.attempt((65,) if length >= 8 else (0, 65), *words):
                    self.assertFalse(out.exists())


if __name__ == "__main__":
    runtime_cli.main()
