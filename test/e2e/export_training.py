# RUN: %python %s %t
# UNSUPPORTED: sanitized
# A library that has sanitizers can only be used by a program that has them.
"""Training as a library: a program of C99 plays a game with minibatches of its own, and the checkpoints of what it
plays from a file are those of the binary, to the byte."""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import write_npy
from support import compile_model, run

scratch = sys.argv[1]
inputs = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Inputs")
os.makedirs(scratch, exist_ok=True)
os.chdir(scratch)
random.seed(4)

GAME = """const batch = 64
network P() -> [1] { param w: [1] = 0; return w }
game mean {
  data x: [1]
  player P minimizes E[(P() - x)^2] with sgd(lr = 0.2)
  metric distance = E[abs(P() - x)]
}
"""
with open("mean.agon", "w", encoding="utf-8") as file:
    file.write(GAME)
write_npy("points.npy", [1000, 1], [random.gauss(2, 1) for _ in range(1000)])
binary = compile_model("mean.agon", "mean")
run([binary, "train", "--steps", "10", "--seed", "7", "--data", "x=points.npy", "--out", "run", "--quiet", "--force"])
run(["agonc", "mean.agon", "--emit=lib", "-o", "libmean.so"])
needed = [line.split("[")[1].rstrip("]") for line in run(["readelf", "-d", "libmean.so"])[0].splitlines()
          if "NEEDED" in line]
assert all(name.split(".")[0] in ("libc", "libm", "ld-linux-x86-64") for name in needed), needed
shown = [line.split()[-1] for line in run(["nm", "-D", "--defined-only", "libmean.so"])[0].splitlines()]
with open("agon.h", encoding="utf-8") as file:
    header = file.read()
assert len(shown) == 18 and all(f" {name}(" in header or f"*{name}(" in header for name in shown), shown
run(["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-I.", os.path.join(inputs, "play.c"), "-o", "play", "libmean.so",
     f"-Wl,-rpath,{os.getcwd()}", "-lm"])
run(["./play", "x=points.npy"])
with open("run/checkpoint.safetensors", "rb") as file:
    expected = file.read()
for name in ("ten", "again", "of_run"):
    with open(name + ".safetensors", "rb") as file:
        assert file.read() == expected, name

# A static library is the same.
run(["agonc", "mean.agon", "--emit=lib", "-o", "libmean.a"])
run(["cc", "-std=c99", "-I.", os.path.join(inputs, "play.c"), "-o", "static", "libmean.a", "-lm"])
os.remove("ten.safetensors")
run(["./static", "x=points.npy"])
with open("ten.safetensors", "rb") as file:
    assert file.read() == expected

# The fields of a record come from files of their own, one after the other, or from memory; a checkpoint that is resumed
# after play has its own order of records.
with open("pairs.agon", "w", encoding="utf-8") as file:
    file.write(GAME.replace("x: [1]\n", "(x: [1], y: [1])\n").replace("P() - x)^2", "P() - x * y)^2"))
write_npy("others.npy", [1000, 1], [random.gauss(1, 1) for _ in range(1000)])
pairs = compile_model("pairs.agon", "pairs")
run([pairs, "train", "--steps", "40", "--data", "x=points.npy", "--data", "y=others.npy", "--out", "pairs_run",
     "--quiet", "--force"])
run(["agonc", "pairs.agon", "--emit=lib", "-o", "libpairs.so"])
run(["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-I.", os.path.join(inputs, "pairs.c"), "-o", "play_pairs",
     "libpairs.so", f"-Wl,-rpath,{os.getcwd()}"])
run(["./play_pairs"])
with open("pairs_run/checkpoint.safetensors", "rb") as file:
    expected = file.read()
for name in ("files", "resumed"):
    with open(name + ".safetensors", "rb") as file:
        assert file.read() == expected, name
print("the library trains as the binary does")
