"""How well codes tell classes: the accuracy of the nearest neighbour, in the Euclidean distance.

  python3 nearest.py CODES LABELS TEST_CODES TEST_LABELS

Codes are .npy files, as `apply` writes them, labels IDX files, which may be gzip. Needs NumPy."""

import gzip
import sys

import numpy


def labels(path):
    with open(path, "rb") as file:
        blob = file.read()
    return numpy.frombuffer(gzip.decompress(blob) if blob[:2] == b"\x1f\x8b" else blob, numpy.uint8, offset=8)


if len(sys.argv) != 5:
    sys.exit(__doc__)
codes, tests = numpy.load(sys.argv[1]), numpy.load(sys.argv[3])
classes, expected = labels(sys.argv[2]), labels(sys.argv[4])
# The squared distance, less what is the same for every code.
found = [classes[((codes * codes).sum(1) - 2 * part @ codes.T).argmin(1)] for part in numpy.array_split(tests, 20)]
print(f"{100 * (numpy.concatenate(found) == expected).mean():.2f} % of {len(expected)} records")
