#include "runtime/cli/Analysis.h"
#include "runtime/core/Failure.h"
#include "runtime/io/JsonNumber.h"

#include <algorithm>

using namespace agon::rt;
using Json = nlohmann::ordered_json;

namespace {

/// Eigenvalues that are shown of a long list, from each end.
constexpr size_t shownEnd = 10;

/// The eigenvalues that tell of the kind of the point.
std::vector<Eigenvalue> known(const Analysis &analysis) {
  std::vector<Eigenvalue> all = analysis.values;
  for (const auto *more : {&analysis.largestReal, &analysis.smallestReal})
    all.insert(all.end(), more->begin(), more->end());
  return all;
}

std::string flowText(const Analysis &analysis) {
  std::vector<Eigenvalue> values = known(analysis);
  return fmt::format("{}{}; fastest growth {:.6g}, frequency {:.6g}", natureOfFlow(values).text(),
                     analysis.isWhole ? "" : ", by the leading eigenvalues", largestRealPart(values),
                     frequencyOfFlow(values));
}

/// Whether all players move at one rate.
bool isCommon(const Analysis &analysis) {
  return !analysis.hasRates || std::ranges::all_of(analysis.players, [&](const Analysis::Player &player) {
    return analysis.rates.at(player.name) == analysis.rates.at(analysis.players[0].name);
  });
}

/// The largest rates: one for all players, or of each.
std::string stepText(const Analysis &analysis, double factor) {
  if (factor == 0)
    return "no step is small enough";
  if (std::isinf(factor))
    return "no step is too large";
  if (!analysis.hasRates)
    return fmt::format("largest rate {:.6g}", factor);
  if (isCommon(analysis))
    return fmt::format("largest rate {:.6g}", factor * analysis.rates.at(analysis.players[0].name));
  std::string text = "largest rates";
  for (const Analysis::Player &player : analysis.players)
    text += fmt::format(" {}={:.6g}", player.name, factor * analysis.rates.at(player.name));
  return text + fmt::format(" ({:.6g} of these)", factor);
}

std::string ratesText(const Analysis &analysis) {
  if (isCommon(analysis))
    return fmt::format("rate {:.6g}", analysis.rates.at(analysis.players[0].name));
  std::vector<std::string> rates;
  for (const Analysis::Player &player : analysis.players)
    rates.push_back(fmt::format("{}={:.6g}", player.name, analysis.rates.at(player.name)));
  return fmt::format("rates {}", fmt::join(rates, " "));
}

std::string playText(const Analysis &analysis, const PlayAnalysis &play) {
  std::string text = fmt::format("{:<13} {}", play.name, play.turns);
  if (analysis.hasRates && play.multipliers.empty())
    text += fmt::format(", {}: the leading multipliers did not converge", ratesText(analysis));
  else if (analysis.hasRates)
    text += fmt::format(", {}: {}; spectral radius {:.6g}, frequency {:.6g} an iteration", ratesText(analysis),
                        natureOfMap(play.multipliers).text(), spectralRadius(play.multipliers),
                        frequencyOfMap(play.multipliers));
  if (play.largestFactor)
    text += (analysis.hasRates ? "; " : ": ") + stepText(analysis, *play.largestFactor);
  return text;
}

/// A table of eigenvalues, the middle of a long one left out.
std::string tableOf(const std::vector<Eigenvalue> &values, const char *title) {
  std::string text = fmt::format("{}\n{:>16} {:>16} {:>16}\n", title, "real", "imaginary", "modulus");
  for (size_t i = 0; i < values.size(); ++i) {
    if (values.size() > 2 * shownEnd && i == shownEnd) {
      text += fmt::format("{:>16}\n", fmt::format("... {} more", values.size() - 2 * shownEnd));
      i = values.size() - shownEnd;
    }
    text += fmt::format("{:>16.9g} {:>16.9g} {:>16.9g}\n", values[i].real(), values[i].imag(), std::abs(values[i]));
  }
  return values.empty() ? fmt::format("{}: none converged\n", title) : text;
}

std::string hessianText(const Analysis &analysis) {
  std::string text;
  for (const Analysis::Player &player : analysis.players)
    if (const std::vector<double> &values = player.hessian; !values.empty())
      text +=
          fmt::format("hessian of {}: {:.6g} to {:.6g}, {} of {} below 0\n", player.name, values.back(), values.front(),
                      std::ranges::count_if(values, [](double value) { return value < 0; }), values.size());
  return text;
}

Json jsonOf(const std::vector<Eigenvalue> &values) {
  Json list = Json::array();
  for (Eigenvalue value : values)
    list.push_back({jsonNumber(value.real()), jsonNumber(value.imag())});
  return list;
}

Json jsonOf(const Analysis &analysis, const PlayAnalysis &play) {
  Json json = {{"turns", play.turns}, {"rates", nullptr}};
  if (analysis.hasRates) {
    json["rates"] = Json::object();
    for (const Analysis::Player &player : analysis.players)
      json["rates"][player.name] = analysis.rates.at(player.name);
  }
  if (!play.multipliers.empty()) {
    Nature nature = natureOfMap(play.multipliers);
    json["kind"] = nature.text();
    json["stable"] = nature.stability == Nature::Stable;
    json["spectral_radius"] = jsonNumber(spectralRadius(play.multipliers));
    json["frequency"] = jsonNumber(frequencyOfMap(play.multipliers));
    json["multipliers"] = jsonOf(play.multipliers);
  }
  if (play.largestFactor) {
    json["largest_factor"] = jsonNumber(*play.largestFactor);
    if (isCommon(analysis))
      json["largest_rate"] =
          jsonNumber(*play.largestFactor * (analysis.hasRates ? analysis.rates.at(analysis.players[0].name) : 1));
  }
  return json;
}

} // namespace

