#include "runtime/cli/Analysis.h"

#include "runtime/analysis/Leading.h"
#include "runtime/cli/Numbers.h"
#include "runtime/core/Failure.h"
#include "runtime/core/Suggest.h"
#include "support/Usage.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace agon::rt;
using Eigen::VectorXd;

static nlohmann::json configOf(const agon_model &model) {
  return nlohmann::json::parse(model.config_json ? model.config_json : "", nullptr, false);
}

std::map<std::string, std::string> agon::rt::constantsOf(const agon_model &model) {
  std::map<std::string, std::string> constants;
  nlohmann::json config = configOf(model);
  if (config.is_object() && config.contains("constants") && config["constants"].is_object())
    for (const auto &[name, value] : config["constants"].items())
      if (value.is_string())
        constants[name] = value.get<std::string>();
  return constants;
}

std::optional<double> agon::rt::plainRate(const std::string &optimizer,
                                          const std::map<std::string, std::string> &constants) {
  std::string_view text = optimizer;
  if (!text.starts_with("sgd(") || !text.ends_with(")"))
    return std::nullopt;
  text = text.substr(4, text.size() - 5);
  for (std::string_view name : {"lr", " ", "=", " "})
    if (text.starts_with(name))
      text.remove_prefix(name.size());
  if (text.empty())
    return 0.01; // the library's
  auto constant = constants.find(std::string(text));
  try {
    return parseReal("lr", constant == constants.end() ? std::string(text) : constant->second);
  } catch (const Failure &) {
    return std::nullopt; // an expression, or further arguments
  }
}

Rates agon::rt::ratesOf(const Instance &instance, const std::vector<std::string> &given,
                        const std::map<std::string, double> &overrides) {
  const agon_model &model = instance.model();
  std::vector<std::string> names;
  Rates rates;
  const std::map<std::string, std::string> constants = constantsOf(model);
  for (uint32_t p = 0; p < model.num_players; ++p) {
    std::string name = model.players[p].name;
    names.push_back(name);
    std::optional<double> rate = plainRate(model.players[p].optimizer, constants);
    if (rate && overrides.count(name + ".lr"))
      rate = overrides.at(name + ".lr");
    if (rate && *rate > 0)
      rates[name] = *rate;
  }
  std::map<std::string, std::string> texts; // by player; "" stands for all
  for (const std::string &text : given) {
    size_t equals = text.find('=');
    std::string name = equals == std::string::npos ? std::string() : text.substr(0, equals);
    double rate = parseReal("--rate", equals == std::string::npos ? text : text.substr(equals + 1));
    if (!(rate > 0) || rate > 1e100)
      fail(ExitCode::Usage, "--rate expects a number above 0, at most 1e100, got {}", text);
    if (equals != std::string::npos && std::ranges::find(names, name) == names.end())
      fail(ExitCode::Usage, "--rate: no player '{}'{} (players: {})", name, suggestion(name, names),
           fmt::join(names, ", "));
    if (auto [first, isFirst] = texts.emplace(name, text); !isFirst)
      fail(ExitCode::Usage, "{}", support::bothGiven("--rate " + first->second, "--rate " + text));
  }
  // That of one player counts more than that of all.
  for (const auto &[name, text] : texts) {
    double rate = parseReal("--rate", text.substr(name.empty() ? 0 : name.size() + 1));
    for (const std::string &player : names)
      if (name.empty() || name == player)
        rates[player] = rate;
  }
  return rates;
}

std::vector<std::string> agon::rt::orderOfPlay(const Instance &instance) {
  const agon_model &model = instance.model();
  std::vector<std::string> order;
  auto add = [&](const agon_player &player) {
    if (std::ranges::find(order, player.name) == order.end())
      order.push_back(player.name);
  };
  for (uint32_t i = 0; i < model.num_schedule; ++i) {
    const agon_function &turn = instance.function(model.schedule[i]);
    for (uint32_t p = 0; p < model.num_players; ++p)
      if (std::find(turn.writes, turn.writes + turn.num_writes, model.players[p].step) != turn.writes + turn.num_writes)
        add(model.players[p]);
  }
  // Those who move by hand, without a step of their optimizer.
  for (uint32_t p = 0; p < model.num_players; ++p)
    add(model.players[p]);
  return order;
}

/// The names of a block of turns that nothing but `sign` and blanks separate, sorted; empty if it is none.
static std::vector<std::string> namesBetween(std::string block, char sign) {
  if (!block.starts_with('{') || !block.ends_with('}'))
    return {};
  block = block.substr(1, block.size() - 2);
  std::ranges::replace(block, sign, ' ');
  std::istringstream words(block);
  std::vector<std::string> names{std::istream_iterator<std::string>(words), {}};
  std::ranges::sort(names);
  return names;
}

