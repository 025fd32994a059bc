// Streams and events. Nothing happens before somebody waits for it, so that what is not waited for shows.
#include "test/gpu/stub/Stub.h"

using namespace agon::stub;

std::vector<std::unique_ptr<Stream>> agon::stub::streams;

void agon::stub::enqueue(Stream &stream, std::function<void()> run) {
  if (stream.capturing)
    stream.capturing->nodes.push_back(std::move(run));
  else
    stream.queue.push_back({std::move(run), nullptr, 0});
}

/// Does the stream's next piece of work.
static void step(Stream &stream) {
  Work work = std::move(stream.queue.front());
  stream.queue.pop_front();
  if (work.awaited)
    runUntil(*work.awaited, work.count);
  if (work.run) {
    Opened opened;
    work.run();
  }
}

void agon::stub::run(Stream &stream) {
  while (!stream.queue.empty())
    step(stream);
}

void agon::stub::runUntil(const Event &event, uint64_t count) {
  while (event.happened < count && event.stream && !event.stream->queue.empty())
    step(*event.stream);
}

void agon::stub::runAll() {
  for (const std::unique_ptr<Stream> &stream : streams)
    run(*stream);
}

bool agon::stub::anyCaptures() {
  for (const std::unique_ptr<Stream> &stream : streams)
    if (stream->capturing)
      return true;
  return false;
}
