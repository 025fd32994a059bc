#include "runtime/cli/RunDirectory.h"

#include "runtime/core/Failure.h"
#include "runtime/io/Events.h"
#include "runtime/io/File.h"
#include "support/AtomicFile.h"
#include "support/Shown.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
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
  if (fstat(descriptor, &held) != 0)
    return;
  bool isThere = stat(path.c_str(), &named) == 0;
  if (!isThere && errno == ENOENT)
    fail(ExitCode::InputOutput, "{} is not there any more{}", path, whereItIs());
  if (!isThere)
    return; // what is written there will tell why
  if (held.st_dev != named.st_dev || held.st_ino != named.st_ino)
    fail(ExitCode::InputOutput,
         "{} is another directory than the one that this run began to write; nothing is written there{}", path,
         whereItIs());
}

std::string DirectoryLock::whereItIs() const {
  std::error_code error;
  std::string now = std::filesystem::read_symlink(held(), error).string();
  if (error || now.ends_with(" (deleted)"))
    return "; the run's directory was removed";
  return fmt::format("; the run's directory was moved to {}, go on there with --resume", agon::support::shown(now));
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
    for (const std::string &entry : namesIn(directory))
      if (isOurs(fs::path(agon::support::nameOfUnfinished(entry))))
        unfinished.push_back(fs::path(directory) / entry);
    for (const fs::path &path : unfinished)
      fs::remove(path, error);
  };
  remove(paths.directory, [&](const fs::path &name) {
    return RunPaths::isCheckpoint(name.string()) || (!name.empty() && (name == fs::path(paths.log()).filename() ||
                                                                       name == fs::path(paths.jsonLog()).filename() ||
                                                                       name == fs::path(paths.run()).filename()));
  });
  remove(paths.samples(), [](const fs::path &name) { return name.extension() == ".png"; });
}

/// The files of a directory that are called `start`, a hyphen and a step, by their steps; `nameOf` tells their paths.
template <typename NameOf>
static std::map<int64_t, std::string> filesBySteps(const std::string &directory, std::string_view start,
                                                   NameOf nameOf) {
  std::map<int64_t, std::string> bySteps;
  for (const std::string &name : namesIn(directory)) {
    std::string path = directory + "/" + name;
    int64_t step = -1;
    if (name.starts_with(start) && name.size() > start.size())
      std::from_chars(name.data() + start.size() + 1, name.data() + name.size(), step);
    if (step >= 0 && path == nameOf(step))
      bySteps[step] = path;
  }
  return bySteps;
}

std::vector<std::string> agon::rt::picturesOf(const RunPaths &paths, std::string_view network, int64_t last) {
  std::vector<std::string> pictures;
  for (const auto &[step, path] :
       filesBySteps(paths.samples(), network, [&](int64_t step) { return paths.picture(network, step); }))
    if (step <= last)
      pictures.push_back(path);
  return pictures;
}

std::map<int64_t, std::string> agon::rt::numberedCheckpoints(const RunPaths &paths) {
  return filesBySteps(paths.directory, "checkpoint", [&](int64_t step) { return paths.numbered(step); });
}

void agon::rt::removeOldRun(const RunPaths &paths) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (const std::string &file : {paths.checkpoint(), paths.best(), paths.log(), paths.jsonLog(), paths.run()})
    fs::remove(file, error);
  for (const auto &[step, file] : numberedCheckpoints(paths))
    fs::remove(file, error);
  for (const std::string &file : eventFilesOf(paths.directory))
    fs::remove(file, error);
  for (const std::string &name : namesIn(paths.samples()))
    if (fs::path(name).extension() == ".png")
      fs::remove(fs::path(paths.samples()) / name, error);
}
