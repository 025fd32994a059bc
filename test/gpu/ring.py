# RUN: %python %s %examples %build/test/gpu/stub %t
"""examples/ring.agon, with small layers, as agonc compiles it for CUDA, over the stub of the driver: 200 iterations are
one graph, launched 200 times, into which only keys go; runs move between devices, are stopped, and fail as on the
processor."""

import collections
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e", "Inputs"))
from support import read_safetensors, relative_distance, run

examples, stub, scratch = sys.argv[1:4]
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)


def build(name, text):
    """The game's binary for CUDA, and what it takes to run it over the stub."""
    binary = os.path.join(scratch, name)
    with open(binary + ".agon", "w", encoding="utf-8") as file:
        file.write(text)
    words = ["agonc", binary + ".agon", "-D", "batch=16", "--target=cuda", "-o"]
    run([*words, binary])
    run([*words, binary + ".ll", "--emit=gpu"])
    run(["agon-emulate", binary + ".ll", "-o", binary + ".so", "--unchecked"])
    return binary, {**os.environ, "AGON_EMULATED_KERNELS": binary + ".so", "LD_LIBRARY_PATH": stub,
                    "AGON_STUB_LOG": binary + ".calls"}


def calls_of(binary):
    with open(binary + ".calls", encoding="utf-8") as file:
        lines = file.read().splitlines()
    return lines, collections.Counter(line.split()[0] for line in lines)


with open(os.path.join(examples, "ring.agon"), encoding="utf-8") as example:
    ring = example.read().replace("dense(128)", "dense(16)")
binary, environment = build("ring", ring)


def train(name, steps, *options, code=0, **more):
    result = subprocess.run([binary, "train", "--steps", str(steps), "--seed", "3", "--out",
                             os.path.join(scratch, name), *options],
                            capture_output=True, text=True, env={**environment, **more})
    assert result.returncode == code, (name, result.returncode, result.stdout, result.stderr)
    return result


def state(name):
    return os.path.join(scratch, name, "checkpoint.safetensors")


def bytes_of(name):
    with open(state(name), "rb") as file:
        return file.read()


def distance(one, other):
    a, b = read_safetensors(state(one)), read_safetensors(state(other))
    assert a.keys() == b.keys()
    return max(relative_distance(a[name], b[name]) for name in a)


# One graph, and between two launches nothing but the keys.
text = train("device", 200, "--log-every", "100").stdout
assert "on cuda:0 (Stub 0, sm_" in text, text
lines, count = calls_of(binary)
assert count["cuStreamBeginCapture"] == count["cuGraphInstantiate"] == 1, count
assert count["cuGraphLaunch"] == 200, count
launches = [i for i, line in enumerate(lines) if line.startswith("cuGraphLaunch")]
between = [line.split()[0] for line in lines[launches[50] + 1:launches[51]]]
assert sorted(between) == [*["cuEventRecord"] * 3, *["cuEventSynchronize"] * 2, "cuMemcpyDtoDAsync",
                           "cuMemcpyDtoHAsync", "cuMemcpyHtoDAsync", *["cuStreamWaitEvent"] * 2], between
uploads = {line for line in lines if line.startswith("cuMemcpyHtoDAsync") and line.endswith("stream=2")}
assert uploads == {"cuMemcpyHtoDAsync bytes=512 stream=2"}, uploads

# Resumed on the device: the same bytes. Between devices: the same numbers, but for the order of sums.
train("parts", 120)
train("parts", 200, "--resume")
assert bytes_of("parts") == bytes_of("device")
train("moved", 2, "--device", "cpu")
notes = train("moved", 4, "--device", "cuda", "--resume").stderr
assert "processor: was" in notes, notes
train("moved", 6, "--device", "cpu", "--resume")
train("stayed", 6, "--device", "cpu")
far = distance("moved", "stayed")
assert far < 1e-4, far
with open(os.path.join(scratch, "moved", "run.json"), encoding="utf-8") as file:
    assert [change["step"] for change in json.load(file)["changes"]] == [2, 4]

# What has been trained on the device is sampled and evaluated on either.
for device in ("cpu", "cuda"):
    for command in (["sample", "-n", "8", "-o", os.path.join(scratch, device + ".npy")], ["eval", "--json"]):
        result = subprocess.run([binary, *command, "--from", os.path.join(scratch, "device"), "--device", device],
                                capture_output=True, text=True, env=environment)
        assert result.returncode == 0, result.stderr

# Interrupted, and gone on with.
process = subprocess.Popen([binary, "train", "--steps", "100000000", "--seed", "3", "--out",
                            os.path.join(scratch, "cut")],
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
while process.poll() is None and not os.path.exists(os.path.join(scratch, "cut", "log.csv")):
    time.sleep(0.01)
time.sleep(0.3)
process.send_signal(signal.SIGINT)
errors = process.communicate(timeout=120)[1]
assert process.returncode == 0 and "interrupted at step" in errors, (process.returncode, errors)
step = int(errors.split("interrupted at step ")[1].split(";")[0])
train("whole", step)
assert bytes_of("whole") == bytes_of("cut")

# A rate that makes numbers overflow: the same words, if not the same step.
told = {}
for device in ("cpu", "cuda"):
    told[device] = train("nan-" + device, 100, "--device", device, "--set", "D.lr=1e30", code=1).stderr
    assert "no longer finite" in told[device] and "first made by" in told[device], told

# Memory, and a driver that is not there.
assert "not enough memory on cuda:0" in train("small", 5, code=69, AGON_STUB_MEMORY="8192").stderr
assert not os.path.exists(os.path.join(scratch, "small"))
assert "no NVIDIA driver" in train("none", 5, "--device", "cuda", code=69, LD_LIBRARY_PATH="").stderr
assert "on cpu" in train("auto", 5, LD_LIBRARY_PATH="").stdout

# Turns with periods and repeats: a graph for each of four lists of turns, the rounds counted on the processor.
play = "play { repeat if iteration < 4 then 3 else 2 { D }; every 3 { G } }"
assert "play { D; G }" in ring
binary, environment = build("repeats", ring.replace("play { D; G }", play))
for device in ("cpu", "cuda"):
    train("repeats-" + device, 20, "--device", device, "--log-every", "20")
lines, count = calls_of(binary)
assert count["cuGraphInstantiate"] == 4 and count["cuGraphLaunch"] == 20, count
far = distance("repeats-cpu", "repeats-cuda")
assert far < 1e-3, far
print("ring trains on a device, one graph in 200 iterations;", told["cuda"].strip())
