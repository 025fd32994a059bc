//===- Driver.h - The CUDA driver, opened when it is wanted -----*- C++ -*-===//
///
/// The driver's library is part of a machine's driver, not of this program: it
/// is opened at run time, and its few functions are declared here.
///
//===----------------------------------------------------------------------===//
#ifndef AGON_RUNTIME_CUDA_DRIVER_H
#define AGON_RUNTIME_CUDA_DRIVER_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace agon::rt::cuda {

using CuResult = int;
using CuDevice = int;
using CuPointer = unsigned long long;
using CuContext = struct CuContextData *;
using CuStream = struct CuStreamData *;
using CuEvent = struct CuEventData *;
using CuModule = struct CuModuleData *;
using CuFunction = struct CuFunctionData *;
using CuGraph = struct CuGraphData *;
using CuGraphExec = struct CuGraphExecData *;

/// Results that mean something to this program.
namespace result {
constexpr CuResult success = 0, outOfMemory = 2, noDevice = 100, invalidImage = 200, noBinaryForGpu = 209,
                   invalidPtx = 218, noJitCompiler = 221, unsupportedPtxVersion = 222, notFound = 500, firstFault = 700,
                   lastFault = 720; ///< of a kernel
}

/// Attributes of devices.
namespace attribute {
constexpr int clockKiloHertz = 13, multiprocessors = 16, memoryClockKiloHertz = 36, memoryBusBits = 37, major = 75,
              minor = 76, doubleRatio = 87, sharedBytesOfBlock = 97;
}

constexpr int maxDynamicSharedBytes = 8; ///< attribute of a function
constexpr int jitErrorLog = 5, jitErrorLogBytes = 6;
constexpr unsigned nonBlockingStream = 1, untimedEvent = 2;
constexpr int captureOfThisThread = 1;

/// The functions of the driver's library.
struct Driver {
#define AGON_CUDA(NAME, PARAMETERS) CuResult(*NAME) PARAMETERS;
#include "runtime/cuda/DriverFunctions.def"
#undef AGON_CUDA

  /// \throws Failure for a result that is not success: the call, the code's name and text, and what to do.
  void check(CuResult code, const char *call) const;
};

/// The driver, opened and initialised once; null where there is none, or no device. \param why gets the reason.
const Driver *findDriver(std::string &why);

} // namespace agon::rt::cuda

#endif // AGON_RUNTIME_CUDA_DRIVER_H
