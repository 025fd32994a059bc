#!/usr/bin/env python3
"""Data sets of pictures: folders and tar archives of PNG and JPEG files. Arguments as of runtime_cli.py."""
import gzip
import io
import os
import pathlib
import struct
import tarfile
import zlib

import runtime_cli
from runtime_cli import Case, run


def png(pixels, width, height, kind=0, depth=8, palette=None, interlaced=0):
    """A PNG file of rows of bytes. Kinds: 0 grey, 2 colour, 3 palette, 4 grey and alpha, 6 colour and alpha."""
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    row = len(pixels) // height
    rows = b"".join(b"\0" + bytes(pixels[i * row:(i + 1) * row]) for i in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, depth, kind, 0, 0, interlaced)) +
            (chunk(b"PLTE", bytes(palette)) if palette else b"") + chunk(b"IDAT", zlib.compress(rows)) +
            chunk(b"IEND", b""))


class Pictures(Case):
    """`digits` has images x of 784 numbers in a range and classes y of ten."""

    def setUp(self):
        super().setUp()
        # The pictures of digits() by their names' order: a class after the other.
        self.records = sorted(range(30), key=lambda i: (i % 10, i))
        self.pixels = {i: bytes((i * 7 + j) % 256 for j in range(784)) for i in self.records}
        self.files = {f"digits/train/{i % 10}/{i:02}.png": png(self.pixels[i], 28, 28) for i in self.records}
        images, labels = self.root / "images", self.root / "labels"
        images.write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, 30, 28, 28) + b"".join(self.pixels.values()))
        labels.write_bytes(struct.pack(">4BI", 0, 0, 8, 1, 30) + bytes(i % 10 for i in self.records))
        self.plain = ["--data", f"x={images}", "--data", f"y={labels}"]

    def folder(self, files=None, name="folder"):
        for path, content in (self.files if files is None else files).items():
            file = self.root / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return self.root / name

    def archive(self, files=None, name="archive.tar", form=tarfile.USTAR_FORMAT):
        with tarfile.open(self.root / name, "w", format=form) as archive:
            archive.addfile(tarfile.TarInfo("digits"))
            folder = tarfile.TarInfo("digits/train")
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
            for path, content in reversed((self.files if files is None else files).items()):
                member = tarfile.TarInfo(path)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return self.root / name

    def trained(self, name, *words):
        out = self.root / name
        result = run("digits", "train", "--steps", 7, "--seed", 3, "--out", out, "--quiet", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return self.checkpoint(out), result.stderr

    def refused(self, code, part, *words):
        self.fails(code, part, "digits", "train", "--steps", 1, "--out", self.root / "refused", *words)

    def test_folders_and_archives_are_the_arrays_that_they_hold(self):
        expected, _ = self.trained("arrays", *self.plain)
        folder = self.folder()
        self.assertEqual(self.trained("folder-run", "--data", f"x,y={folder}"), (expected, ""))
        self.assertEqual(self.trained("swapped", "--data", f"y,x={folder}"), (expected, ""))
        self.assertEqual(self.trained("apart", "--data", f"y={folder}", "--data", f"x={folder}"), (expected, ""))
        for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            # A file that is no picture is left out, and said.
            checkpoint, said = self.trained(f"archive-{form}", "--data", f"x,y={self.archive(form=form)}")
            self.assertEqual(checkpoint, expected)
            self.assertIn("1 file is no PNG or JPEG picture: left out, 'digits' first", said)
        packed = self.root / "archive.tar.gz"
        packed.write_bytes(gzip.compress(self.archive().read_bytes()))
        self.assertEqual(self.trained("packed", "--data", f"x,y={packed}")[0], expected)
        # A run goes on with the folder that it remembers.
        self.ok("digits", "train", "--steps", 9, "--out", self.root / "folder-run", "--resume", "--quiet")

    def test_long_names(self):
        expected, _ = self.trained("arrays", *self.plain)
        files = {f"{'long ' * 30}/{path}": content for path, content in self.files.items()}
        for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            checkpoint, _ = self.trained(f"long-{form}", "--data", f"x,y={self.archive(files, form=form)}")
            self.assertEqual(checkpoint, expected)

    def test_kinds_of_png(self):
        """All kinds of a grey picture become the same bytes; colour is turned to grey, which is said."""
        expected, _ = self.trained("arrays", *self.plain)
        grey = range(256)
        kinds = {
            "alpha": lambda p: png([each for v in p for each in (v, 77)], 28, 28, 4),
            "palette": lambda p: png(p, 28, 28, 3, palette=[v for v in grey for _ in range(3)]),
            "deep": lambda p: png([each for v in p for each in (v, v)], 28, 28, 0, 16),
            "colour": lambda p: png([v for v in p for _ in range(3)], 28, 28, 2),
            "colour-alpha": lambda p: png([each for v in p for each in (v, v, v, 9)], 28, 28, 6)}
        for name, make in kinds.items():
            first = next(iter(self.files))
            files = {path: make(self.pixels[int(pathlib.Path(path).stem)]) if path != first else content
                     for path, content in self.files.items()}
            checkpoint, said = self.trained(name, "--data", f"x,y={self.folder(files, 'of-' + name)}")
            self.assertEqual(checkpoint, expected, name)
            is_colour = name in ("palette", "colour", "colour-alpha")
            self.assertEqual("29 of 30 pictures were turned from colour to grey" in said, is_colour, said)

    def test_what_is_wrong_is_told_with_its_place(self):
        first, content = next(iter(self.files.items()))
        for part, other in (("cannot be decoded: ", content[:-40]), ("cannot be decoded: ", content[:20]),
                            ("a picture of 4 x 2 pixels after others of 28 x 28; declare the field as",
                             png(range(8), 4, 2))):
            folder = self.folder({**self.files, "digits/train/3/zz.png": other}, "wrong")
            self.refused(65, f"{folder}/digits/train/3/zz.png: {part}", "--data", f"x,y={folder}")
        texts = self.folder({"a/b.txt": b"text"}, "texts")
        self.refused(65, "holds no pictures", "--data", f"x={texts}", *self.plain[2:])
        loose = self.folder({"loose.png": content}, "loose")
        self.refused(65, "lie in no folder that would tell the class of y", "--data", f"x,y={loose}")
        (loose / "loop").symlink_to(loose)
        self.refused(65, "lie in no folder that would tell the class of y", "--data", f"x,y={loose}")
        few = self.folder({path: each for path, each in self.files.items() if "/train/0/" not in path}, "few")
        self.assertIn(f"{few}: its pictures lie in 9 folders, y has 10 classes: 0 is '1', the last one, 8, '9'",
                      self.trained("few-run", "--data", f"x,y={few}")[1])
        # Names are judged before files are read.
        self.refused(64, "give --data y=PATH", "--data", f"x={self.root / 'absent'}")
        many = self.folder({f"{i}/a.png": content for i in range(11)}, "many")
        self.refused(65, "its pictures lie in 11 folders, y has 10 classes", "--data", f"x,y={many}")
        self.refused(65, "equally many records", "--data", f"x={many}", *self.plain[2:])

    def test_damaged_archives(self):
        whole = self.archive().read_bytes()
        cut = self.root / "cut.tar"
        # The last member's content ends where tar's own two blocks of zeros begin.
        end = len(whole.rstrip(b"\0"))
        for size in range(1024, end, 512):
            cut.write_bytes(whole[:size - 1])
            self.refused(65, f"{cut}: member ", "--data", f"x,y={cut}")
        cut.write_bytes(whole[:512] + bytes([whole[512] ^ 1]) + whole[513:])
        self.refused(65, "member 1 at byte 512: the sum of its header is wrong", "--data", f"x,y={cut}")
        with tarfile.open(cut, "w") as archive:
            for kind, target in ((tarfile.REGTYPE, ""), (tarfile.LNKTYPE, "a.png")):
                member = tarfile.TarInfo("a.png" if not target else "b.png")
                member.type, member.linkname = kind, target
                archive.addfile(member)
        self.refused(65, "'b.png' is a link; pack the files themselves", "--data", f"x,y={cut}")


if __name__ == "__main__":
    runtime_cli.main()
