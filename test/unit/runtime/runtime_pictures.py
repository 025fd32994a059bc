#!/usr/bin/env python3
"""Data sets of pictures: folders and tar archives of PNG and JPEG files. Arguments as of runtime_cli.py."""
import gzip
import io
import json
import os
import pathlib
import shutil
import struct
import tarfile
import zlib

import picture_files
import runtime_cli
from runtime_cli import Case, run
from runtime_data import npy, read_png


def zstd(content):
    """A frame of blocks as they are (RFC 8878)."""
    most = 1 << 17
    blocks = [content[i:i + most] for i in range(0, len(content), most)]
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(content)) + b"".join(
        struct.pack("<I", len(block) << 3 | (block is blocks[-1]))[:3] + block for block in blocks)


def png(pixels, width, height, kind=0, depth=8, palette=None, interlaced=0):
    """A PNG file of rows of bytes. Kinds: 0 grey, 2 colour, 3 palette, 4 grey and alpha, 6 colour and alpha."""
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    row = len(pixels) // height
    rows = b"".join(b"\0" + bytes(pixels[i * row:(i + 1) * row]) for i in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, depth, kind, 0, 0, interlaced)) +
            (chunk(b"PLTE", bytes(palette)) if palette else b"") + chunk(b"IDAT", zlib.compress(rows)) +
            chunk(b"IEND", b""))


