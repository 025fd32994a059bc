//===- FakeBinary.cpp - What the compiler's object would define -----------===//
#include "test/unit/runtime/FakeGames.h"

extern "C" const agon_model agon_model_v1 = agon::rt::test::AGON_FAKE_GAME();
