#include "runtime/io/Trace.h"

#include "runtime/io/File.h"

#include <nlohmann/json.hpp>

using namespace agon::rt;
using Json = nlohmann::ordered_json;

namespace {

class TraceWriter {
public:
  explicit TraceWriter(const Profiler &profiler)
      : profiler(profiler), origin(profiler.calls().empty() ? 0 : profiler.calls().front().begin) {}

  std::string write(const std::string &game) {
    meta("process_name", 0, game);
    meta("thread_name", 0, "turns");
    for (const Profiler::Call &call : profiler.calls())
      span(call);
    for (size_t lane = 0; lane < profiler.threads().size(); ++lane) {
      auto track = int(lane) + 1;
      meta("thread_name", track, "thread " + std::to_string(track));
      for (const Profiler::Share &share : profiler.threads()[lane])
        region(profiler.calls()[share.call].function->regions[share.region], track, share.begin, share.end);
    }
    return text + "\n]\n";
  }

private:
  void add(const Json &event) {
    text += text.empty() ? "[\n" : ",\n";
    text += event.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  void meta(const char *what, int track, const std::string &name) {
    add({{"name", what}, {"ph", "M"}, {"pid", 0}, {"tid", track}, {"args", {{"name", name}}}});
  }

  Json complete(const char *name, const char *category, int track, int64_t begin, int64_t end) const {
    return {{"name", name},
            {"cat", category},
            {"ph", "X"},
            {"pid", 0},
            {"tid", track},
            {"ts", double(begin - origin) * 1e-3},
            {"dur", double(end - begin) * 1e-3}};
  }

  void span(const Profiler::Call &call) {
    const agon_function &function = *call.function;
    Json event = complete(function.name, function.kind == AGON_FN_TURN ? "turn" : "function", 0, call.begin, call.end);
    event["args"] = {{"iteration", call.iteration}, {"flops", function.flops}};
    add(event);
    std::span<const int64_t> marks = profiler.marks(call);
    for (size_t i = 0; i + 1 < marks.size(); ++i)
      region(function.regions[i], 0, marks[i], marks[i + 1]);
  }

  void region(const agon_region &region, int track, int64_t begin, int64_t end) {
    Json event = complete(region.name, "region", track, begin, end);
    event["args"] = {{"source", region.source},
                     {"algorithm", region.algorithm},
                     {"flops", region.flops},
                     {"bytes", region.bytes},
                     {"tasks", tasksOf(region)}};
    add(event);
  }

  const Profiler &profiler;
  int64_t origin;
  std::string text;
};

} // namespace

void agon::rt::writeTrace(const Profiler &profiler, const std::string &game, const std::string &path) {
  writeFile(path, std::string_view(TraceWriter(profiler).write(game)));
}