def gif_run(count):
    """GIF's LZW codes of so many pixels of colour 0, of a palette of four."""
    data, bits, held, left = bytearray(), 0, 0, count
    width, free, run = 3, 6, 0  # of codes; the next one; pixels of the last one

    def put(code):
        nonlocal bits, held
        bits |= code << held
        held += width
        while held >= 8:
            data.append(bits & 255)
            bits, held = bits >> 8, held - 8

    while left > 0:
        if run == 0 or free == 4095:  # anew
            put(4)
            width, free, run = 3, 6, 1
            put(0)
        else:
            run = min(run + 1, left)
            put(run + 4 if run > 1 else 0)  # code 6 is two pixels, each further one a pixel more
            free += 1
            width += free == 1 << width and width < 12
        left -= run
    put(5)
    return bytes(data + bytes([bits & 255]))


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
            self.assertIn("1 file is no picture (PNG, JPEG, WebP or GIF): left out, 'digits' first", said)
        # So is a link that leads nowhere.
        broken = self.folder()
        (pathlib.Path(broken) / "gone.png").symlink_to("nowhere.png")
        checkpoint, said = self.trained("broken", "--data", f"x,y={broken}")
        self.assertEqual(checkpoint, expected)
        self.assertEqual(said, f"digits: note: {broken}: 1 link leads nowhere: left out, 'gone.png' first\n")
        # It is said once, unless the data is another.
        resume = ["train", "--steps", 9, "--out", self.root / "broken", "--resume", "--quiet"]
        self.ok("digits", *resume)
        self.ok("digits", *resume, "--data", f"x,y={broken}")
        self.ok("digits", "eval", "--from", self.root / "broken")
        (pathlib.Path(broken) / "gone.png").unlink()
        archive = self.archive().read_bytes()
        for name, content in (("archive.tar.gz", gzip.compress(archive)), ("archive.tar.zst", zstd(archive))):
            packed = self.root / name
            packed.write_bytes(content)
            self.assertEqual(self.trained("packed", "--force", "--data", f"x,y={packed}")[0], expected)
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
            self.assertEqual("29 of 30 pictures were stripped of their transparency" in said, "alpha" in name, said)
            self.assertEqual("29 of 30 pictures were rounded from 16 bits to 8" in said, name == "deep", said)
            is_colour = name in ("palette", "colour", "colour-alpha")
            self.assertEqual("29 of 30 pictures were turned from colour to grey" in said, is_colour, said)

    def shown(self, name, content):
        """The pixels, as grey, that a file becomes, and what is said of it."""
        folder, sheet = self.root / "shown", self.root / "sheet.png"
        shutil.rmtree(folder, ignore_errors=True)
        self.folder({"0.png": png(bytes(784), 28, 28), name: content}, "shown")
        text = self.ok("digits", "data", "--data", f"x={folder}", "-o", sheet)
        width, height, rows = read_png(sheet)
        self.assertEqual((width, height), (58, 28))
        return [row[30:] for row in rows], text

    def test_other_programs_pictures(self):
        notes = {"alpha.webp": "stripped of their transparency", "transparent.gif": "stripped of their transparency",
                 "cmyk.jpg": "turned from CMYK to colour, without a profile"}
        for name in picture_files.FILES:
            rows, text = self.shown(name, picture_files.content(name))
            self.assertEqual(zlib.crc32(b"".join(rows)), picture_files.sum_of(name), name)
            for note in set(notes.values()):
                self.assertEqual(f"note: {self.root}/shown: 1 of 2 pictures were {note}" in text,
                                 notes.get(name) == note, text)
            # Cut off anywhere it is damaged, and its place is told. A JPEG file may lack the mark of its end.
            content = picture_files.content(name)
            for size in range(20, len(content) - 4, 7):
                self.folder({name: content[:size]}, "cut")
                if not name.endswith(".gif") or size < 100:
                    self.fails(65, f"cut/{name}: cannot be decoded: ", "digits", "data", "--data", f"x={self.root}/cut")
            (self.root / "cut" / name).unlink()

    def test_more_pixels_than_a_file_can_hold(self):
        """No memory is asked for before the file is judged."""
        wide = png(bytes(28 * 28), 28, 28).replace(struct.pack(">2I", 28, 28), struct.pack(">2I", 30000, 30000))
        wide = wide[:29] + struct.pack(">I", zlib.crc32(wide[12:29])) + wide[33:]
        self.folder({"wide.png": wide}, "wide")
        self.fails(65, "wide/wide.png: cannot be decoded: the file is cut off", "digits", "data", "--data",
                   f"x={self.root}/wide")

    def test_gif_smaller_than_its_screen(self):
        """The first frame, 2 x 1 pixels at (3, 2), on a screen of 28 x 28 of its first colour."""
        palette = bytes([10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40])
        codes = [4, 1, 2, 5]  # clear, two pixels, end; of 3 bits, the lowest first
        packed = sum(code << 3 * i for i, code in enumerate(codes)).to_bytes(2, "little")
        gif = (b"GIF89a" + struct.pack("<2H3B", 28, 28, 0x81, 0, 0) + palette +
               b"," + struct.pack("<4HB", 3, 2, 2, 1, 0) + bytes([2, len(packed)]) + packed + b"\0;")
        huge = gif[:6] + struct.pack("<2H", 7168, 7168) + gif[10:]
        self.folder({"huge.gif": huge}, "huge")
        self.fails(65, "huge/huge.gif: cannot be decoded: its first frame is 2 x 1 of a screen of 7168 x 7168 pixels",
                   "digits", "data", "--data", f"x={self.root}/huge")
        # A screen of more than 2^24 pixels: a quarter of it is enough, less is not.
        packed = gif_run(2200 * 2100)
        blocks = b"".join(bytes([len(packed[i:i + 255])]) + packed[i:i + 255] for i in range(0, len(packed), 255))
        for width, part in ((4400, "got pictures of 4400 x 4200 pixels and 3 channels"),
                            (4401, "its first frame is 2200 x 2100 of a screen of 4401 x 4200 pixels")):
            self.folder({"large.gif": gif[:6] + struct.pack("<2H", width, 4200) + gif[10:13] + palette + b"," +
                         struct.pack("<4HB", 0, 0, 2200, 2100, 0) + b"\2" + blocks + b"\0;"}, f"of{width}")
            self.fails(65, part, "digits", "data", "--data", f"x={self.root}/of{width}")
        rows, _ = self.shown("small.gif", gif)
        expected = [bytes([10] * 28) for _ in range(28)]
        expected[2] = bytes([10, 10, 10, 20, 30] + [10] * 23)
        self.assertEqual(rows, expected)

    def test_cameras_that_were_turned(self):
        content = picture_files.content("colour.jpg")
        plain, _ = self.shown("plain.jpg", content)

        def across(rows):
            return [row[::-1] for row in rows]

        def swapped(rows):
            return [bytes(column) for column in zip(*rows)]
        turned = {1: plain, 2: across(plain), 3: across(plain[::-1]), 4: plain[::-1], 5: swapped(plain),
                  6: across(swapped(plain)), 7: across(swapped(plain)[::-1]), 8: swapped(plain)[::-1]}
        for order, mark in (("<", b"II*\0"), (">", b"MM\0*")):
            for number, expected in turned.items():
                tiff = mark + struct.pack(order + "IH2HI2HI", 8, 1, 0x112, 3, 1, number, 0, 0)
                exif = b"Exif\0\0" + tiff
                jpeg = content[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + content[2:]
                rows, text = self.shown("camera.jpg", jpeg)
                self.assertEqual(rows, expected, number)
                self.assertEqual("1 of 2 pictures were turned as their camera was held (EXIF)" in text, number != 1)
                # What is cut off tells nothing.
                for size in range(0, len(exif) - 12, 5):
                    jpeg = content[:2] + b"\xff\xe1" + struct.pack(">H", size + 2) + exif[:size] + content[2:]
                    if number == 6:
                        self.assertEqual(self.shown("camera.jpg", jpeg)[0], plain)

    def test_classes_beside_pictures(self):
        """WebDataset's layout, in one archive or in shards: KEY.png or KEY.npy, and KEY.cls."""
        expected, _ = self.trained("arrays", *self.plain)
        records = [(f"{number:06}", self.pixels[i], i % 10) for number, i in enumerate(self.records)]

        def files(part, array=False):
            for key, pixels, label in part:
                if array:
                    yield f"{key}.image.npy", npy((28, 28), "|u1", pixels)
                else:
                    yield f"{key}.png", png(pixels, 28, 28)
                yield f"{key}.cls", f"{label}\n".encode()

        shards = self.root / "shards"
        shards.mkdir()
        for array in (False, True):
            self.archive(dict(files(records, array)), "one.tar")
            self.assertEqual(self.trained("one", "--force", "--data", f"x,y={self.root / 'one.tar'}")[0], expected)
            for number in range(3):
                self.archive(dict(files(records[number * 10:(number + 1) * 10], array)), f"shards/{number}.tar")
            self.assertEqual(self.trained("shards-run", "--force", "--data", f"x,y={shards}/*.tar")[0], expected)
        report = json.loads(self.ok_but_note("data", "--json", "--data", f"x,y={shards}/*.tar"))
        self.assertEqual([each["records"] for each in report["fields"][1]["classes"]], [3] * 10)
        some = dict(files(records))
        for part, name, content in (("000003.cls: expected the number of a class, got 'cat'", "000003.cls", b"cat"),
                                    ("000003.png: y expects a label of 0..9, got 10", "000003.cls", b"10"),
                                    ("000003.png: has no class: 000003.cls is missing", "000003.cls", None)):
            wrong = {**some, name: content}
            self.archive({each: content for each, content in wrong.items() if content is not None}, "wrong.tar")
            self.refused(65, part, "--data", f"x,y={self.root / 'wrong.tar'}")

    def ok_but_note(self, *words):
        result = run("digits", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_of_one_name_the_last_counts(self):
        expected, _ = self.trained("arrays", *self.plain)
        first, content = next(iter(self.files.items()))
        path = self.root / "twice.tar"
        with tarfile.open(path, "w") as archive:
            for name, each in [(first, png(bytes(784), 28, 28)), *self.files.items()]:
                member = tarfile.TarInfo(name)
                member.size = len(each)
                archive.addfile(member, io.BytesIO(each))
        found, said = self.trained("twice", "--data", f"x,y={path}")
        self.assertEqual(found, expected)
        self.assertIn(f"{path}: 1 of its members is replaced by a later one of the same name", said)

    def test_labels_alone_decode_nothing(self):
        folder = self.folder({path: content[:60] for path, content in self.files.items()}, "damaged")
        report = json.loads(self.ok("digits", "data", "--json", "--data", f"y={folder}"))
        self.assertEqual([each["name"] for each in report["fields"][0]["classes"]], [str(i) for i in range(10)])
        self.refused(65, "cannot be decoded", "--data", f"x,y={folder}")

    def test_every_damaged_picture_is_named(self):
        names = [name for i, name in enumerate(self.files) if i % 2]
        folder = self.folder({path: content[:60] if path in names else content
                              for path, content in self.files.items()}, "damaged")
        result = self.fails(65, "the data has 15 faults", "digits", "data", "--data", f"x,y={folder}")
        listed = result.stderr.splitlines()[1:]
        self.assertEqual(listed[-1], "  and 5 more")
        for line, name in zip(listed[:-1], sorted(names)):
            self.assertTrue(line.startswith(f"  {folder}/{name}: cannot be decoded: "), line)
        self.assertIn("records     15, stored as u8 [28, 28, 1]", result.stdout)
        # Training tells of the first, however many threads decode.
        for threads in (1, 2, 7):
            self.refused(65, f"{folder}/{sorted(names)[0]}: cannot", "--data", f"x,y={folder}", "--threads", threads)

    def test_damaged_pictures_are_left_out(self):
        names = sorted(self.files)[3:24:10]
        folder = self.folder({path: content[:60] if path in names else content
                              for path, content in self.files.items()}, "damaged")
        without = self.folder({path: content for path, content in self.files.items() if path not in names}, "without")
        expected, _ = self.trained("whole", "--data", f"x,y={without}")
        found, said = self.trained("run", "--data", f"x,y={folder}", "--skip-damaged", 0.15)
        self.assertEqual(found, expected)
        self.assertIn(f"{folder}: 3 of 30 pictures cannot be decoded and are left out", said)
        for name in names:
            self.assertIn(f"{folder}/{name}: cannot be decoded: ", said)
        entry, = json.loads((self.root / "run" / "run.json").read_text())["data"]
        self.assertEqual((entry["skip_damaged"], entry["skipped"], entry["shape"][0]), (0.15, 3, 27))
        # The run remembers it; another set is another one.
        resume = ["digits", "train", "--steps", 9, "--out", self.root / "run", "--resume", "--quiet"]
        self.assertEqual(run(*resume).returncode, 0)
        self.assertEqual(run("digits", "eval", "--from", self.root / "run").returncode, 0)
        report = json.loads(run("digits", "data", "--json", "--data", f"x,y={folder}", "--skip-damaged", "0.1").stdout)
        self.assertEqual([(field["records"], report["faults"]) for field in report["fields"]], [(27, 0)] * 2)
        self.assertEqual(sum(each["records"] for each in report["fields"][1]["classes"]), 27)
        self.refused(65, "3 of 30 pictures cannot be decoded, more than --skip-damaged 0.09 leaves out: "
                     f"{folder}/{names[0]}: ", "--data", f"x,y={folder}", "--skip-damaged", 0.09)
        for share in ("0", "1", "-0.1", "some"):
            self.refused(64, "--skip-damaged", "--data", f"x,y={folder}", "--skip-damaged", share)
        (folder / sorted(self.files)[5]).write_bytes(b"\x89PNG\r\n\x1a\nnone")
        result = run(*resume)
        self.assertEqual(result.returncode, 65, result.stderr)
        self.assertIn("27, 28, 28, 1", result.stderr)
        self.assertIn("26, 28, 28, 1", result.stderr)

    def test_class_names_are_kept(self):
        names = [f"{'zyxwvutsrq'[i]}-class" for i in range(10)]
        folder = self.folder({f"{names[int(path.split('/')[2])]}/{path[-6:]}": content
                              for path, content in self.files.items()}, "named")
        self.trained("run", "--data", f"x,y={folder}")
        data = json.loads((self.root / "run" / "run.json").read_text())["data"]
        self.assertEqual(data[0]["classes"], sorted(names))
        # A folder of another name is another class.
        folder.joinpath(names[0]).rename(folder / "a-class")
        self.refused_resume("other data", self.root / "run")

    def refused_resume(self, part, out):
        self.fails(65, part, "digits", "train", "--steps", 9, "--resume", "--out", out)

    def test_a_folder_that_cannot_be_read_is_named(self):
        if os.geteuid() == 0:
            self.skipTest("root reads every folder")
        folder = self.folder()
        (folder / "digits/train/3").chmod(0)
        self.addCleanup((folder / "digits/train/3").chmod, 0o755)
        self.refused(74, f"cannot read the folder {folder}/digits/train/3: Permission denied", "--data", f"x={folder}")

    def test_flips_want_pictures(self):
        self.refused(64, "--flip x: expected a field of pictures, [c, h, w] or [h, w], got [784]", *self.plain,
                     "--flip", "x")
        self.refused(64, "--flip z: no --data binds z", *self.plain, "--flip", "z")

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
        self.refused(65, "loose.png: is a single picture; give the folder or the archive that it lies in", "--data",
                     f"x={loose}/*.png", *self.plain[2:])
        self.refused(65, "lie in no folder that would tell the class of y", "--data", f"x,y={loose}")
        (loose / "loop").symlink_to(loose)
        self.refused(65, "lie in no folder that would tell the class of y", "--data", f"x,y={loose}")
        few = self.folder({path: each for path, each in self.files.items() if "/train/0/" not in path}, "few")
        self.assertIn(f"{few}: its records are of 9 classes, y has 10: 0 is '1', the last one, 8, '9'",
                      self.trained("few-run", "--data", f"x,y={few}")[1])
        # Names are judged before files are read.
        self.refused(64, "give --data y=PATH", "--data", f"x={self.root / 'absent'}")
        many = self.folder({f"{i}/a.png": content for i in range(11)}, "many")
        self.refused(65, "its records are of 11 classes, y has 10", "--data", f"x,y={many}")
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
