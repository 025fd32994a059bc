#include "runtime/data/Faults.h"

#include "runtime/core/Failure.h"

using namespace agon::rt;

void Faults::add(const std::string &text) {
  constexpr size_t most = 10;
  if (told == Told::First)
    throw Failure(ExitCode::BadData, text);
  ++number;
  if (texts.size() < most)
    texts.push_back(text);
}
