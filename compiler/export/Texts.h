//===- Texts.h - Headers that agonc writes out ------------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_EXPORT_TEXTS_H
#define AGON_COMPILER_EXPORT_TEXTS_H

namespace agon::exports {

extern const char *const networkAbiText; ///< runtime/abi/agon_network.h
extern const char *const trainingText;   ///< runtime/embed/agon.h

} // namespace agon::exports

#endif
