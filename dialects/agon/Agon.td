//===- Agon.td - All operations of the agon dialect ----------*- tablegen -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TD
#define AGON_TD
include "dialects/agon/Game.td"
include "dialects/agon/Network.td"
include "dialects/agon/Tensor.td"
include "dialects/agon/Window.td"
include "dialects/agon/Index.td"
include "dialects/agon/Random.td"
include "dialects/agon/Turn.td"
include "dialects/agon/Target.td"
include "dialects/agon/Program.td"
include "dialects/agon/Steps.td"
include "dialects/agon/Kernel.td"
#endif
