//===- Cells.cpp - What cells are called ----------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "dialects/agon/Cells.h"
#include "runtime/abi/agon_abi.h"

using namespace agon;

// The dialect's enumerations are the lists of the ABI.
#define CHECK(NAME, Name, NUMBER, WORD) static_assert(int(CellKind::Name) == NUMBER);
AGON_CELL_KINDS(CHECK)
#undef CHECK
static_assert(getMaxEnumValForCellKind() + 1 == AGON_NUM_CELL_KINDS);
#define CHECK(NAME, Name, NUMBER, WORD) static_assert(int(RegionKind::Name) == NUMBER);
AGON_KERNEL_KINDS(CHECK)
#undef CHECK
#define CHECK(NAME, Name, NUMBER, WORD) static_assert(int(Space::Name) == NUMBER);
AGON_SPACES(CHECK)
#undef CHECK
static_assert(getMaxEnumValForSpace() + 1 == AGON_NUM_SPACES);

/// What stands before the subject.
static llvm::StringRef prefixOf(CellKind kind) {
  switch (kind) {
  case CellKind::Parameter:
  case CellKind::State:
    return "";
  case CellKind::Moment:
    return "optimizer";
  case CellKind::DataMean:
    return "mean";
  default:
    return stringifyCellKind(kind);
  }
}

std::string agon::cellName(CellKind kind, const llvm::Twine &subject) {
  llvm::StringRef prefix = prefixOf(kind);
  if (kind == CellKind::Key || kind == CellKind::Iteration)
    return prefix.str();
  return prefix.empty() ? subject.str() : (prefix + "." + subject).str();
}

llvm::StringRef agon::cellTitle(CellKind kind, llvm::StringRef subject) {
  switch (kind) {
  case CellKind::Data:
  case CellKind::Hyper:
  case CellKind::Objective:
  case CellKind::Metric:
  case CellKind::Sample:
  case CellKind::Expected:
  case CellKind::Expectation:
  case CellKind::Largest:
    return subject;
  default:
    return {};
  }
}
