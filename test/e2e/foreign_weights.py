# RUN: %python %s %t
"""Weights of files that other programs wrote: their names by rules, the order of their axes by the shapes, numbers of
other widths. What a run begins with is compared with the numbers that went into the file."""

import itertools
import json
import math
import os
import shutil
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, read_safetensors, run

scratch = os.path.abspath(sys.argv[1])
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
MODEL = """const batch = 4
network G(z: [5]) -> [2, 4, 4] =
  z |> dense(8) |> batchnorm |> relu |> dense(8) |> relu |> reshape(2, 2, 2) |> deconv(3, 4, stride = 2, pad = 1)
    |> relu |> conv(2, 3, pad = 1)
game foreign {
  data x: [2, 4, 4]
  noise z: [5] ~ normal(0, 1)
  player G minimizes E[sum((G(z) - x)^2)] with sgd(lr = 0.1)
  play { G }
}
"""


def path(*parts):
    return os.path.join(scratch, *parts)


with open(path("foreign.agon"), "w") as file:
    file.write(MODEL)
binaries = {width: compile_model(path("foreign.agon"), path("foreign" + width), f"--float={width}")
            for width in ("f32", "f64")}
with open(path("x.npy"), "wb") as file:
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2, 4, 4), }".ljust(117) + "\n"
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(4 * 128))

info = json.loads(run([binaries["f32"], "info", "--json"])[0])["networks"][0]
SHAPES = {each["name"]: each["shape"] for each in info["parameters"] + info["states"]}
# Small multiples of 1/64: exact in 16 bits.
OURS = {name: [((7 * i + 3 * k) % 61 + 1) / 64 for i in range(math.prod(shape))]
        for k, (name, shape) in enumerate(SHAPES.items())}


def permuted(shape, numbers, order):
    """The tensor whose axis i is axis order[i] of this one, and its shape."""
    result = [shape[axis] for axis in order]
    stride = [math.prod(shape[axis + 1:]) for axis in range(len(shape))]
    return result, [numbers[sum(i * stride[axis] for i, axis in zip(index, order))]
                    for index in itertools.product(*map(range, result))]


def half(value):
    return struct.pack("<e", value)


def brain(value):
    return struct.pack("<f", value)[2:]


WIDTHS = {"F32": lambda v: struct.pack("<f", v), "F64": lambda v: struct.pack("<d", v), "F16": half, "BF16": brain}


def write(name, tensors, width="F32", extra=()):
    header, blob = {}, b""
    for key, (shape, numbers) in [*tensors.items(), *extra]:
        data = b"".join(map(WIDTHS[width], numbers))
        header[key] = {"dtype": width, "shape": shape, "data_offsets": [len(blob), len(blob) + len(data)]}
        blob += data
    text = json.dumps(header).encode()
    with open(path(name), "wb") as opened:
        opened.write(struct.pack("<Q", len(text)) + text + blob)
    return path(name)


def begun(file, *options, width="f32", expect=0):
    shutil.rmtree(path("run"), ignore_errors=True)
    errors = run([binaries[width], "train", "--steps", "0", "--out", path("run"), "--quiet", "--data",
                  f"x={path('x.npy')}", "--init", f"G={file}", *options], expect)[1]
    if expect:
        assert not os.path.exists(path("run"))
    else:
        tensors = read_safetensors(path("run", "checkpoint.safetensors"))
        for name, numbers in OURS.items():
            assert tensors[name] == numbers, (file, name)
    return errors


def torch():
    """As the state of a PyTorch module: matrices [out, in], no name of a network."""
    names = {"dense_0.W": "net.0.weight", "dense_0.b": "net.0.bias", "batchnorm_0.gamma": "net.1.weight",
             "batchnorm_0.beta": "net.1.bias", "batchnorm_0.mean": "net.1.running_mean",
             "batchnorm_0.var": "net.1.running_var", "dense_1.W": "net.3.weight", "dense_1.b": "net.3.bias",
             "deconv_0.W": "net.10.weight", "deconv_0.b": "net.10.bias", "conv_0.W": "net.12.weight",
             "conv_0.b": "net.12.bias"}
    return {names[name[2:]]: permuted(SHAPES[name], numbers, [1, 0]) if name.startswith("G.dense") and
            name.endswith("W") else (SHAPES[name], numbers) for name, numbers in OURS.items()}


