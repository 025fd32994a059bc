#include "compiler/cpu/Kernels.h"
bool agon::cpu::emitContraction(Frame &frame) { return false; }