std::optional<GamePlay> agon::rt::playOf(const agon_model &model, std::vector<std::string> players) {
  nlohmann::json config = configOf(model);
  if (!config.is_object() || !config.contains("parts") || !config["parts"].is_array())
    return std::nullopt;
  std::ranges::sort(players);
  for (const auto &part : config["parts"]) {
    if (!part.is_object() || part.value("what", "") != "play")
      continue;
    GamePlay play{part.value("text", ""), ""};
    // A new line separates turns, too, and is a blank here.
    bool atOnce = std::ranges::count(play.text, '&') + 1 == std::ssize(players);
    if (namesBetween(play.text, atOnce ? '&' : ';') == players)
      play.name = atOnce ? "simultaneous" : "alternating";
    return play;
  }
  return std::nullopt;
}

bool agon::rt::hasAllRates(const GameField &field, const Rates &rates) {
  return std::ranges::all_of(field.players(), [&](const GameField::Player &p) { return rates.count(p.name) > 0; });
}

std::vector<Mover> agon::rt::moversOf(const GameField &field, const Rates &rates,
                                      const std::vector<std::string> &order) {
  bool all = hasAllRates(field, rates);
  std::vector<Mover> movers;
  for (const std::string &name : order)
    for (const GameField::Player &player : field.players())
      if (player.name == name)
        movers.push_back({player.first, player.count, all ? rates.at(name) : 1});
  return movers;
}

namespace {

/// What a turn does to a small distance, transposed: from the products with the field's transposed Jacobian alone.
VectorXd transposedPlay(GameField &field, std::span<const Mover> movers, bool alternating, VectorXd x) {
  if (!alternating) {
    VectorXd scaled = x;
    for (const Mover &mover : movers)
      scaled.segment(mover.first, mover.count) *= mover.rate;
    return x + field.transposedTimes(scaled);
  }
  for (size_t i = movers.size(); i-- > 0;) {
    VectorXd own = VectorXd::Zero(x.size());
    own.segment(movers[i].first, movers[i].count) = movers[i].rate * x.segment(movers[i].first, movers[i].count);
    x += field.transposedTimes(own);
  }
  return x;
}

void addPlay(Analysis &analysis, GameField &field, std::span<const Mover> movers, const std::vector<std::string> &order,
             bool alternating, int leading) {
  const Eigen::MatrixXd &jacobian = analysis.jacobian;
  PlayAnalysis play;
  play.name = alternating ? "alternating" : "simultaneous";
  std::vector<std::string> names;
  for (const std::string &name : order)
    if (std::ranges::find(field.players(), name, &GameField::Player::name) != field.players().end())
      names.push_back(name);
  play.turns = fmt::format("{}", fmt::join(names, alternating ? "; " : " & "));
  if (leading == 0) {
    play.largestFactor =
        alternating ? largestAlternatingFactor(jacobian, movers) : largestSimultaneousFactor(jacobian, movers);
    if (analysis.hasRates)
      play.multipliers =
          eigenvalues(alternating ? alternatingMap(jacobian, movers) : simultaneousMap(jacobian, movers));
  } else if (analysis.hasRates) {
    Product product = [&](const VectorXd &x) { return transposedPlay(field, movers, alternating, x); };
    play.multipliers = leadingEigenvalues(field.size(), product, Leading::LargestModulus, leading);
  }
  sortForMap(play.multipliers);
  analysis.plays.push_back(play);
}

void addHessians(Analysis &analysis, GameField &field, int leading) {
  for (size_t i = 0; i < field.players().size(); ++i) {
    const GameField::Player &player = field.players()[i];
    Product product = [&](const VectorXd &x) { return field.hessianTimes(player, x); };
    // Lanczos's iteration wants a few rows.
    bool whole = leading == 0 || player.count < 4;
    analysis.players[i].hessian =
        whole ? symmetricEigenvalues(field.hessian(player)) : extremeEigenvalues(player.count, product, 2 * leading);
  }
}

} // namespace

Analysis agon::rt::analyzeField(GameField &field, const Rates &rates, const std::vector<std::string> &order,
                                int leading, bool hessian) {
  Analysis analysis;
  analysis.draws = field.draws();
  analysis.isRandom = field.isRandom();
  analysis.parameters = field.size();
  VectorXd v = analysis.field = field();
  if (!v.allFinite())
    fail(ExitCode::RunFailed, "the players' gradients are not finite here");
  for (const GameField::Player &player : field.players())
    analysis.players.push_back(
        {player.name, player.count, v.segment(player.first, player.count).norm(), std::vector<double>()});
  analysis.rates = rates;
  analysis.hasRates = hasAllRates(field, rates);
  std::vector<Mover> movers = moversOf(field, rates, order);

  analysis.isWhole = leading == 0;
  if (analysis.isWhole) {
    analysis.jacobian = field.jacobian();
    analysis.values = eigenvalues(analysis.jacobian);
  } else {
    Product product = [&](const VectorXd &x) { return field.transposedTimes(x); };
    auto find = [&](Leading which) { return leadingEigenvalues(field.size(), product, which, leading); };
    analysis.values = find(Leading::LargestModulus);
    analysis.largestReal = find(Leading::LargestReal);
    analysis.smallestReal = find(Leading::SmallestReal);
  }
  addPlay(analysis, field, movers, order, false, leading);
  if (field.players().size() > 1)
    addPlay(analysis, field, movers, order, true, leading);
  if (hessian)
    addHessians(analysis, field, leading);
  return analysis;
}
