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
  if (pairs.size() > 1)
    os << " of " << pairs.size() << " pairs";
  if (form == TileForm::Inner)
    os << ", inner product of " << n() << (n() == 1 ? " column" : " columns");
  else
    os << ", outer " << rows << "x" << vectors;
  auto reading = [&](const ContractionPair &pair) {
    std::string a = pair.packA     ? form == TileForm::Inner ? ", A packed"
                                     : pair.packedAByRows    ? ", A packed by rows"
                                                             : ", A packed by columns"
                    : pair.aInRuns ? ", A in runs"
                                   : ", A in place";
    return a + (pair.packB ? ", B packed" : ", B in place");
  };
  // Mostly all are read alike.
  os << reading(pairs.front());
  for (const ContractionPair &pair : llvm::drop_begin(pairs))
    if (reading(pair) != reading(pairs.front()))
      os << ";" << reading(pair).substr(1);
  if (kIsCut)
    os << ", k cut at " << kBlock;
  return text;
}