std::string agon::rt::textOf(const Analysis &analysis) {
  std::vector<std::string> players, gradients;
  for (const Analysis::Player &player : analysis.players) {
    players.push_back(fmt::format("{} {}", player.name, player.parameters));
    gradients.push_back(fmt::format("{} {:.6g}", player.name, player.gradient));
  }
  std::string text = fmt::format("{} at step {}: parameters {} ({})\n", analysis.game,
                                 analysis.step ? std::to_string(*analysis.step) : "unknown", analysis.parameters,
                                 fmt::join(players, ", "));
  if (analysis.isRandom)
    text += fmt::format("the field is the mean over {} minibatch{}\n", analysis.draws, analysis.draws == 1 ? "" : "es");
  text += fmt::format("|v| {:.6g}; gradients: {}\n\n", analysis.field.norm(), fmt::join(gradients, ", "));
  if (analysis.isWhole) {
    text += tableOf(analysis.values, "eigenvalues of the Jacobian of v, the direction in which the players move");
    text += fmt::format("condition {:.6g}\n", conditionOf(analysis.values));
  } else {
    text += tableOf(analysis.values, "eigenvalues of the Jacobian of v of the largest modulus");
    text += tableOf(analysis.largestReal, "of the largest real part");
    text += tableOf(analysis.smallestReal, "of the smallest real part");
  }
  text += fmt::format("\n{:<13} {}\n", "flow", flowText(analysis));
  for (const PlayAnalysis &play : analysis.plays)
    text += playText(analysis, play) + "\n";
  if (analysis.played && analysis.played->name.empty())
    text += fmt::format("the game plays {}, of which {} tells\n", analysis.played->text,
                        analysis.plays.size() > 1 ? "neither of these two" : "this line not");
  if (!analysis.hasRates)
    text += "not all players move by plain sgd: --rate tells the rates at which their play is to be judged\n";
  text += hessianText(analysis);
  if (!analysis.path.empty()) {
    text += fmt::format("\n{:>8} {:>14} {:>12}\n", "way", "|v|", "path-angle");
    for (const PathPlace &place : analysis.path)
      text += fmt::format("{:>8.2f} {:>14.6g} {:>12.6f}\n", place.along, place.norm, place.angle);
  }
  return text;
}

nlohmann::ordered_json agon::rt::jsonOf(const Analysis &analysis) {
  Json json;
  json["game"] = analysis.game;
  json["iteration"] = analysis.step ? Json(*analysis.step) : Json(nullptr);
  json["parameters"] = analysis.parameters;
  json["draws"] = analysis.isRandom ? Json(analysis.draws) : Json(nullptr);
  json["norm"] = jsonNumber(analysis.field.norm());
  json["players"] = Json::object();
  for (const Analysis::Player &player : analysis.players) {
    Json entry = {{"parameters", player.parameters}, {"gradient", jsonNumber(player.gradient)}};
    if (!player.hessian.empty())
      entry["hessian"] = player.hessian;
    json["players"][player.name] = entry;
  }
  std::vector<Eigenvalue> values = known(analysis);
  json["whole"] = analysis.isWhole;
  if (analysis.isWhole) {
    json["eigenvalues"] = ::jsonOf(analysis.values);
    json["field"] = std::vector<double>(analysis.field.begin(), analysis.field.end());
    json["jacobian"] = Json::array();
    for (const auto &row : analysis.jacobian.rowwise())
      json["jacobian"].push_back(std::vector<double>(row.begin(), row.end()));
    json["condition"] = jsonNumber(conditionOf(analysis.values));
  } else {
    json["largest_modulus"] = ::jsonOf(analysis.values);
    json["largest_real"] = ::jsonOf(analysis.largestReal);
    json["smallest_real"] = ::jsonOf(analysis.smallestReal);
  }
  Nature nature = natureOfFlow(values);
  json["flow"] = {{"kind", nature.text()},
                  {"stable", nature.stability == Nature::Stable},
                  {"growth", jsonNumber(largestRealPart(values))},
                  {"frequency", jsonNumber(frequencyOfFlow(values))}};
  for (const PlayAnalysis &play : analysis.plays)
    json[play.name] = ::jsonOf(analysis, play);
  if (analysis.played)
    json["play"] = {{"turns", analysis.played->text},
                    {"kind", analysis.played->name.empty() ? Json(nullptr) : Json(analysis.played->name)}};
  if (!analysis.path.empty()) {
    json["path"] = Json::array();
    for (const PathPlace &place : analysis.path)
      json["path"].push_back(
          {{"way", place.along}, {"norm", jsonNumber(place.norm)}, {"angle", jsonNumber(place.angle)}});
  }
  return json;
}
