//===- Changes.h - Runs of other versions of a model ------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_CHANGES_H
#define AGON_RUNTIME_CLI_CHANGES_H

#include "runtime/data/DataSet.h"
#include "runtime/io/Checkpoint.h"
#include "runtime/io/Identity.h"
#include "runtime/io/RunFile.h"

#include <string>
#include <vector>

namespace agon::rt {

/// In what this model differs from the one of which `before` is the description. A file of an older
/// agonc has none, and so differs in that.
std::vector<Difference> modelDifferences(const agon_model &model, const std::string &before);

/// In what files bound to data differ from those that a run was begun with: other content counts, another
/// path does not.
std::vector<Difference> dataDifferences(const DataSet &data, const RunFile &before);

/// Tells on stderr of files of the same path as the run's that hold something else now: that is legitimate, but may not
/// be meant.
void tellOfChangedFiles(const agon_model &model, const DataSet &data, const RunFile &before);

/// Whether any of them makes a run that goes on another than the one that was begun.
bool blocksResume(const std::vector<Difference> &differences);

/// Lets a run go on only as what it was begun as, or with --resume=anyway. Tells what differs, or what was
/// accepted. \returns what differs. \throws Failure (BadData) with the list.
std::vector<std::string> judgeResume(const agon_model &model, const std::string &directory, const std::string &before,
                                     const std::vector<Difference> &ofModel, const std::vector<Difference> &ofData,
                                     bool accept);

/// Has the first average of each network read as what `weights` says: "current", or another average of the network.
/// \throws Failure (Usage) when there is none of the name among networks whose average `functions` read.
void chooseWeights(const Instance &instance, const std::vector<uint32_t> &functions, const std::string &weights,
                   CheckpointUse &use);
/// Which of a network's weights that takes: an average's name, or "current"; empty where it has no average.
std::string weightsTaken(const Instance &instance, uint32_t network, const std::string &weights);

/// What `functions` need of a checkpoint: the weights that they read, and that these mean what they meant. With a
/// `network` only it and those that it applies matter. Nothing else of the model or of the run is asked. \param widens
/// whether the weights may be another build's, of 32-bit numbers.
CheckpointUse weightsFor(const Instance &instance, const std::vector<uint32_t> &functions, const std::string &network,
                         const std::string &path, bool accept, bool widens = false);

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_CHANGES_H
