//===- Agreement.h - Kernels of a GPU against level 0 -----------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_UNIT_GPU_AGREEMENT_H
#define AGON_TEST_UNIT_GPU_AGREEMENT_H

#include <string>

namespace agon::test {

/// Holds a GPU's kernel of the module's region, by the plan that it has or is given for a machine of `precision`, to
/// level 0 of the CPU, and to itself in another order of threads and blocks: the same bits.
void expectAgreement(const std::string &module, double tolerance, const char *precision);

} // namespace agon::test
#endif
