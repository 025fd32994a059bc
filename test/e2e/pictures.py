# REQUIRES: cifar10
# RUN: %python %s %data/cifar10 %t
"""A classifier learns the real CIFAR-10 from tar archives of JPEG files, a class per folder; a folder of the same files
is the same set; pictures of another size than a field are scaled, which is said."""

import os
import re
import shutil
import subprocess
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from support import compile_model, run

data, scratch = sys.argv[1:]
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
MODEL = """const batch = 64
const size = 32
network C(x: [3, size, size]) -> [10] =
  x |> conv(16, 3, stride = size / 16) |> relu |> conv(32, 3, stride = 2) |> relu |> flatten |> dense(10)
game cifar {
  data (x: [3, size, size] in (0, 1), y: class(10))
  player C minimizes E[cross_entropy(C(x), y)] with adam(lr = 1e-3)
  metric accuracy = E[argmax(C(x)) == y]
}
"""
source = os.path.join(scratch, "cifar.agon")
with open(source, "w", encoding="utf-8") as file:
    file.write(MODEL)
binary, out = os.path.join(scratch, "cifar"), os.path.join(scratch, "run")
compile_model(source, binary)
run([binary, "train", "--steps", "200", "--out", out, "--quiet", "--data", f"x,y={data}/train-10k.tar"])


def accuracy(program, trained, path):
    """On the pictures of `path`, and what was said of them."""
    result = subprocess.run([program, "eval", "--from", trained, "--data", f"x,y={path}"], capture_output=True,
                            text=True)
    assert result.returncode == 0, result.stderr
    assert "2000 records" in result.stdout, result.stdout
    return float(re.search(r"accuracy +(\S+)", result.stdout)[1]), result.stderr


archive = os.path.join(data, "test-2k.tar")
found, said = accuracy(binary, out, archive)
print(f"accuracy after 200 minibatches: {found}")
assert found > 0.35 and not said, (found, said)
with tarfile.open(archive) as packed:
    packed.extractall(scratch)
folder = os.path.join(scratch, "test")
assert accuracy(binary, out, folder) == (found, ""), "the folder is another set"
# At twice the size every picture is scaled, which is said once: where the run begins.
large = os.path.join(scratch, "large")
compile_model(source, large, "-D", "size=64")
_, said = run([large, "train", "--steps", "0", "--out", large + "-run", "--quiet", "--data", f"x,y={folder}"])
assert "2000 of 2000 pictures were cut in the middle and scaled to 64 x 64 (bicubic, antialiased)" in said, said
assert len(said.splitlines()) == 1, said
_, said = accuracy(large, large + "-run", folder)
assert not said, said
