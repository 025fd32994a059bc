# RUN: %python %s %t
"""`sample`: classes that are asked for, truncated noise, and strips of samples whose noise lies between two draws."""

import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import read_npy
from support import compile_model, run

scratch = sys.argv[1]
os.makedirs(scratch, exist_ok=True)

# The samples of G are its noise, of two variables, and its label.
SOURCE = """const batch = 24
network G(v: [3], c: class(5)) -> [4] {
  param s: [1] = 1
  return s * concat(v, [float(c)])
}
game samples {
  data  x: [4] ~ normal(0, 1)
  data  c: class(5) ~ categorical(5)
  noise z: [2] ~ normal(0, 1)
  noise u: [1] ~ uniform(-1, 1)
  player P(G) minimizes E[(G(concat(z, u), c) - x)^2] with sgd(lr = 0)
}
"""
# The noise is G's input itself; a second generator takes another variable, and two labels.
TWO = """const batch = 8
network G(z: [2]) -> [2] { param s: [1] = 1; return s * z }
network H(y: [1], a: class(3), b: class(4)) -> [3] {
  param s: [1] = 1
  return s * concat(y, [float(a), float(b)])
}
game two {
  data  x: [2] ~ normal(0, 1)
  data  a: class(3) ~ categorical(3)
  data  b: class(4) ~ categorical(4)
  noise z: [2] ~ normal(0, 1)
  noise y: [1] ~ normal(0, 1)
  player P(G, H) minimizes E[(G(z) - x)^2] + E[H(y, a, b)] with sgd(lr = 0)
}
"""


def path(name):
    return os.path.join(scratch, name)


def rows(numbers, width):
    return [numbers[i:i + width] for i in range(0, len(numbers), width)]


def binary(name, source, *options):
    with open(path(name + ".agon"), "w", encoding="utf-8") as file:
        file.write(source)
    made = compile_model(path(name + ".agon"), path(name))
    run([made, "train", "--steps", "0", "--out", path(name + "-run"), "--quiet", "--force", *options])
    return made


def draw(name, *options, width=4):
    run([path(name), "sample", "--from", path(name + "-run"), "-o", path("samples.npy"), *options])
    shape, numbers = read_npy(path("samples.npy"))
    assert shape[1] == width, shape
    return rows(list(numbers), width)


def refused(name, expected, *options):
    """The message of a wrong command, which writes nothing."""
    _, message = run([path(name), "sample", "--from", path(name + "-run"), "-o", path("none.npy"), *options], expect=64)
    assert expected in message, message
    assert not os.path.exists(path("none.npy"))


def norm(v):
    return math.sqrt(sum(e * e for e in v))


binary("samples", SOURCE)
plain = draw("samples", "-n", "60")
assert len(plain) == 60 and [row[3] for row in plain] == [i % 5 for i in range(60)]

# The class changes nothing else.
three = draw("samples", "-n", "60", "--class", "3")
assert [row[:3] for row in three] == [row[:3] for row in plain] and all(row[3] == 3 for row in three)
assert three == draw("samples", "-n", "60", "--class", "c=3")
refused("samples", "--class expects a whole number in 0 to 4, got 5", "--class", "5")
refused("samples", "expected LABEL=CLASS with the label of G (c), got 'x=1'", "--class", "x=1")

# What is within the bound stays; the rest is drawn again, and is not cut.
near = draw("samples", "-n", "60", "--truncation", "0.7")
redrawn = 0
for cut, row in zip(near, plain):
    for a, b in zip(cut[:3], row[:3]):
        assert abs(a) <= 0.7 and (a == b or abs(b) > 0.7), (cut, row)
        redrawn += a != b
assert redrawn > 40
assert len({a for row in near for a in row[:3]}) == 180
assert near[:30] == draw("samples", "-n", "30", "--truncation", "0.7")
refused("samples", "--truncation: expected a number above 0, got -1", "--truncation", "-1")
refused("samples", "hardly any of the noise of G is within 1e-30 of 0", "--truncation", "1e-30")

# A minibatch of 24 has four strips of 5, which go from the draws 0, 2, 4, 6 to 1, 3, 5, 7 of its noise.
lines = draw("samples", "--interpolate", "5", "-n", "25")
assert [row[3] for row in lines] == [0] * 5 + [1] * 5 + [2] * 5 + [3] * 5 + [4] * 5
for strip in range(5):
    first = 2 * strip if strip < 4 else 24
    a, b = plain[first], plain[first + 1]
    for i in range(5):
        for k in range(3):
            expected = a[k] + (b[k] - a[k]) * i / 4
            assert abs(lines[5 * strip + i][k] - expected) < 1e-6, (strip, i, k)
