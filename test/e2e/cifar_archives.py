# RUN: %python %s %t
"""CIFAR-10 and CIFAR-100 as they are downloaded, written here on a small scale: archives for C programs and for Python
train to the bits of the plain arrays that they hold; what is wrong with one is named."""

import json
import os
import random
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from data_files import npy, pickled, tar
from support import compile_model, run

scratch = sys.argv[1]
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
MODEL = """const batch = 8
const classes = 10
network C(x: [3, 32, 32]) -> [classes] = x |> flatten |> dense(classes)
game cifar {
  data (x: [3, 32, 32] in (-1, 1), y: class(classes))
  player C minimizes E[cross_entropy(C(x), y)] with sgd(lr = 0.01)
}
"""


def path(name):
    return os.path.join(scratch, name)


def write(name, content):
    with open(path(name), "wb") as file:
        file.write(content)
    return path(name)


write("cifar.agon", MODEL.encode())
binary = {count: compile_model(path("cifar.agon"), path(f"m{count}"), "-D", f"classes={count}")
          for count in (10, 20, 100)}


def trained(count, *data):
    words = [word for each in data for word in ("--data", each)]
    shutil.rmtree(path("run"), ignore_errors=True)
    _, said = run([binary[count], "train", "--steps", "5", "--quiet", "--out", path("run"), *words])
    with open(path("run/checkpoint.safetensors"), "rb") as file:
        return file.read(), said


def refused(code, part, *words):
    result = subprocess.run([binary[10], "data", *words], capture_output=True, text=True)
    assert result.returncode == code and part in result.stderr, (result.returncode, result.stderr)


random.seed(3)
COUNT = 7  # records of a batch
batches = [[(random.randrange(20), random.randrange(100), random.randbytes(3072)) for _ in range(COUNT)]
           for _ in range(6)]
NAMES = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
WORDS = [f"word{i}".encode() for i in range(100)]


def plain(records, label):
    """The same as arrays."""
    write("x.npy", npy((len(records), 3, 32, 32), "|u1", b"".join(pixels for _, _, pixels in records)))
    write("y.npy", npy((len(records),), "|u1", bytes(label(record) for record in records)))
    return [f"x={path('x.npy')}", f"y={path('y.npy')}"]


def dictionary(records, keys):
    of = {b"batch_label": b"training batch", b"data": ((len(records), 3072), b"".join(r[2] for r in records)),
          b"filenames": [b"a.png"] * len(records)}
    return {**of, **{key: [number(record) for record in records] for key, number in keys.items()}}


def ten(record):
    return record[1] % 10


training = [record for batch in batches[:5] for record in batch]
binary10 = tar(path("cifar-10-binary.tar.gz"),
               [(f"cifar-10-batches-bin/{name}.bin", b"".join(bytes([ten(r)]) + r[2] for r in batch))
                for name, batch in zip(NAMES, batches)] +
               [("cifar-10-batches-bin/batches.meta.txt", b"\n".join(WORDS[:10]) + b"\n\n"),
                ("cifar-10-batches-bin/readme.html", b"<html>")], "w:gz")
python10 = tar(path("cifar-10-python.tar.gz"),
               [(f"cifar-10-batches-py/{name}", pickled(dictionary(batch, {b"labels": ten})))
                for name, batch in zip(NAMES, batches)] +
               [("cifar-10-batches-py/batches.meta", pickled({b"num_cases_per_batch": 7, b"label_names": WORDS[:10]})),
                ("cifar-10-batches-py/readme.html", b"<html>")], "w:gz")
expected, _ = trained(10, *plain(training, ten))
for archive in (binary10, python10):
    found, said = trained(10, f"x,y={archive}")
    assert found == expected, archive
    assert f"the 35 training records of CIFAR-10 are taken; the others by --data FIELDS={archive}:test" in said, said
    assert len(said.splitlines()) == 1, said
    with open(path("run/run.json"), encoding="utf-8") as file:
        data = json.load(file)["data"][0]
    assert data["classes"] == [word.decode() for word in WORDS[:10]], data
test, _ = trained(10, *plain(batches[5], ten))
everything, _ = trained(10, *plain(training + batches[5], ten))
for archive in (binary10, python10):
    assert trained(10, f"x,y={archive}:test") == (test, "")
    assert trained(10, f"x,y={archive}:train,test") == (everything, "")
    # Remembered with its part.
    run([binary[10], "train", "--steps", "6", "--quiet", "--resume", "--out", path("run")])
    report = json.loads(run([binary[10], "data", "--json", "--data", f"x,y={archive}:test"])[0])
    x, y = report["fields"]
    assert (x["records"], x["duplicates"], report["faults"]) == (COUNT, 0, 0), report
    for number, each in enumerate(y["classes"]):
        assert each["name"] == WORDS[number].decode(), each
        assert each["records"] == sum(ten(record) == number for record in batches[5]), each

