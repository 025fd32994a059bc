"""Exported networks as Python sees them without agon.py: a library by ctypes, a checkpoint of random weights, and the
draws of Philox 4x32-10 (Salmon et al. 2011) that a network makes itself."""

import ctypes
import json
import re
import struct
import subprocess

import numpy as np

TYPES = {"float": np.float32, "double": np.float64, "int32_t": np.int32}


def weights_of(program, path, seed=0):
    """Writes random weights for every parameter and state of a program in phase `diff`."""
    random = np.random.default_rng(seed)
    header, data = {}, b""
    cells = r'agon\.cell (?:parameter|state) @(?:"([^"]+)"|([\w.$-]+))[^\n]*? : tensor<([\dx]*)f32>'
    for quoted, plain, extents in re.findall(cells, program):
        name, shape = quoted or plain, [int(extent) for extent in extents.split("x") if extent]
        fan = np.prod(shape[1:]) if len(shape) > 2 else (shape or [1])[0]
        values = random.standard_normal(shape) / np.sqrt(max(1, fan))
        if name.endswith(".var"):
            values = np.abs(values) + 0.5
        content = np.asarray(values, np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def philox(counter, key):
    """Words of arrays of counters, under one key."""
    c = [np.asarray(word, np.uint64) for word in counter]
    k0, k1 = key
    mask = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p, q = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        high_p, high_q = p >> np.uint64(32), q >> np.uint64(32)
        c = [high_q ^ c[1] ^ np.uint64(k0), q & mask, high_p ^ c[3] ^ np.uint64(k1), p & mask]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c


def draws(kind, shape, stream, seed, draw):
    """What `agon.random` draws, as dialects/agon/Random.td has it."""
    element = np.arange(int(np.prod(shape)), dtype=np.uint64)
    words = philox([element & np.uint64(0xFFFFFFFF), element >> np.uint64(32),
                    np.full_like(element, (stream & 0xFFFFFFFF) ^ (draw >> 32)),
                    np.full_like(element, draw & 0xFFFFFFFF)], (seed & 0xFFFFFFFF, seed >> 32))
    if kind == "uniform":
        values = (words[0] >> np.uint64(8)) / 2**24
    else:
        u, v = ((words[0] >> np.uint64(8)) + np.uint64(1)) / 2**24, (words[1] >> np.uint64(8)) / 2**24
        values = np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)
    return values.astype(np.float32).reshape(shape)


class Library:
    """A library of a network."""

    def __init__(self, path, weights=None):
        self.library = ctypes.CDLL(path)
        self.about = json.loads(ctypes.c_char_p.in_dll(self.library, "agon_network_description").value)
        self.prefix = self.about["prefix"]
        create = self.function("create", ctypes.c_void_p)
        error = ctypes.create_string_buffer(512)
        self.handle = create(weights and weights.encode(), 1, error, ctypes.c_size_t(512))
        assert self.handle, error.value.decode()

    def function(self, name, result=ctypes.c_int):
        function = getattr(self.library, f"{self.prefix}_{name}")
        function.restype = result
        return function

    def check(self, code):
        assert code == 0, self.function("error", ctypes.c_char_p)(ctypes.c_void_p(self.handle))

    def room(self, ports, batch):
        return [np.zeros([batch, *port["shape"]], TYPES[port["type"]]) for port in ports]

    def pointers(self, arrays):
        return [array.ctypes.data_as(ctypes.c_void_p) for array in arrays]

    def draw(self, seed, batch):
        arrays = self.room(self.about["inputs"], batch)
        self.check(self.function("draw")(ctypes.c_void_p(self.handle), ctypes.c_int64(seed), ctypes.c_int64(batch),
                                         *self.pointers(arrays)))
        return arrays

    def run(self, inputs, batch):
        inputs = [np.ascontiguousarray(each) for each in inputs]
        outputs = self.room(self.about["outputs"], batch)
        self.check(self.function("run")(ctypes.c_void_p(self.handle), ctypes.c_int64(batch), *self.pointers(inputs),
                                        *self.pointers(outputs)))
        return outputs

    def close(self):
        self.function("free", None)(ctypes.c_void_p(self.handle))


def agonc(*arguments):
    return subprocess.run(["agonc", *arguments], capture_output=True, text=True)
