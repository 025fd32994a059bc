# RUN: %python %s %examples %t
"""Semi-supervised learning, trained briefly on blobs in ten places of which ten in each have a label."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from support import compile_model, run, small_digits

examples, scratch = sys.argv[1:3]
os.makedirs(scratch, exist_ok=True)


def path(name):
    return os.path.join(scratch, name)


def bound(data):
    return [word for field, file in data.items() for word in ("--data", f"{field}={file}")]


images, labels = small_digits(scratch)
run([sys.executable, os.path.join(examples, "pick_labels.py"), images, labels, "10", path("few")])
with open(path("few-labels.idx"), "rb") as file:
    assert sorted(file.read()[8:]) == sorted(list(range(10)) * 10)

binary, out = compile_model(os.path.join(examples, "semisupervised.agon"), path("semisupervised")), path("run")
few = {"x": path("few-images.idx"), "y": path("few-labels.idx"), "u": images}
run([binary, "train", "--steps", "40", "--seed", "1", "--out", out, "--quiet", "--force", *bound(few)])
found = json.loads(run([binary, "eval", "--from", out, "--json", *bound({"x": images, "y": labels})])[0])
print("error on all records:", found["metrics"]["error"])
assert found["records"] == 400 and found["metrics"]["error"] < 0.05, found
