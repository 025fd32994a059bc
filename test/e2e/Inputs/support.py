"""What the end-to-end tests share: running programs, reading checkpoints,
making small data sets. Only the standard library."""

import array
import json
import math
import os
import random
import struct
import subprocess
import sys


def run(command, expect=0):
    """Runs a command; its exit code must be `expect`. Returns stdout, stderr."""
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode != expect:
        sys.exit(f"{' '.join(command)}: exit code {result.returncode}, expected {expect}\n"
                 f"{result.stdout}\n{result.stderr}")
    return result.stdout, result.stderr


def compile_model(source, binary, *options):
    run(["agonc", source, "-o", binary, *options])
    return os.path.abspath(binary)


def gradient_failure(binary, *options):
    """What `gradcheck` says against a game's gradients, or None."""
    result = subprocess.run([binary, "gradcheck", "--seed", "5", *options], capture_output=True, text=True,
                            stdin=subprocess.DEVNULL)
    return None if result.returncode == 0 and "FAIL" not in result.stdout else result.stdout + result.stderr


def read_safetensors(path):
    """name -> list of numbers."""
    with open(path, "rb") as file:
        blob = file.read()
    (size,) = struct.unpack("<Q", blob[:8])
    header = json.loads(blob[8:8 + size])
    codes = {"F32": "f", "F64": "d", "I64": "q", "I32": "i"}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = array.array(codes[entry["dtype"]])
        values.frombytes(blob[8 + size + begin:8 + size + end])
        assert len(values) == math.prod(entry["shape"]), name
        tensors[name] = list(values)
    return tensors


def write_safetensors(file, tensors, code="f"):
    """name -> (shape, numbers), as another program writes them."""
    header, blob = {}, b""
    for name, (shape, numbers) in tensors.items():
        data = struct.pack(f"<{len(numbers)}{code}", *numbers)
        header[name] = {"dtype": {"f": "F32", "d": "F64"}[code], "shape": shape,
                        "data_offsets": [len(blob), len(blob) + len(data)]}
        blob += data
    text = json.dumps(header).encode()
    with open(file, "wb") as opened:
        opened.write(struct.pack("<Q", len(text)) + text + blob)


def relative_distance(a, b):
    """|a - b| / |b| in the Euclidean norm."""
    distance = math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b)))
    size = math.sqrt(sum(y * y for y in b))
    return distance / size if size else distance


def write_idx(path, shape, values):
    with open(path, "wb") as file:
        file.write(struct.pack(">HBB", 0, 8, len(shape)))
        for size in shape:
            file.write(struct.pack(">I", size))
        file.write(bytes(values))


def small_digits(directory, records=400):
    """An IDX pair shaped like MNIST: blurred blobs and their labels."""
    source = random.Random(1)
    images, labels = bytearray(), bytearray()
    for _ in range(records):
        label = source.randrange(10)
        cx, cy = 6 + 2 * (label % 5), 8 + 10 * (label // 5)
        for y in range(28):
            for x in range(28):
                value = 255 * math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 12)
                images.append(min(255, int(value + source.randrange(20))))
        labels.append(label)
    paths = os.path.join(directory, "images.idx"), os.path.join(directory, "labels.idx")
    write_idx(paths[0], (records, 28, 28), images)
    write_idx(paths[1], (records,), labels)
    return paths


# Constants that make a large example small, for tests that only ask whether it computes what it should.
SMALL = {"biggan": ("ch=2", "parts=2", "chunk=4", "shared=8"), "bigan": ("width=32",), "odd_channels": ("batch=1",),
         "cifar_2014": ("wide=40", "maxouts=8"), "cyclegan": ("base=4",), "pix2pix": ("base=4",),
         "semisupervised": ("units=80",), "stylegan2": ("levels=1", "style=8", "base=32", "most=8"),
         "wgan_gp": ("width=64",),
         "cyclegan64": ("base=4", "blocks=1"), "dcgan32": ("width=8",), "dcgan64": ("width=4",),
         "sngan32": ("width=8", "d_width=8"), "stylegan2_32": ("style=8", "base=64", "most=8"),
         "wgan_gp_resnet32": ("width=8",)}


def examples_in(directory, arguments):
    """The files of the examples; those that compile for minutes only with the argument `long`."""
    names = sorted(name for name in os.listdir(directory) if name.endswith(".agon"))
    assert len(names) >= 7, names
    return [name for name in names if name not in ("biggan.agon", "stylegan2.agon") or "long" in arguments]


def small(example):
    """The options that compile an example in a small size; `example` is its file."""
    name = os.path.splitext(os.path.basename(example))[0]
    return [word for constant in SMALL.get(name, ()) for word in ("-D", constant)]


def data_options(binary, directory):
    """--data for every field of a model that has no built-in source, --init for every frozen network."""
    info = json.loads(run([binary, "info", "--json"])[0])
    images, labels = small_digits(directory)
    source, options = random.Random(2), []
    for variable in info["variables"]:
        if variable.get("source"):
            continue
        path = labels if variable.get("classes") else images
        if math.prod(variable["shape"]) not in (1, 28 * 28):
            path = os.path.join(directory, variable["name"] + ".idx")
            write_idx(path, [400, *variable["shape"]], source.randbytes(400 * math.prod(variable["shape"])))
        options += ["--data", f"{variable['name']}={path}"]
    for network in info["networks"]:
        if network["frozen"]:
            path = os.path.join(directory, network["name"] + ".safetensors")
            write_safetensors(path, {
                network["weights"]["name"] + each["name"].removeprefix(network["name"]):
                (each["shape"], [source.uniform(0.01, 0.1) for _ in range(math.prod(each["shape"]))])
                for each in network["parameters"] + network["states"]})
            options += ["--init", f"{network['name']}={path}"]
    return options
