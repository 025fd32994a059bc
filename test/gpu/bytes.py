# RUN: %python %s %build/test/gpu/stub %t
"""A compiled game whose data are bytes trains on the emulated device, by way of the stub of the driver: what travels is
the bytes, and the device makes of them the very bits that the host would. The same data as numbers in f32, which the
host sends as they are, tell whether it does."""

import os
import re
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e", "Inputs"))
from support import read_safetensors, run, write_idx

BATCH, RECORDS, STEPS = 50, 130, 6
# Rows of words and of odd bytes; a field that is scaled, one that is not, labels.
GAME = f"""
const batch = {BATCH}
network C(x: [784], u: [3]) -> [10] = concat(x, 0.01 * u) |> dense(16) |> tanh |> dense(10)
game bytes {{
  data (x: [784] in (-1, 0.7), u: [3], y: class(10))
  player C minimizes E[cross_entropy(C(x, u), y)] with sgd(lr = 0.1)
  play {{ C }}
  metric accuracy = E[argmax(C(x, u)) == y]
}}
"""


def write_npy(path, shape, element, values):
    header = f"{{'descr': '{element}', 'fortran_order': False, 'shape': {tuple(shape)}, }}".ljust(117).encode() + b"\n"
    code = {"<f4": "f", "<i8": "q"}[element]
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header +
                   struct.pack(f"<{len(values)}{code}", *values))


def aligned(size):
    return (size + 255) // 256 * 256


def uploads(log):
    """The sizes of the copies of an iteration's data."""
    with open(log) as lines:
        return set(map(int, re.findall(r"^cuMemcpyHtoDAsync bytes=(\d+) stream=2", lines.read(), re.MULTILINE)))


def main(stub, scratch):
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    model, binary = os.path.join(scratch, "game.agon"), os.path.join(scratch, "game")
    with open(model, "w") as file:
        file.write(GAME)
    run(["agonc", model, "-o", binary, "--target=cuda"])
    run(["agonc", model, "-o", binary + ".ll", "--target=cuda", "--emit=gpu"])
    run(["agon-emulate", binary + ".ll", "-o", binary + ".so"])

    data = {"x": ((RECORDS, 784), lambda i: (i * 37 + i // 256) % 256), "u": ((RECORDS, 3), lambda i: i * 11 % 256),
            "y": ((RECORDS,), lambda i: i * 7 % 10)}
    as_bytes, as_numbers = [], []
    for name, (shape, byte) in data.items():
        count = RECORDS * {"x": 784, "u": 3, "y": 1}[name]
        values = [byte(i) for i in range(count)]
        assert name == "y" or len(set(values)) == 256, f"{name}: not all bytes"
        path = os.path.join(scratch, name)
        write_idx(path + ".idx", shape, values)
        if name == "x":
            values = [-1 + (0.7 + 1) * value / 255 for value in values]
        write_npy(path + ".npy", shape, "<i8" if name == "y" else "<f4", values)
        as_bytes += ["--data", f"{name}={path}.idx"]
        as_numbers += ["--data", f"{name}={path}.npy"]

    def train(name, options, steps=STEPS):
        environment = {**os.environ, "AGON_EMULATED_KERNELS": binary + ".so", "LD_LIBRARY_PATH": stub,
                       "AGON_STUB_LOG": os.path.join(scratch, name + ".log")}
        out = os.path.join(scratch, name)
        result = subprocess.run([binary, "train", "--device", "cuda", "--seed", "5", "--steps", str(steps), "--quiet",
                                 "--out", out, *options], capture_output=True, text=True, env=environment)
        assert result.returncode == 0, f"{name}: {result.stdout}{result.stderr}"
        with open(os.path.join(out, "log.csv")) as file: # without the times
            rows = [line.split(",")[:3] for line in file]
        return read_safetensors(os.path.join(out, "checkpoint.safetensors")), rows

    numbers, numbers_rows = train("numbers", as_numbers)
    several, several_rows = train("bytes", as_bytes)
    assert several == numbers, "other bits than the host makes"
    assert several_rows == numbers_rows, f"{several_rows} and {numbers_rows}"
    assert train("halves", as_bytes, STEPS // 2)[0] != several
    assert train("halves", [*as_bytes, "--resume"])[0] == several, "resumed"

    key = aligned(1)
    expected = {"numbers": key + aligned(4 * 784 * BATCH) + aligned(4 * 3 * BATCH) + aligned(4 * BATCH),
                "bytes": key + aligned(784 * BATCH) + aligned(3 * BATCH) + aligned(BATCH)}
    for name, size in expected.items():
        seen = uploads(os.path.join(scratch, name + ".log"))
        assert seen == {size}, f"{name}: {seen}, expected {size}"
    assert 3.9 < expected["numbers"] / expected["bytes"] < 4


main(*map(os.path.abspath, sys.argv[1:3]))