def keras():
    """Matrices as ours, filters with their channels last."""
    names = {"W": "kernel", "b": "bias", "gamma": "gamma", "beta": "beta", "mean": "moving_mean",
             "var": "moving_variance"}
    result = {}
    for name, numbers in OURS.items():
        layer, tensor = name.rsplit(".", 1)
        shape = SHAPES[name]
        isFilter = len(shape) == 4
        result[f"{layer}.{names[tensor]}"] = permuted(shape, numbers, [2, 3, 1, 0]) if isFilter else (shape, numbers)
    return result


LAYERS = {"dense_0": "net.0", "batchnorm_0": "net.1", "dense_1": "net.3", "deconv_0": "net.10", "conv_0": "net.12"}
rules = [word for ours, theirs in LAYERS.items() for word in ("--rename", f"G.{ours}={theirs}")]
told = ("foreign: note: the weights of G: net.3.weight [8, 8] is taken transposed; its shape does not tell\n")
for width in WIDTHS:
    file = write("torch.safetensors", torch(), width, [("net.1.num_batches_tracked", ([], [3]))])
    for build in binaries:
        assert begun(file, *rules, width=build) == told
record = json.load(open(path("run", "run.json")))["weights"][0]
assert record["renamed"] == LAYERS and record["path"] == file, record

# The error lists what is missing and what is left over, and its guess works.
errors = begun(file, expect=65)
assert "does not hold 12 of the 12 weights of G; --rename G.LAYER=NAME tells" in errors, errors
for text in "\n  missing: G.dense_0.W [5, 8], G.dense_0.b [8]", "\n  left over: net.0.bias [8]":
    assert text in errors, errors
guess = errors.split("\n  perhaps: ")[1].split()
assert guess == rules, (guess, rules)

# One tensor by its own name is more special than its layer; a name for the whole network.
moved = torch()
moved["first"] = moved.pop("net.0.weight")
assert begun(write("moved.safetensors", moved), *rules, "--rename", "G.dense_0.W=first") == told
assert begun(write("own.safetensors", {name[2:]: (SHAPES[name], numbers) for name, numbers in OURS.items()}),
             "--rename", "G=") == ""

# Keras and Flax: the names of the network and of its layers are ours. Its square filters say what they are.
errors = begun(write("keras.safetensors", keras()))
assert errors == told.replace("net.3.weight", "G.dense_1.kernel").replace("transposed", "as it is"), errors

# Shapes that are none in any order, and rules that make no sense.
odd = torch()
odd["net.0.weight"] = ([4, 10], odd["net.0.weight"][1])
assert "expected net.0.weight to be F32 [5, 8], got F32 [4, 10]" in begun(write("odd.safetensors", odd), *rules,
                                                                          expect=65)
huge = torch()
huge["net.0.bias"] = ([8], [1e300] * 8)
assert "net.0.bias holds numbers that are too large for this build's F32" in begun(
    write("huge.safetensors", huge, "F64"), *rules, expect=65)
for option, message in (("G.dense_0", "expected --rename NETWORK.LAYER=NAME, got 'G.dense_0'"),
                        ("G.dense_0=", "expected --rename NETWORK.LAYER=NAME, got 'G.dense_0='"),
                        ("H.dense_0=a", "no weights of 'H' are read from a file; that is told by --init NETWORK=FILE"),
                        ("G.dens_0=a", "G has no layer 'G.dens_0'; did you mean G.dense_0?")):
    errors = begun(file, "--rename", option, expect=64)
    assert message in errors, errors
