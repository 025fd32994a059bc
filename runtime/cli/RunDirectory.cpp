#include "runtime/cli/RunDirectory.h"

#include "runtime/core/Failure.h"
#include "runtime/io/Events.h"
#include "runtime/io/File.h"
#include "support/AtomicFile.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace agon::rt;

DirectoryLock::DirectoryLock(const std::string &path)
    : path(path), descriptor(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor < 0)
    fail(ExitCode::InputOutput, "cannot open {}: {}", path, std::strerror(errno));
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(descriptor);
    fail(ExitCode::Usage, "another process is training into {}", path);
  }
}

void DirectoryLock::check() const {
  struct stat held, named;
  if (fstat(descriptor, &held) == 0 && stat(path.c_str(), &named) == 0 &&
      (held.st_dev != named.st_dev || held.st_ino != named.st_ino))
    fail(ExitCode::InputOutput,
         "{} is another directory than the one that this run began to write, which was moved or "
         "removed; nothing is written there",
         path);
}

DirectoryLock::~DirectoryLock() { close(descriptor); }

bool agon::rt::endedBeforeItsFirstCheckpoint(const RunPaths &paths, const RunFile &run) {
  return !fileExists(paths.checkpoint()) && fileExists(paths.run()) &&
         (run.status == "running" || run.status == "failed");
}

void agon::rt::removeUnfinishedFiles(const RunPaths &paths) {
  namespace fs = std::filesystem;
  auto remove = [](const std::string &directory, auto &&isOurs) {
    std::error_code error;
    std::vector<fs::path> unfinished;
    for (const fs::directory_entry &entry : fs::directory_iterator(directory, error))
      if (isOurs(fs::path(agon::support::nameOfUnfinished(entry.path().filename().string()))))
        unfinished.push_back(entry.path());
    for (const fs::path &path : unfinished)
      fs::remove(path, error);
  };
  remove(paths.directory, [&](const fs::path &name) {
    return !name.empty() && (name == fs::path(paths.checkpoint()).filename() ||
                             name == fs::path(paths.log()).filename() || name == fs::path(paths.run()).filename());
  });
  remove(paths.samples(), [](const fs::path &name) { return name.extension() == ".png"; });
}

std::vector<std::string> agon::rt::picturesOf(const RunPaths &paths, std::string_view network, int64_t last) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::map<int64_t, std::string> bySteps;
  for (const fs::directory_entry &entry : fs::directory_iterator(paths.samples(), error)) {
    std::string path = entry.path().string(), name = entry.path().stem().string();
    int64_t step = -1;
    if (name.starts_with(network) && name.size() > network.size())
      std::from_chars(name.data() + network.size() + 1, name.data() + name.size(), step);
    if (step >= 0 && step <= last && path == paths.picture(network, step))
      bySteps[step] = path;
  }
  std::vector<std::string> pictures;
  for (const auto &[step, path] : bySteps)
    pictures.push_back(path);
  return pictures;
}

void agon::rt::removeOldRun(const RunPaths &paths) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (const std::string &file : {paths.checkpoint(), paths.log(), paths.run()})
    fs::remove(file, error);
  for (const std::string &file : eventFilesOf(paths.directory))
    fs::remove(file, error);
  for (const fs::directory_entry &entry : fs::directory_iterator(paths.samples(), error))
    if (entry.path().extension() == ".png")
      fs::remove(entry.path(), error);
}
