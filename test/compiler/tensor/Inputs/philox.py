"""Checks printed random tensors against a Philox 4x32-10 of its own.

Reads the runner's output: each tensor is named by a line `KIND STREAM SEED DRAW`
and printed by printMemref*. The reference is checked first against the vectors
published with Random123 (kat_vectors, philox4x32 10).
"""
import math
import re
import sys

M = 0xFFFFFFFF


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(q >> 32) ^ c[1] ^ k[0], q & M, (p >> 32) ^ c[3] ^ k[1], p & M]
        k = [(k[0] + 0x9E3779B9) & M, (k[1] + 0xBB67AE85) & M]
    return c


assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
assert philox([M] * 4, [M] * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
assert philox([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0]) == [
    0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]


def draw(kind, element, stream, seed, count):
    w = philox([element & M, element >> 32, (stream & M) ^ (count >> 32), count & M],
               [seed & M, seed >> 32])
    if kind == "uniform64":
        return (w[0] >> 8) / 2**24 + (w[1] >> 3) / 2**53
    if kind == "uniform32":
        return (w[0] >> 8) / 2**24
    if kind == "categorical":
        return (w[0] * 10) >> 32
    if kind == "normal32":
        u, v = ((w[0] >> 8) + 1) / 2**24, (w[1] >> 8) / 2**24
    else:
        u = (w[0] >> 8) / 2**24 + ((w[2] >> 3) + 1) / 2**53
        v = (w[1] >> 8) / 2**24 + (w[3] >> 3) / 2**53
    return math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v)


kinds = {0: "uniform32", 1: "uniform64", 2: "normal32", 3: "normal64", 4: "categorical"}
text = sys.stdin.read()
tensors = re.split(r"Unranked Memref", text)[1:]
assert len(tensors) % 2 == 0 and tensors, "expected a header and a tensor each time"
for header, tensor in zip(tensors[::2], tensors[1::2]):
    kind, stream, seed, count = (int(x) for x in re.findall(r"-?\d+", header.split("data =")[1]))
    kind = kinds[kind]
    got = [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", tensor.split("data =")[1])]
    assert got, "expected numbers"
    for element, value in enumerate(got):
        want = draw(kind, element, stream, seed % 2**64, count % 2**64)
        # The runner prints six digits.
        assert abs(value - want) <= 2e-5 * max(1, abs(want)), (kind, element, value, want)
    print("checked", kind, len(got))
