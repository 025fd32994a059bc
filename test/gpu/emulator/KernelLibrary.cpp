//===- KernelLibrary.cpp - Libraries of kernels ---------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/gpu/emulator/KernelLibrary.h"
#include <dlfcn.h>

using namespace agon::emulator;

KernelLibrary::KernelLibrary(const std::string &path) {
  library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library)
    table = static_cast<const AgonEmulatedKernel *>(dlsym(library, AGON_EMULATED_KERNELS));
  if (!table)
    if (const char *text = dlerror())
      errorText = text;
}

KernelLibrary::~KernelLibrary() {
  if (library)
    dlclose(library);
}

const AgonEmulatedKernel *KernelLibrary::find(const std::string &name) const {
  for (const AgonEmulatedKernel *each = table; each && each->name; ++each)
    if (name == each->name)
      return each;
  return nullptr;
}

const AgonEmulatedVariable *KernelLibrary::findGlobal(const std::string &name) const {
  if (table && table->name)
    for (uint64_t i = 0; i < table->globalCount; ++i)
      if (name == table->globals[i].name)
        return &table->globals[i];
  return nullptr;
}
