# RUN: %python %s %root %t
"""What was compiled before is taken from the cache, and the program is the same, whatever the cache holds."""

import os
import shutil
import subprocess
import sys

root, scratch = sys.argv[1:]
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
cache = os.path.join(scratch, "cache")
model = os.path.join(scratch, "wgan.agon")
with open(os.path.join(root, "examples", "wgan.agon"), encoding="utf-8") as file:
    source = file.read()


def compiled(*options, text=source, **environment):
    """The program's bytes. agonc says nothing."""
    with open(model, "w", encoding="utf-8") as file:
        file.write(text)
    environment = {**{name: value for name, value in os.environ.items() if name != "AGON_CACHE"}, **environment}
    result = subprocess.run(["agonc", model, "-o", model[:-5], *options], capture_output=True, text=True,
                            env=environment)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", ""), result
    with open(model[:-5], "rb") as file:
        return file.read()


def kept():
    """The objects in the cache, with the times at which they were written."""
    return {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(cache) if entry.name != "llvmcache.timestamp"}


program = compiled(AGON_CACHE=cache)
objects = kept()
assert len(objects) > 4, objects
assert compiled(AGON_CACHE=cache) == program and kept() == objects
assert compiled(AGON_CACHE="off") == program and kept() == objects

# Another rate changes the table and the kernels that it stands in; the others serve both programs.
assert "lr = 5e-5" in source
other = source.replace("lr = 5e-5", "lr = 6e-5")
expected = compiled(text=other, AGON_CACHE="off")
assert compiled(text=other, AGON_CACHE=cache) == expected != program
two = kept()
assert objects.items() <= two.items() and len(two) < 2 * len(objects), (objects, two)
# Other options have other objects.
compiled("-O1", AGON_CACHE=cache)
assert len(kept()) == len(two) + len(objects), kept()

# What was damaged, cut off or emptied is made again.
for i, name in enumerate(objects):
    path = os.path.join(cache, name)
    with open(path, "rb") as file:
        content = bytearray(file.read())
    content[len(content) // 2] ^= 1
    with open(path, "wb") as file:
        file.write([content, content[:len(content) // 2], b""][i % 3])
damaged = kept()
assert compiled(AGON_CACHE=cache) == program
assert all(kept()[name] != damaged[name] for name in objects)

# Where nothing can be kept, nothing is.
assert compiled(AGON_CACHE=model) == program
assert compiled(AGON_CACHE="", HOME="/dev/null", XDG_CACHE_HOME="/dev/null") == program
# The user's own folder.
user = os.path.join(scratch, "user")
assert compiled(XDG_CACHE_HOME=user) == program
assert set(os.listdir(os.path.join(user, "agon"))) >= set(objects)

# A compiler without a build id could not tell its objects from another build's.
nameless = os.path.join(scratch, "agonc")
agonc = os.path.realpath(shutil.which("agonc"))
subprocess.run(["objcopy", "--remove-section", ".note.gnu.build-id", agonc, nameless], check=True)
none = os.path.join(scratch, "none")
runtime = os.path.join(os.path.dirname(agonc), "..", "lib", "libagonrt.a")
subprocess.run([nameless, model, "-o", model[:-5], f"--runtime={runtime}"], check=True,
               env={**os.environ, "AGON_CACHE": none})
assert not os.path.exists(none)
