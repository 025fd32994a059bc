# REQUIRES: onnx
# RUN: %torch_python %s %examples %t
"""Networks as ONNX models: the checker takes them, and onnxruntime computes what a library of the same network does,
which computes what `sample` and `apply` do (export_library.py). With a third argument, `long`: every network of every
example, and of every example of the library's reference."""

import glob
import os
import re
import shutil
import sys

import numpy as np
import onnx
import onnxruntime

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
import library_programs
from exported import Library, agonc, draws, weights_of

examples, scratch = sys.argv[1:3]
everything = sys.argv[3:] == ["long"]
os.makedirs(scratch, exist_ok=True)
onnxruntime.set_default_logger_severity(3)
random = np.random.default_rng(1)
SAMPLE, EVALUATION = 1 << 61, 1 << 62 | 1 << 61  # keys of runtime/core/Random.h
SHORT = ["ring", "dcgan_mnist", "acgan", "cyclegan", "seqgan", "stylegan2"]


def path(*names):
    return os.path.join(scratch, *names)


def inputs_for(library, batch):
    """What the game draws, or numbers and classes for the inputs of the signature."""
    if library.about["draws_inputs"]:
        return library.draw(0, batch)
    classes = dict(re.findall(r"(\w+): class\((\d+)\)", library.about["signature"]))
    result = []
    for port in library.about["inputs"]:
        shape = [batch, *port["shape"]]
        if port["type"] == "int32_t":
            result.append(random.integers(0, int(classes.get(port["name"], 2)), shape).astype(np.int32))
        else:
            result.append(random.standard_normal(shape).astype(np.float32))
    return result


def numbers_for(session):
    """Numbers for a network that no library is made of."""
    shapes = {port.name: [5 if isinstance(extent, str) else extent for extent in port.shape]
              for port in session.get_inputs()}
    return {port.name: np.zeros(shapes[port.name], np.int64) if port.type == "tensor(int64)" else
            random.standard_normal(shapes[port.name]).astype(np.float32) for port in session.get_inputs()}


def feeds_of(model, library, inputs, size):
    """onnxruntime's feeds: the inputs, and what the network draws itself."""
    feeds = {}
    key = SAMPLE if library.about["draws_inputs"] else EVALUATION
    given = iter(inputs)
    for port in model.graph.input:
        drawn = re.search(r"stream (\d+)$", port.doc_string)
        if not drawn:
            array = next(given)
            feeds[port.name] = array.astype(np.int64) if array.dtype == np.int32 else array
            continue
        extents = [axis.dim_value or size for axis in port.type.tensor_type.shape.dim]
        feeds[port.name] = draws(port.name.split("_")[0], extents, int(drawn[1]), 0, key)
    return feeds


def check(source, name, weights, network):
    """An empty text, or what is wrong with a network."""
    title = f"{name} {network}"
    file, shared = path(name, network + ".onnx"), path(name, f"lib{network}.so")
    made = agonc(source, "--emit=onnx", "--network", network, "--weights", weights, "-o", file)
    if made.returncode:
        return f"{title}: {made.stderr}"
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    made = agonc(source, "--emit=lib", "--network", network, "--weights", weights, "-o", shared)
    if made.returncode == 65 and "does not differ from sample to sample" in made.stderr:
        return "" if all(np.isfinite(each).all() for each in session.run(None, numbers_for(session))) else title
    if made.returncode:
        return f"{title}: {made.stderr}"
    library = Library(shared)
    dynamic = any(isinstance(extent, str) for port in session.get_inputs() for extent in port.shape)
    size = library.about["batch"] if not dynamic else min(5, library.about["batch"])
    inputs = inputs_for(library, size)
    expected = library.run(inputs, size)
    results = session.run(None, feeds_of(model, library, inputs, size))
    library.close()
    for port, result, reference in zip(library.about["outputs"], results, expected, strict=True):
        if result.shape != reference.shape:
            return f"{title}: expected {reference.shape}, got {result.shape}"
        if not np.allclose(result, reference, rtol=1e-5, atol=1e-5 * np.abs(reference).max(), equal_nan=True):
            worst = np.abs(result - reference).max() / np.abs(reference).max()
            return f"{title}: {port['name']} differs by {worst}"
    return ""


def check_model(source, name):
    program = agonc(source, "--emit=diff", "-o", "-")
    assert program.returncode == 0, program.stderr
    os.makedirs(path(name), exist_ok=True)
    weights = path(name, "weights.safetensors")
    weights_of(program.stdout, weights)
    networks = re.findall(r'agon\.net "([^"]+)"', program.stdout)
    wrong = [check(source, name, weights, network) for network in networks]
    shutil.rmtree(path(name))
    return len(networks), [text for text in wrong if text]


# Inputs that are called as draws, as a result, and as what lies between.
NAMES = """const batch = 4
layer noisy(x: [n]) -> [n] { noise e: [n] ~ normal(0, 1); return x + 0.1 * e }
network G(normal_0: [2], t1: [2]) -> [2] = concat(normal_0, t1) |> dense(2) |> noisy |> relu |> noisy |> dense(2)
network D(D: [2], G: [2]) -> [1] = concat(D, G) |> dense(1)
game names {
  data x: [2]
  noise normal_0: [2] ~ normal(0, 1)
  noise t1: [2] ~ normal(0, 1)
  let fake = G(normal_0, t1)
  player D minimizes E[softplus(-D(x, x))] + E[softplus(D(fake, fake))] with sgd(lr = 0.1)
  player G minimizes E[softplus(-D(fake, fake))] with sgd(lr = 0.1)
  play { D; G }
}
"""

count, failures = 0, []
models = [(os.path.join(examples, name + ".agon"), name) for name in SHORT]
if everything:
    models = [(file, os.path.basename(file)[:-5]) for file in sorted(glob.glob(os.path.join(examples, "*.agon")))]
    for name, _, lines in library_programs.programs():
        with open(path(name + ".agon"), "w", encoding="utf-8") as file:
            file.write("const batch = 8\n" + "\n".join(lines) + "\n")
        models.append((path(name + ".agon"), name))
with open(path("names.agon"), "w", encoding="utf-8") as file:
    file.write(NAMES)
models.append((path("names.agon"), "names"))
for source, name in models:
    networks, wrong = check_model(source, name)
    print("\n".join(wrong), end="", flush=True)
    count += networks
    failures += wrong
assert count >= (400 if everything else 10), count
if failures:
    sys.exit("\n".join(failures) + f"\n{len(failures)} of {count} networks")
print(f"note: {count} networks")
