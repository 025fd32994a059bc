//===- InitialWeights.h - Networks that begin with weights of files -*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_INITIALWEIGHTS_H
#define AGON_RUNTIME_CLI_INITIALWEIGHTS_H

#include "runtime/core/Trainer.h"
#include "runtime/data/DataSet.h"
#include "runtime/io/RunFile.h"

#include <string>
#include <vector>

namespace agon::rt {

/// The networks whose weights are read from files: those of which the model says so, and those of `--init`.
class InitialWeights {
public:
  /// \param given "F=FILE" texts. \param renamed "F.dense_0=net.0" texts. \param remembered what a run began with, for
  /// networks that they do not name.
  /// \throws Failure (Usage).
  InitialWeights(const Instance &instance, const std::vector<std::string> &given,
                 const std::vector<std::string> &renamed, const std::vector<RunFile::Weights> &remembered = {});

  /// Reads the files and initialises everything else.
  /// \throws Failure (NoInput, BadData), with the place in the model and the fix.
  void initialize(Trainer &trainer, DataSet &data);
  /// The same with data of any kind. \param fillMean as Trainer::initialize has it.
  void initialize(Trainer &trainer, const std::function<void(uint32_t field)> &fillMean);

  /// What was read, after `initialize`.
  std::vector<RunFile::Weights> sources() const;

private:
  struct File {
    uint32_t network;
    const agon_load *load; ///< of the model; null: the model draws these weights
    RunFile::Weights source;
  };
  void read(File &file) const;
  std::string placeOf(const File &file) const;
  File &fileOf(uint32_t network);
  void rename(const std::string &text);

  const Instance &instance;
  std::vector<File> files;
};

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_INITIALWEIGHTS_H
