//===- RunDirectory.h - The directory of a run ------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_RUNDIRECTORY_H
#define AGON_RUNTIME_CLI_RUNDIRECTORY_H

#include "runtime/cli/Run.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace agon::rt {

/// Two runs in one directory would tear each other's files: the second is refused.
class DirectoryLock {
public:
  /// \throws Failure: Usage when another process trains into it, InputOutput when it cannot be opened.
  explicit DirectoryLock(const std::string &path);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock &) = delete;
  DirectoryLock &operator=(const DirectoryLock &) = delete;

  /// \throws Failure (InputOutput) when the path names nothing by now, or another directory, which may be another
  /// run's.
  void check() const;

  /// A path of the locked directory itself, whatever it is called by now.
  std::string held() const { return "/proc/self/fd/" + std::to_string(descriptor); }

private:
  /// What has become of the locked directory, for an error.
  std::string whereItIs() const;

  std::string path;
  int descriptor;
};

/// Whether a run was killed, or failed to write, and left no state yet: then it is begun anew, for the
/// initial state is a function of the seed. \param run its run.json.
bool endedBeforeItsFirstCheckpoint(const RunPaths &paths, const RunFile &run);

/// Removes what runs that were killed have left of files of theirs; the directory is locked, so
/// nobody else is writing them.
void removeUnfinishedFiles(const RunPaths &paths);

/// The pictures of a generator that are there up to step `last`, in the order of their steps.
std::vector<std::string> picturesOf(const RunPaths &paths, std::string_view network, int64_t last);

/// The checkpoints that are kept by their steps.
std::map<int64_t, std::string> numberedCheckpoints(const RunPaths &paths);

/// Removes a run's states, log and pictures.
void removeOldRun(const RunPaths &paths);

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_RUNDIRECTORY_H
