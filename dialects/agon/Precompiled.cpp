// Part of Agon, Apache-2.0 WITH LLVM-exception. See Precompiled.h.
