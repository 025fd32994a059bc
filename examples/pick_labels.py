"""Picks the same number of records of each class from an IDX pair such as MNIST's: at random, always the same ones.

  python3 pick_labels.py IMAGES LABELS COUNT OUT

writes COUNT records of each class to OUT-images.idx and OUT-labels.idx. IMAGES and LABELS may be gzip."""

import gzip
import math
import random
import struct
import sys


def read_idx(path):
    """The shape and the bytes of an IDX file of bytes."""
    with open(path, "rb") as file:
        blob = file.read()
    if blob[:2] == b"\x1f\x8b":
        blob = gzip.decompress(blob)
    axes = blob[3] if blob[:3] == b"\0\0\x08" else 0
    shape = struct.unpack_from(f">{axes}I", blob, 4) if len(blob) >= 4 + 4 * axes else ()
    if not shape or len(blob) != 4 + 4 * axes + math.prod(shape):
        sys.exit(f"{path}: expected an IDX file of bytes")
    return shape, blob[4 + 4 * axes:]


def write_idx(path, shape, content):
    with open(path, "wb") as file:
        file.write(struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + content)


def pick(images, labels, count, out):
    (records, *shape), pixels = read_idx(images)
    _, classes = read_idx(labels)
    if records != len(classes):
        sys.exit(f"{images} has {records} records, {labels} has {len(classes)}")
    order = random.Random(0).sample(range(records), records)
    chosen = []
    for label in sorted(set(classes)):
        own = [i for i in order if classes[i] == label][:int(count)]
        if len(own) < int(count):
            sys.exit(f"{labels} has {len(own)} records of class {label}, fewer than {count}")
        chosen += own
    size = math.prod(shape)
    write_idx(out + "-images.idx", (len(chosen), *shape), b"".join(pixels[i * size:(i + 1) * size] for i in chosen))
    write_idx(out + "-labels.idx", (len(chosen),), bytes(classes[i] for i in chosen))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    pick(*sys.argv[1:])
