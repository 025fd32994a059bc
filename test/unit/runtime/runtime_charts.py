"""Tests of plot: charts are read back as text. Arguments as of runtime_cli.py."""

import re
import struct
import xml.etree.ElementTree as ElementTree
import zlib

import runtime_cli
from runtime_cli import Case, run

SVG = "{http://www.w3.org/2000/svg}"


class Plot(Case):
    def log(self, name, text):
        (self.root / name).mkdir()
        (self.root / name / "log.csv").write_text(text)
        return self.root / name

    def drawing(self, *words):
        out = self.root / "chart.svg"
        self.assertEqual(self.ok("ring", "plot", *words, "-o", out), "")
        return ElementTree.parse(out).getroot()

    def lines(self, drawing):
        """id -> the lines of the traces, as places"""
        return {path.get("id"): [[tuple(map(float, place.split(","))) for place in line.split()]
                                 for line in path.get("d").split("M")[1:]]
                for path in drawing.iter(SVG + "path") if (path.get("id") or "").startswith("trace")}

    def texts(self, drawing):
        return [(tuple(map(float, re.findall(r"translate\(([\d.]+) ([\d.]+)\)", text.get("transform"))[0])), text.text)
                for text in drawing.iter(SVG + "text")]

    def axis(self, drawing, horizontal):
        """Reads the values of pixels off the numbers at the ticks of a chart with one panel."""
        ticks = []
        for (x, y), text in self.texts(drawing):
            if re.fullmatch(r"-?[\d.]+(e[+-]\d+)?k?", text):
                value = float(text.rstrip("k")) * (1000 if text.endswith("k") else 1)
                ticks.append((x, y, value))
        lowest = max(y for _, y, _ in ticks)
        chosen = [(x, v) if horizontal else (y - 4, v) for x, y, v in ticks if (y == lowest) == horizontal]
        self.assertGreaterEqual(len(chosen), 3)
        (p, v), (q, w) = chosen[0], chosen[-1]
        return lambda pixel: v + (pixel - p) * (w - v) / (q - p)

    def test_numbers_can_be_read_off(self):
        values = [(1, 0.5), (10, -2), (40, 3.25), (100, 1)]
        run = self.log("run", "step,D,steps_per_s\n" + "".join(f"{s},{v},9\n" for s, v in values))
        other = self.log("other", "step,D,G,steps_per_s\n5,1,1,1\n25,2,1,1\n")
        drawing = self.drawing(run, other, "--columns", "D")
        lines = self.lines(drawing)
        step, value = self.axis(drawing, True), self.axis(drawing, False)
        for name, expected in (("trace-0-0", values), ("trace-0-1", [(5, 1), (25, 2)])):
            self.assertEqual(len(lines[name]), 1)
            for (x, y), (s, v) in zip(lines[name][0], expected, strict=True):
                self.assertAlmostEqual(step(x), s, delta=0.1)
                self.assertAlmostEqual(value(y), v, delta=0.03)
        shown = [text for _, text in self.texts(drawing)]
        for text in ("run", "other", "D", "step"):
            self.assertIn(text, shown)

    def test_columns(self):
        run = self.log("a", "step,D,G,realness,steps_per_s\n1,1,2,3,4\n2,2,3,4,5\n")
        shown = [text for _, text in self.texts(self.drawing(run))]
        self.assertEqual([name for name in shown if name in ("D", "G", "realness", "steps_per_s")],
                         ["D", "G", "realness"])
        shown = [text for _, text in self.texts(self.drawing(run, "--columns", "steps_per_s,D"))]
        self.assertEqual([name for name in shown if name in ("D", "G", "realness", "steps_per_s")],
                         ["steps_per_s", "D"])

    def test_numbers_that_are_none(self):
        """They break lines, and are counted; a number between two of them is a dot."""
        run = self.log("run", "step,D,E,steps_per_s\n1,1,nan,9\n2,2,,9\n3,nan,inf,9\n4,3,,9\n5,-inf,,9\n6,4,,9\n"
                       "7,5,,9\n8,6")
        drawing = self.drawing(run)
        self.assertEqual([len(line) for line in self.lines(drawing)["trace-0-0"]], [2, 2])
        dots = [group for group in drawing.iter(SVG + "g") if group.get("id") == "trace-0-0-single"]
        self.assertEqual([len(group) for group in dots], [1])
        shown = [text for _, text in self.texts(drawing)]
        self.assertEqual(shown.count("2 not finite"), 2)
        self.assertIn("no numbers", shown)

    def test_logarithms_and_averages(self):
        values = [10 ** (i / 10) for i in range(40)]
        run = self.log("run", "step,D,steps_per_s\n" + "".join(f"{i + 1},{v},1\n" for i, v in enumerate(values)) +
                       "41,0,1\n42,-1,1\n")
        drawing = self.drawing(run, "--log", "D")
        line = self.lines(drawing)["trace-0-0"][0]
        falls = [a[1] - b[1] for a, b in zip(line, line[1:])]
        self.assertAlmostEqual(min(falls), max(falls), delta=0.03)  # a straight line
        shown = [text for _, text in self.texts(drawing)]
        self.assertIn("2 not above 0, log scale", shown)
        for tick in ("1", "10", "100", "1000"):
            self.assertIn(tick, shown)

        run = self.log("steps", "step,D,steps_per_s\n1,1,1\n2,3,1\n3,0,1\n")
        drawing = self.drawing(run, "--smooth", 0.5)
        value = self.axis(drawing, False)
        expected = [1, (0.25 * 1 + 0.5 * 3) / 0.75, (0.125 * 1 + 0.25 * 3) / 0.875]
        for (_, y), v in zip(self.lines(drawing)["trace-0-0"][0], expected, strict=True):
            self.assertAlmostEqual(value(y), v, delta=0.02)
        self.assertIn("Lines: exponential moving average over rows, weight 0.5; pale: the rows themselves.",
                      [text for _, text in self.texts(drawing)])

    def test_names_are_text(self):
        run = self.log("<script>&\"x'\x01", "step,<b>,steps_per_s\n1,1,1\n2,2,2\n")
        shown = [text for _, text in self.texts(self.drawing(run))]
        self.assertIn("<script>&\"x'\\x01", shown)
        self.assertIn("<b>", shown)

    def test_pixels(self):
        run = self.log("run", "step,D,steps_per_s\n1,1,1\n2,2,2\n")
        self.ok("ring", "plot", run, "-o", self.root / "chart.png")
        drawing = self.drawing(run)
        png = (self.root / "chart.png").read_bytes()
        width, height, depth, kind = struct.unpack(">2I2B", png[16:26])
        self.assertEqual((depth, kind), (8, 2))
        self.assertEqual((width, height), (2 * int(drawing.get("width")), 2 * int(drawing.get("height"))))
        data, at = b"", 8
        while at < len(png):
            length, name = struct.unpack(">I4s", png[at:at + 8])
            data += png[at + 8:at + 8 + length] if name == b"IDAT" else b""
            at += length + 12
        rows, stride = zlib.decompress(data), 3 * width + 1
        # The line's middle has the line's colour. Rows are filtered, so that of its row is undone.
        (x, y), (u, v) = self.lines(drawing)["trace-0-0"][0]
        pixels = self.unfiltered(rows, stride, height)
        column, row = round(x + u), round(y + v)
        self.assertEqual(tuple(pixels[row][3 * column:3 * column + 3]), (0, 114, 178))

    def unfiltered(self, rows, stride, height):
        before, result = bytearray(stride - 1), []
        for i in range(height):
            kind, row = rows[i * stride], bytearray(rows[i * stride + 1:(i + 1) * stride])
            for j in range(len(row)):
                left, up, corner = row[j - 3] if j > 2 else 0, before[j], before[j - 3] if j > 2 else 0
                guess = left + up - corner
                near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
                row[j] = (row[j] + (0, left, up, (left + up) // 2, near)[kind]) & 255
            result.append(row)
            before = row
        return result

    def test_what_is_refused(self):
        run = self.log("run", "step,D,realness,steps_per_s\n1,1,1,1\n")
        out = self.root / "chart.svg"
        self.fails(64, "plot needs RUN...: directories of runs", "ring", "plot", "-o", out)
        self.fails(64, "ends in .svg or .png", "ring", "plot", run, "-o", self.root / "chart.jpg")
        self.fails(64, "--columns: no log has a column 'realnes'; did you mean realness? (columns: D, realness, "
                       "steps_per_s)", "ring", "plot", run, "-o", out, "--columns", "realnes")
        self.fails(64, "--smooth expects a number above 0 and below 1, got 1", "ring", "plot", run, "-o", out,
                   "--smooth", 1)
        self.fails(66, "nowhere holds no log.csv; give the directory of a run", "ring", "plot", self.root / "nowhere",
                   "-o", out)
        bad = self.log("bad", "step,D,steps_per_s\n1,1,1\n2,x,1\n")
        self.fails(65, f"{bad}/log.csv:3: expected a later step and 2 numbers, got '2,x,1'", "ring", "plot", run, bad,
                   "-o", out)
        self.assertFalse(out.exists())
        out.write_text("mine")
        self.fails(64, "is of another kind; replace it with --force", "ring", "plot", run, "-o", out)
        self.assertEqual(out.read_text(), "mine")
        self.ok("ring", "plot", run, "-o", out, "--force")

    def test_logs_without_rows(self):
        empty, full = self.log("empty", "step,D,steps_per_s\n"), self.log("full", "step,D,steps_per_s\n1,1,1\n")
        out = self.root / "chart.svg"
        for runs in ([empty], [full, empty]):
            result = run("ring", "plot", *runs, "-o", out)
            self.assertEqual((result.returncode, result.stderr), (0, f"ring: note: {empty}/log.csv has no rows\n"))
            self.assertEqual("no numbers" in out.read_text(), len(runs) == 1)
        none = self.log("none", "step,steps_per_s\n1,2\n")
        self.fails(65, "nothing to draw: no log has a column but steps_per_s", "ring", "plot", none, "-o", out)
        self.ok("ring", "plot", none, "-o", out, "--columns", "steps_per_s")

    def test_a_run_and_one_that_goes_on(self):
        for name, steps in (("short", 30), ("long", 200)):
            self.ok("ring", "train", "--steps", steps, "--out", self.root / name, "--quiet")
        drawing = self.drawing(self.root / "short", self.root / "long")
        self.assertEqual({name[:7] for name in self.lines(drawing)}, {"trace-0", "trace-1", "trace-2"})


if __name__ == "__main__":
    runtime_cli.main()
