//===- DeviceData.cpp - What a device needs beside functions --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/DeviceData.h"
#include "compiler/codegen/DeviceCode.h"
#include "runtime/abi/agon_abi.h"

using namespace mlir;

namespace agon::codegen {

/// The elements as they lie in memory.
static std::string bytesOf(DenseElementsAttr value) {
  ArrayRef<char> raw = value.getRawData();
  std::string all(raw.begin(), raw.end());
  if (value.isSplat()) {
    all.clear();
    for (int64_t i = 0; i != value.getNumElements(); ++i)
      all.append(raw.begin(), raw.end());
  }
  return all;
}

FailureOr<DeviceData> DeviceData::take(ModuleOp program, const targets::Options &options) {
  DeviceData data;
  for (ConstantOp constant : llvm::make_early_inc_range(program.getOps<ConstantOp>())) {
    data.constants.push_back({uint64_t(*constant.getOffset()), bytesOf(cast<DenseElementsAttr>(constant.getValue()))});
    constant.erase();
  }
  llvm::LLVMContext context;
  FailureOr<std::optional<DeviceCode>> code = DeviceCode::take(program, context, options);
  if (failed(code))
    return failure();
  if (!*code)
    return data;
  std::string architecture = options.target.getProcessor().str();
  llvm::Expected<std::string> assembly = (*code)->assemble();
  if (!assembly)
    return program.emitError() << llvm::toString(assembly.takeError());
  llvm::Expected<std::optional<std::string>> machine = machineCode(*assembly, architecture);
  if (!machine)
    return program.emitError() << llvm::toString(machine.takeError());
  if (*machine)
    data.images.push_back({AGON_IMAGE_CUBIN, architecture, std::move(**machine)});
  assembly->push_back('\0');
  data.images.push_back({AGON_IMAGE_PTX, architecture, std::move(*assembly)});
  return data;
}

} // namespace agon::codegen