assert len(draw("samples", "--interpolate", "5")) == 40

# On a great circle of z the angle and the norm grow evenly; u, of one number, has no angle but 0 or pi.
binary("two", TWO)
straight = draw("two", "-n", "8", width=2)
arcs = draw("two", "--interpolate", "4", "--spherical", "-n", "8", width=2)
for strip in range(2):
    arc = arcs[4 * strip:4 * strip + 4]
    ends = straight[2 * strip], straight[2 * strip + 1]
    assert all(abs(p - q) < 1e-6 for a, b in ((arc[0], ends[0]), (arc[3], ends[1])) for p, q in zip(a, b))
    angles = [math.acos((p[0] * q[0] + p[1] * q[1]) / norm(p) / norm(q)) for p, q in zip(arc, arc[1:])]
    assert max(angles) - min(angles) < 1e-5, angles
    steps = [norm(q) - norm(p) for p, q in zip(arc, arc[1:])]
    assert max(steps) - min(steps) < 1e-5, steps

# A sample of each seed is the first of that seed, in the order of the list.
each = draw("samples", "--seed-of-each", "7-9,3", "--class", "2")
assert each == [draw("samples", "--seed", seed, "--class", "2", "-n", "1")[0] for seed in ("7", "8", "9", "3")]
refused("samples", "--seed-of-each names 8 twice", "--seed-of-each", "7-9,8")
refused("samples", "expects ranges that go up, such as 7-9, got 9-7", "--seed-of-each", "9-7")
refused("samples", "expects a whole number, got ''", "--seed-of-each", "3,")
refused("samples", "expected one of '--seed-of-each' and '--seed', got both", "--seed-of-each", "3", "--seed", "4")
_, message = run([path("samples"), "sample", "--from", path("samples-run"), "-o", path("none/")], expect=64)
assert "G makes no images" in message and not os.path.exists(path("none"))

refused("samples", "expected -n to be a multiple of 5, for strips of --interpolate, got 12", "--interpolate", "5",
        "-n", "12")
refused("samples", "expected strips of at most a minibatch, 24 samples, got 25", "--interpolate", "25")
refused("samples", "--spherical is for --interpolate", "--spherical")
refused("two", "--class: G takes no class", "--class", "1")
refused("two", "expected LABEL=CLASS with the label of H (a, b), got '1'", "--network", "H", "--class", "1")
pairs = draw("two", "--network", "H", "--class", "b=2", "-n", "9", width=3)
assert [row[1:] for row in pairs] == [[i % 3, 2] for i in range(9)]
# A label that is noise is one for a strip, that of its first draw, and may be asked for.
binary("noisy", """const batch = 24
network G(z: [2], c: class(3)) -> [3] { param s: [1] = 1; return s * concat(z, [float(c)]) }
game noisy {
  data  x: [3] ~ normal(0, 1)
  noise z: [2] ~ normal(0, 1)
  noise c: class(3) ~ categorical(3)
  player P(G) minimizes E[(G(z, c) - x)^2] with sgd(lr = 0)
}
""")
drawn, strips = draw("noisy", "-n", "24", width=3), draw("noisy", "--interpolate", "4", "-n", "24", width=3)
assert [row[2] for row in strips] == [drawn[2 * strip][2] for strip in range(6) for _ in range(4)]
assert len({row[2] for row in strips}) > 1
cut = draw("noisy", "-n", "24", "--truncation", "0.5", width=3)
assert [row[2] for row in cut] == [row[2] for row in drawn] and max(abs(v) for row in cut for v in row[:2]) <= 0.5
for options in (["--class", "1"], ["--class", "c=1"]):
    assert draw("noisy", "-n", "30", *options, width=3)[:24] == [row[:2] + [1] for row in drawn]
both = draw("noisy", "-n", "24", "--class", "2", "--interpolate", "4", width=3)
assert both == [row[:2] + [2] for row in strips]
refused("noisy", "the noise c of G is drawn from 0 to 2, and never was 3", "--class", "3")
refused("noisy", "expected LABEL=CLASS with the label of G (c), got 'z=1'", "--class", "z=1")
print("classes, truncation, strips")