binary100 = tar(path("cifar-100-binary.tar.gz"),
                [(f"cifar-100-binary/{name}.bin", b"".join(bytes(r[:2]) + r[2] for r in records))
                 for name, records in (("train", training), ("test", batches[5]))] +
                [(f"cifar-100-binary/{kind}_label_names.txt", b"\n".join(WORDS[:count]) + b"\n")
                 for kind, count in (("coarse", 20), ("fine", 100))], "w:gz")
python100 = tar(path("cifar-100-python.tar.gz"),
                [(f"cifar-100-python/{name}",
                  pickled(dictionary(records, {b"coarse_labels": lambda r: r[0], b"fine_labels": lambda r: r[1]})))
                 for name, records in (("train", training), ("test", batches[5]))] +
                [("cifar-100-python/meta", pickled({b"fine_label_names": WORDS, b"coarse_label_names": WORDS[:20]}))],
                "w:gz")
# The field's number of classes chooses between the fine and the coarse.
for count, label in ((100, lambda r: r[1]), (20, lambda r: r[0])):
    expected, _ = trained(count, *plain(training, label))
    for archive in (binary100, python100):
        found, said = trained(count, f"x,y={archive}")
        assert found == expected and "training records of CIFAR-100" in said, (archive, count, said)

refused(64, "expected a part train or test of CIFAR's archive, got 'tset'", "--data", f"x,y={binary10}:tset")
refused(65, "its records are of 100 classes, y has 10", "--data", f"x,y={binary100}")
files = [(f"{name}.bin", bytes(3073)) for name in NAMES]
short = tar(path("short.tar"), files[:2] + [("data_batch_3.bin", bytes(3072))] + files[3:])
refused(65, f"{short}/data_batch_3.bin: expected records of 3073 bytes, got 3072 bytes", "--data", f"x,y={short}")
good = pickled(dictionary(batches[0], {b"labels": ten}))
for number, (part, wrong) in enumerate((
        ("ends early", good[:len(good) // 2]), ("ends early", good[:-1]),
        ("has the operation 0x69, which CIFAR's archives have not, at byte 2", b"\x80\2i" + good[2:]),
        ("is of protocol 4, expected 2", b"\x80\2\x80\4" + good[2:]),
        ("is of protocol 5, expected 2", b"\x80\5" + good[2:]),
        ("is of protocol 0 or 1 or none at all, expected protocol 2", b"(dp0\n."),
        ("takes what is not there", b"\x80\2R."), ("takes what is not there", b"\x80\2h\7."),
        ("ends with more than one value", b"\x80\2NN."), ("adds items to what has none", b"\x80\2N(Ne."),
        ("the dictionary has no 'data'", b"\x80\2}."), ("expected a dictionary", b"\x80\2]."),
        ("expected a dictionary", b"\x80\2c__builtin__\neval\n)R."),
        ("expected the pictures to be an array of bytes", pickled({b"data": b"all", b"labels": [1]})),
        ("expected the classes to be a list of numbers", pickled({**dictionary(batches[0], {}), b"labels": b"all"})),
        ("the dictionary has no 'labels'", pickled(dictionary(batches[0], {}))))):
    archive = tar(path(f"wrong{number}.tar"), [(name, wrong if name == NAMES[1] else good) for name in NAMES])
    refused(65, f"{archive}/data_batch_2: ", "--data", f"x,y={archive}")
    refused(65, part, "--data", f"x,y={archive}")

# What is CIFAR only in part, or among other things.
some = [(f"cifar/{name}", good) for name in NAMES if name not in ("data_batch_3", "test_batch")]
refused(65, "CIFAR-10 lacks data_batch_3; take all files", "--data", f"x,y={tar(path('some.tar'), some)}")
refused(65, "CIFAR-10 lacks data_batch_3, test_batch;", "--data", f"x,y={path('some.tar')}:train,test")
folder = path("mixed")
for archive in (binary10, python100):
    shutil.unpack_archive(archive, folder)
refused(65, f"{folder}: CIFAR-10 lies in 'cifar-10-batches-bin/', and other files, 'cifar-100-python/meta' first, lie "
        f"elsewhere; name a folder or archive that holds one of them", "--data", f"x,y={folder}")
assert trained(10, f"x,y={folder}/cifar-10-batches-bin:test") == (test, "")
png = b"\x89PNG\r\n\x1a\n" + bytes(8)
refused(65, "holds CIFAR-10 and pictures, 'a.png' first; move one of them elsewhere", "--data",
        f"x,y={tar(path('beside.tar'), files + [('a.png', png)])}")
# Names alone that CIFAR-100 has too do not make a folder of pictures CIFAR.
refused(65, "a.png: cannot be decoded", "--data", f"x={tar(path('like.tar'), [('a.png', png), ('train.bin', b'1')])}")
