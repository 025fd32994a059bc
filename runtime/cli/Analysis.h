//===- Analysis.h - What `analyze` finds ------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CLI_ANALYSIS_H
#define AGON_RUNTIME_CLI_ANALYSIS_H

#include "runtime/analysis/Path.h"
#include "runtime/analysis/Play.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace agon::rt {

/// The rates of the players, by name: from the command line, else of those who move by plain sgd. A player without one
/// is not in it.
using Rates = std::map<std::string, double>;

/// \param given "0.1" and "D=0.1" texts. \param overrides the run's `--set`. \throws Failure (Usage).
Rates ratesOf(const Instance &instance, const std::vector<std::string> &given,
              const std::map<std::string, double> &overrides);
/// The model's constants, each as text.
std::map<std::string, std::string> constantsOf(const agon_model &model);
/// What `sgd(lr = 0.1)`, or `sgd(lr = rate)` with a constant, says of its rate, as a model writes it; nothing of any
/// other optimizer.
std::optional<double> plainRate(const std::string &optimizer, const std::map<std::string, std::string> &constants);

/// The players in the order of their first turns.
std::vector<std::string> orderOfPlay(const Instance &instance);

/// What a game plays.
struct GamePlay {
  std::string text; ///< as the model writes it, in one line
  std::string name; ///< "simultaneous" or "alternating", each player once an iteration; empty if it is neither
};

/// Nothing where the binary does not tell.
std::optional<GamePlay> playOf(const agon_model &model, std::vector<std::string> players);

/// One way to play, each player once an iteration by gradient descent.
struct PlayAnalysis {
  std::string name, turns; ///< "alternating"; "D; G"
  /// With the rates of all players:
  std::vector<Eigenvalue> multipliers; ///< all, or the leading ones
  /// With all eigenvalues: the factor on the rates up to which no multiplier is outside of the unit circle; where
  /// rates are missing they are all one, so that it is the largest rate.
  std::optional<double> largestFactor;
};

struct Analysis {
  std::string game;
  std::optional<int64_t> step;
  int64_t draws = 1;
  bool isRandom = false;
  struct Player {
    std::string name;
    int64_t parameters;
    double gradient;             ///< its length
    std::vector<double> hessian; ///< with --hessian: the spectrum, or its two ends
  };
  std::vector<Player> players; ///< that have parameters
  int64_t parameters = 0;
  Eigen::VectorXd field;    ///< v
  Eigen::MatrixXd jacobian; ///< where all eigenvalues are known
  bool isWhole = true;      ///< whether all eigenvalues are known
  /// All, or up to `leading` of the largest modulus, of the largest and of the smallest real part.
  std::vector<Eigenvalue> values, largestReal, smallestReal;
  Rates rates;
  bool hasRates = false; ///< of all players
  std::vector<PlayAnalysis> plays;
  std::optional<GamePlay> played;
  std::vector<PathPlace> path;
};

/// Analyses the field where it is. \param leading so many eigenvalues by Arnoldi's iteration; 0: all.
Analysis analyzeField(GameField &field, const Rates &rates, const std::vector<std::string> &order, int leading,
                      bool hessian);

/// The steps of the players in the order of play; of rate 1 where rates are missing.
std::vector<Mover> moversOf(const GameField &field, const Rates &rates, const std::vector<std::string> &order);
bool hasAllRates(const GameField &field, const Rates &rates);

std::string textOf(const Analysis &analysis);
nlohmann::ordered_json jsonOf(const Analysis &analysis);

} // namespace agon::rt

#endif // AGON_RUNTIME_CLI_ANALYSIS_H
