//===- TracedIterations.cpp - train --profile -----------------------------===//
#include "runtime/cli/TracedIterations.h"

#include "runtime/io/Trace.h"

#include <algorithm>

using namespace agon::rt;

TracedIterations::TracedIterations(Instance &instance, std::string file, int64_t first, int64_t steps)
    : instance(instance), path(std::move(file)), profiler(instance.threads()) {
  if (path.empty() || first >= steps)
    return;
  begin = first + std::min<int64_t>(3, steps - first - 1);
  end = std::min(begin + 20, steps);
  const agon_model &model = instance.model();
  size_t calls = size_t(model.num_schedule) * (1 + model.num_groups), marks = 0;
  for (uint32_t i = 0; i < model.num_schedule; ++i)
    marks += instance.function(model.schedule[i]).num_regions + 1;
  profiler.reserve(calls * size_t(end - begin), marks * size_t(end - begin));
  if (begin == first)
    start(first);
}

void TracedIterations::start(int64_t step) {
  profiler.beginIteration(step + 1);
  instance.profile(&profiler);
}

void TracedIterations::progress(int64_t step) {
  if (step == end)
    write();
  else if (step == begin)
    start(step);
  else if (step > begin && step < end)
    profiler.beginIteration(step + 1);
}

void TracedIterations::write() {
  if (end < 0)
    return;
  end = -1;
  instance.profile(nullptr);
  if (!profiler.calls().empty())
    writeTrace(profiler, instance.model().name, path);
}
