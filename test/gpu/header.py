# REQUIRES: cuda-header
# RUN: %python %s %root %cuda_include %t
"""The driver's functions are declared as in NVIDIA's cuda.h, by the names that its macros give them, and the numbers
that stand for its enumerators are theirs."""

import os
import re
import subprocess
import sys

root, include, scratch = sys.argv[1:4]
os.makedirs(scratch, exist_ok=True)
with open(os.path.join(root, "runtime/cuda/DriverFunctions.def"), encoding="utf-8") as file:
    names = re.findall(r"^AGON_CUDA\((\w+),", file.read(), re.MULTILINE)
assert len(names) > 35, names

# Types that are other structs, or enumerations, are alike where they are passed alike.
PROGRAM = """
#include <cuda.h>
#include "runtime/cuda/Driver.h"
#include <type_traits>
template <typename T, bool = std::is_enum_v<T>> struct Alike { using type = T; };
template <typename T> struct Alike<T, true> { using type = int; };
template <typename T> struct Alike<T *, false> {
  using type = std::conditional_t<std::is_class_v<T>, void, typename Alike<T>::type> *; };
template <typename R, typename... A> struct Alike<R(A...), false> {
  using type = typename Alike<R>::type(typename Alike<A>::type...); };
template <typename A, typename B>
constexpr bool alike = std::is_same_v<typename Alike<A>::type, typename Alike<B>::type>;
using agon::rt::cuda::Driver;
namespace rt = agon::rt::cuda;
FUNCTIONS
static_assert(rt::result::outOfMemory == CUDA_ERROR_OUT_OF_MEMORY && rt::result::noDevice == CUDA_ERROR_NO_DEVICE &&
              rt::result::invalidImage == CUDA_ERROR_INVALID_IMAGE && rt::result::notFound == CUDA_ERROR_NOT_FOUND &&
              rt::result::noBinaryForGpu == CUDA_ERROR_NO_BINARY_FOR_GPU &&
              rt::result::invalidPtx == CUDA_ERROR_INVALID_PTX &&
              rt::result::noJitCompiler == CUDA_ERROR_JIT_COMPILER_NOT_FOUND &&
              rt::result::unsupportedPtxVersion == CUDA_ERROR_UNSUPPORTED_PTX_VERSION &&
              rt::result::firstFault == CUDA_ERROR_ILLEGAL_ADDRESS);
static_assert(rt::attribute::clockKiloHertz == CU_DEVICE_ATTRIBUTE_CLOCK_RATE &&
              rt::attribute::multiprocessors == CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT &&
              rt::attribute::memoryClockKiloHertz == CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE &&
              rt::attribute::memoryBusBits == CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH &&
              rt::attribute::major == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR &&
              rt::attribute::minor == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR &&
              rt::attribute::doubleRatio == CU_DEVICE_ATTRIBUTE_SINGLE_TO_DOUBLE_PRECISION_PERF_RATIO &&
              rt::attribute::sharedBytesOfBlock == CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
static_assert(rt::maxDynamicSharedBytes == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES &&
              rt::jitErrorLog == CU_JIT_ERROR_LOG_BUFFER &&
              rt::jitErrorLogBytes == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES &&
              rt::nonBlockingStream == CU_STREAM_NON_BLOCKING && rt::untimedEvent == CU_EVENT_DISABLE_TIMING &&
              rt::captureOfThisThread == CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
"""
# The header renames what has versions; its own oldest names are not to be had.
functions = "".join(
    f'static_assert(alike<std::remove_pointer_t<decltype(Driver::{name})>, decltype(::{name})>, "{name}");\n'
    for name in names if name != "cuEventElapsedTime")
source = os.path.join(scratch, "header.cpp")
with open(source, "w", encoding="utf-8") as file:
    file.write(PROGRAM.replace("FUNCTIONS", functions))
result = subprocess.run(["c++", "-std=c++20", "-fsyntax-only", f"-I{root}", f"-I{include}", source],
                        capture_output=True, text=True)
if result.returncode:
    sys.exit(result.stderr)
print(len(names), "functions are declared as in cuda.h")
