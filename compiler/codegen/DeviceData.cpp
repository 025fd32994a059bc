//===- DeviceData.cpp - What a device needs beside functions --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/DeviceData.h"

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
  const targets::Target *target = targets::targetOf(options.target, program);
  if (!target)
    return failure();
  llvm::Expected<std::vector<targets::Image>> images = target->makeImages(program, options);
  if (!images) {
    program.emitError() << llvm::toString(images.takeError());
    return failure();
  }
  data.images = std::move(*images);
  return data;
}

} // namespace agon::codegen
