# RUN: %python %s %t
"""A checkpoint whose memory holds a negative number where an optimizer can only have made one of 0 or more is told of,
with the file, the tensor and the place, at the first step that it ruins; the file is left as it is."""

import json
import os
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, run

MODEL = """const batch = 8
optimizer cubic(lr = 0.01) {
  state r = 0
  r <- 0.9 * r + abs(g)
  w <- w - lr * g * r^0.3
}
network G(z: [2]) -> [2] = z |> dense(4) |> relu |> dense(2)
network D(x: [2]) -> [1] = x |> dense(4) |> relu |> dense(1)
game ring {
  data x: [2] ~ ring(modes = 8, radius = 2, std = 0.02)
  noise z: [2] ~ normal(0, 1)
  player D minimizes E[softplus(-D(x))] + E[softplus(D(G(z)))] with %s
  player G minimizes E[softplus(-D(G(z)))] with %s
  play { D; G }
}
"""

scratch = sys.argv[1]
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)


def edited(path, tensor, index, value):
    """Writes a number into a checkpoint, as a tool does that knows nothing of checksums; the file's bytes."""
    with open(path, "rb") as file:
        blob = file.read()
    size = struct.unpack("<Q", blob[:8])[0]
    header, tensors = json.loads(blob[8:8 + size]), bytearray(blob[8 + size:])
    del header["__metadata__"]["checksum"]
    at = header[tensor]["data_offsets"][0] + 4 * index
    tensors[at:at + 4] = struct.pack("<f", value)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + tensors)
    return struct.pack("<Q", len(text)) + text + bytes(tensors)


cases = {"adam": ("adam(lr = 1e-3)", "v"), "rmsprop": ("rmsprop(lr = 1e-3)", "v"),
         "adagrad": ("adagrad(lr = 0.01)", "v"), "cubic": ("cubic()", "r")}
for name, (optimizer, slot) in cases.items():
    source, binary, out = (os.path.join(scratch, name + ending) for ending in (".agon", "", "-run"))
    with open(source, "w", encoding="utf-8") as file:
        file.write(MODEL % (optimizer, optimizer))
    compile_model(source, binary)
    run([binary, "train", "--steps", "20", "--out", out, "--quiet"])
    keep = os.path.join(scratch, "keep")
    for player, index, place in (("D", 5, "[1, 1]"), ("G", 0, "[0, 0]")):
        shutil.rmtree(keep, ignore_errors=True)
        shutil.copytree(out, keep)
        path = os.path.join(keep, "checkpoint.safetensors")
        tensor = f"optimizer.{player}.{name}.{slot}.{player}.dense_0.W"
        wrong = edited(path, tensor, index, -3.0)
        _, message = run([binary, "train", "--steps", "40", "--out", keep, "--quiet", "--resume"], expect=65)
        assert message == (f"ring: error: {path}: {tensor} holds -3 at {place}: with it step 21 (turn of {player}) is "
                           "not finite, and with its absolute value it is; restore the file from a copy, or begin anew "
                           "with --force\n"), message
        with open(path, "rb") as file:
            assert file.read() == wrong, "the file is left as it is"
        with open(os.path.join(keep, "run.json"), encoding="utf-8") as file:
            assert json.load(file)["status"] == "failed"
        # What does not look at the memory does not mind.
        run([binary, "eval", "--from", keep])
    # A first moment may be negative, and a rate that ruins the step is another fault.
    shutil.rmtree(keep)
    shutil.copytree(out, keep)
    if name == "adam":
        edited(os.path.join(keep, "checkpoint.safetensors"), "optimizer.G.adam.m.G.dense_0.W", 0, -3.0)
        run([binary, "train", "--steps", "40", "--out", keep, "--quiet", "--resume"])
    result = subprocess.run([binary, "train", "--steps", "60", "--out", keep, "--quiet", "--resume",
                             "--set", "G.lr=1e38"],
                            capture_output=True, text=True)
    assert result.returncode == 1 and "first made by" in result.stderr, result.stderr
print("all were told")
