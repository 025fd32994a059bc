//===- Describe.cpp - A contraction's plan in words -----------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/cpu/ContractionPlan.h"
#include "llvm/Support/raw_ostream.h"

using namespace agon::cpu;

std::string ContractionPlan::describe() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (batch() > 1)
    os << batch() << " of ";
  os << m() << " x " << n() << " x " << k();
  if (form == TileForm::Inner)
    os << ", inner product of " << n() << (n() == 1 ? " column" : " columns");
  else
    os << ", outer " << rows << "x" << vectors;
  if (packA)
    os << (form == TileForm::Inner ? ", A packed" : packedAByRows ? ", A packed by rows" : ", A packed by columns");
  else
    os << (aInRuns ? ", A in runs" : ", A in place");
  os << (packB ? ", B packed" : ", B in place");
  if (kIsCut())
    os << ", k cut at " << kBlock;
  return text;
}
