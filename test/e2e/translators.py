# RUN: %python %s %t
"""Training draws networks that make images of the data's images: input, result, and the truth where it is known."""

import os
import random
import shutil
import struct
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import write_npy
from support import compile_model, run

scratch = sys.argv[1]
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
random.seed(7)
SIDE, RECORDS = 4, 50

# G halves a record of x. F makes 1 - y of a y with twice the side; C makes no image.
MODEL = """const batch = 8
network G(x: [1, 4, 4]) -> [1, 4, 4] { param s: [1] = 0.5; return s * x }
network F(y: [1, 8, 8]) -> [1, 4, 4] { param s: [1] = -1; return 1 + s * avgpool(y, 2) }
network C(x: [1, 4, 4]) -> [1] { param s: [1] = 1; return s * x[0, 0, 0:1] }
game pairs {
  DATA
  player P(G, F, C) minimizes E[(G(x) - 0.5)^2] + E[F(y)] + E[C(x)] with sgd(lr = 0)
}
"""


def path(name):
    return os.path.join(scratch, name)


def pixels(name):
    """Rows of grey levels of a PNG file."""
    with open(path(name), "rb") as file:
        blob = file.read()
    width, height, depth, kind = struct.unpack(">2I2B", blob[16:26])
    assert (depth, kind) == (8, 0)
    data, at = b"", 8
    while at < len(blob):
        length, chunk = struct.unpack(">I4s", blob[at:at + 8])
        data += blob[at + 8:at + 8 + length] if chunk == b"IDAT" else b""
        at += length + 12
    data, before, rows = zlib.decompress(data), bytearray(width), []
    for i in range(height):
        filter_, row = data[i * (width + 1)], bytearray(data[i * (width + 1) + 1:(i + 1) * (width + 1)])
        for j in range(width):
            left, up, corner = row[j - 1] if j else 0, before[j], before[j - 1] if j else 0
            guess = left + up - corner
            near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
            row[j] = (row[j] + (0, left, up, (left + up) // 2, near)[filter_]) & 255
        rows.append(bytes(row))
        before = row
    return rows


def images(name, columns, side):
    """The images of a grid of 32 rows of sets, each as one tuple."""
    rows, step = pixels(name), side + 2
    assert len(rows[0]) == columns * step - 2
    return [tuple(rows[r * step + y][c * step + x] for y in range(side) for x in range(side))
            for r in range((len(rows) + 2) // step) for c in range(columns)]


def trained(name, data, fields):
    with open(path(name + ".agon"), "w", encoding="utf-8") as file:
        file.write(MODEL.replace("DATA", data))
    binary = compile_model(path(name + ".agon"), path(name))
    bound = [word for field in fields for word in ("--data", f"{field}={path(field + '.npy')}")]
    run([binary, "train", "--steps", "2", "--sample-every", "1", "--quiet", "--out", path(name + "-run"), *bound])
    names = sorted(os.listdir(path(name + "-run/samples")))
    assert names == [f"{n}-{s}.png" for n in "FG" for s in ("000001", "000002", "animation")], names


x = [tuple(random.randrange(256) for _ in range(SIDE * SIDE)) for _ in range(RECORDS)]
y = [tuple(random.randrange(256) for _ in range(4 * SIDE * SIDE)) for _ in range(RECORDS)]
small = [tuple(random.randrange(256) for _ in range(SIDE * SIDE)) for _ in range(RECORDS)]
for name, side, records in (("x", SIDE, x), ("y", 2 * SIDE, y), ("t", SIDE, small)):
    write_npy(path(name + ".npy"), [RECORDS, 1, side, side], [level / 255 for record in records for level in record])


def near(shown, expected):
    assert all(abs(a - b) <= 1 for a, b in zip(shown, expected, strict=True)), (shown, expected)


# x and t lie in one record: what G makes of x stands between the two.
trained("paired", "data (x: [1, 4, 4] in (0, 1), t: [1, 4, 4] in (0, 1))\n  data y: [1, 8, 8] in (0, 1)", "xty")
shown = images("paired-run/samples/G-000001.png", 9, SIDE)
assert len(shown) == 99 and all(set(image) == {255} for image in shown[96:])
sets = [shown[3 * i:3 * i + 3] for i in range(32)]
for given, made, truth in sets:
    record = x.index(given)
    near(made, [level / 2 for level in given])
    assert truth == small[record]
assert len({given for given, _, _ in sets}) > 10
assert shown == images("paired-run/samples/G-000002.png", 9, SIDE), "the same records at every step"

# F makes images like x, of another record, so they stand beside what it is given; the smaller one is enlarged.
shown = images("paired-run/samples/F-000001.png", 8, 2 * SIDE)
assert len(shown) == 64
for given, made in zip(shown[::2], shown[1::2]):
    assert given in y
    near(made, [255 - sum(given[8 * (r // 2 * 2 + a) + c // 2 * 2 + b] for a in (0, 1) for b in (0, 1)) / 4
                for r in range(8) for c in range(8)])

# Alone, G makes images like those that it is given.
trained("alone", "data x: [1, 4, 4] in (0, 1)\n  data y: [1, 8, 8] in (0, 1)", "xy")
shown = images("alone-run/samples/G-000002.png", 8, SIDE)
for given, made in zip(shown[::2], shown[1::2]):
    assert given in x
    near(made, [level / 2 for level in given])
