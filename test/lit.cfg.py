# The lit suite of everything but the unit tests. -*- Python -*-
import os
import shutil
import subprocess
import lit.formats

config.name = "agon"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".agon", ".mlir", ".test", ".py"]
config.excludes = ["lit.cfg.py", "run.py", "prepare.py", "unit", "Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.agon_build + "/test"

path = [config.agon_build + "/bin", config.llvm_bindir, os.environ.get("PATH", "")]
config.environment["PATH"] = os.pathsep.join(path)
for name in ("HOME", "TMPDIR", "LANG", "AGON_CXX"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
config.environment["NO_COLOR"] = "1"
config.environment["AGON_VERIFY_EACH"] = "1"
# Many tests compile the same examples.
config.environment["AGON_CACHE"] = config.agon_build + "/test/cache"
if config.sanitized:
    config.available_features.add("sanitized")
    config.environment["AGON_CXX"] = config.agon_build + "/test/sanitized-c++"
    config.environment["ASAN_OPTIONS"] = config.asan_options

config.substitutions.append(("%root", config.agon_source))
config.substitutions.append(("%examples", config.agon_source + "/examples"))
config.substitutions.append(("%bin", config.agon_build + "/bin"))
config.substitutions.append(("%build", config.agon_build))
config.substitutions.append(("%reference", config.agon_build + "/reference"))
config.substitutions.append(("%python", config.python))
config.substitutions.append(("%mlir_libs", config.llvm_libdir))

# Tests on real data say `REQUIRES: mnist` or `cifar10`; slow ones `REQUIRES: long`.
data = os.path.join(config.agon_source, "..", "shared", "data")
config.substitutions.append(("%data", data))
for name in ("mnist", "cifar10"):
    if os.path.isdir(os.path.join(data, name)):
        config.available_features.add(name)
if "long" in lit_config.params:
    config.available_features.add("long")
# A Python with PyTorch: AGON_PYTHON, or the virtual environment of `make test-long` and `make bench`.
torch_python = os.environ.get("AGON_PYTHON", os.path.join(config.agon_build, "python", "bin", "python"))
config.substitutions.append(("%torch_python", torch_python))
for feature, modules in (("numpy", "numpy"), ("torch", "torch, numpy"), ("onnx", "numpy, onnx, onnxruntime"),
                         ("tensorboard", "tensorboard")):
    if os.path.exists(torch_python) and subprocess.run(
            [torch_python, "-c", "import " + modules], stderr=subprocess.DEVNULL).returncode == 0:
        config.available_features.add(feature)
# NVIDIA's header, for the test of our declarations.
cuda_include = os.path.join(os.environ.get("CUDA_HOME", "/usr/local/cuda"), "include")
config.substitutions.append(("%cuda_include", cuda_include))
if os.path.exists(os.path.join(cuda_include, "cuda.h")):
    config.available_features.add("cuda-header")
for tool in ("clang-format", "clang-tidy"):
    if shutil.which(tool + "-22"):
        config.available_features.add(tool)
# NVIDIA's assembler, of the CUDA toolkit.
ptxas = shutil.which("ptxas") or "/usr/local/cuda/bin/ptxas"
config.substitutions.append(("%ptxas", ptxas))
if os.path.exists(ptxas):
    config.available_features.add("ptxas")
# A commit before this one, which the linter compares with.
before = shutil.which("git") and subprocess.run(
    ["git", "-C", config.agon_source, "rev-parse", "--verify", "HEAD~1"], capture_output=True)
if before and before.returncode == 0:
    config.available_features.add("history")
with open("/proc/cpuinfo") as cpuinfo:
    flags = cpuinfo.read()
if " avx2" in flags and " fma" in flags:
    config.available_features.add("avx2")
if " avx512vl" in flags and " avx512bw" in flags and " avx512dq" in flags:
    config.available_features.add("avx512")
