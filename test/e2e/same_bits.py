# RUN: %python %s %examples %t
"""The same seed gives the same checkpoint, byte for byte: on every run, for
every number of threads, and when a run was interrupted and resumed."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import compile_model, data_options, run

examples, scratch = sys.argv[1:3]
os.makedirs(scratch, exist_ok=True)


def bits(out):
    with open(os.path.join(out, "checkpoint.safetensors"), "rb") as file:
        return file.read()


for name in ("ring", "wgan_gp", "classifier", "mnist_2014"):
    binary = compile_model(os.path.join(examples, name + ".agon"), os.path.join(scratch, name))
    data = data_options(binary, scratch)

    def train(label, steps, *options):
        out = os.path.join(scratch, f"{name}-{label}")
        run([binary, "train", "--steps", str(steps), "--seed", "11", "--out", out, "--quiet", *data, *options])
        return out

    for folder in ("one", "again", "two", "resumed", "other"):
        run(["rm", "-rf", os.path.join(scratch, f"{name}-{folder}")])
    expected = bits(train("one", 12, "--threads", "1"))
    assert bits(train("again", 12, "--threads", "1")) == expected, name
    assert bits(train("two", 12, "--threads", "2")) == expected, f"{name}: threads change the result"
    train("resumed", 5, "--threads", "2")
    assert bits(train("resumed", 12, "--resume", "--threads", "1")) == expected, f"{name}: resume changes the result"
    out = os.path.join(scratch, f"{name}-other")
    run([binary, "train", "--steps", "12", "--seed", "12", "--out", out, "--quiet", *data])
    assert bits(out) != expected, f"{name}: the seed does nothing"
