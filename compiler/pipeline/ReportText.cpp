//===- ReportText.cpp - The report as a table -----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/pipeline/Report.h"
#include "dialects/agon/TurnForm.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

namespace agon::pipeline {
namespace {

std::string grouped(int64_t number) {
  std::string text = std::to_string(number);
  for (int64_t at = int64_t(text.size()) - 3; at > 0; at -= 3)
    text.insert(size_t(at), 1, ',');
  return text;
}

std::string plural(int64_t number, llvm::StringRef what) {
  return grouped(number) + " " + what.str() + (number == 1 ? "" : "s");
}

/// Three digits and a prefix: "12.3 MFLOP".
std::string scaled(double value, double step, llvm::ArrayRef<const char *> units) {
  size_t power = 0;
  while (value >= 999.5 && power + 1 < units.size()) {
    value /= step;
    ++power;
  }
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.*f ",
                                                 power == 0 || value >= 99.95 ? 0
                                                 : value >= 9.995             ? 1
                                                                              : 2,
                                                 value)
                                 << units[power];
  return text;
}
std::string flops(int64_t number) { return scaled(double(number), 1000, {"FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"}); }
std::string bytes(int64_t number) {
  return scaled(double(number), 1024, {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"});
}

std::string padded(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}
std::string rightOf(const std::string &text, size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

class Printer {
public:
  Printer(const Report &report, llvm::raw_ostream &os) : report(report), os(os) {}

  void print() {
    os << "game " << report.game << (report.machine.empty() ? "" : ", compiled for " + report.machine) << "\n";
    printMemory();
    for (auto &[name, function] : report.functions)
      if (function.kind == FunctionKind::Turn)
        printTurn(name, function);
    printOthers();
  }

private:
  /// A row of two columns, with a gap between them however long the title is.
  void line(llvm::StringRef title, const std::string &text, size_t width = 12) {
    os << "  " << padded(title.str(), width) << "  " << text << "\n";
  }

  void printMemory() {
    if (!report.arenaBytes)
      return;
    int64_t temporaries = 0;
    llvm::StringRef greediest;
    for (auto &[name, function] : report.functions)
      if (function.temporaryBytes > temporaries) {
        temporaries = function.temporaryBytes;
        greediest = name;
      }
    os << "\nmemory: an arena of " << bytes(report.arenaBytes)
       << (report.budget ? ", at most " + bytes(report.budget) + " asked for" : "") << "\n";
    static constexpr std::pair<const char *, const char *> titles[] = {
        {"parameter", "parameters"}, {"state", "states"}, {"moment", "moments"}, {"data", "data"}};
    std::pair<int64_t, int64_t> others;
    for (auto &[kind, sizes] : report.cells)
      if (llvm::none_of(titles, [&](auto &title) { return kind == title.first; })) {
        others.first += sizes.first;
        others.second += sizes.second;
      }
    auto cells = [&](const char *title, std::pair<int64_t, int64_t> sizes) {
      line(title, rightOf(bytes(sizes.second), 8) + "  in " + plural(sizes.first, "cell"));
    };
    for (auto [kind, title] : titles)
      if (auto found = report.cells.find(kind); found != report.cells.end())
        cells(title, found->second);
    cells("others", others);
    line("temporaries", rightOf(bytes(temporaries), 8) +
                            (greediest.empty() ? "" : "  in " + greediest.str() + ", which needs the most"));
  }

  void printTurn(const std::string &name, const FunctionReport &turn) {
    os << "\n" << name;
    if (int64_t times = llvm::count(report.schedule, name); times != 1)
      os << " (" << times << " times an iteration)";
    if (turn.launches + turn.copies)
      os << ": " << flops(turn.flops) << ", " << bytes(turn.bytes) << " read and written, "
         << plural(turn.launches, "kernel call") << (turn.copies ? " and " + plural(turn.copies, "copied cell") : "")
         << ", " << bytes(turn.temporaryBytes) << " of temporaries";
    os << "\n";
    printShared(turn);
    printDead(turn);
    printMerged(turn);
    printFusion(turn);
    printRecomputed(turn);
    if (turn.contractions.empty())
      return;
    line("contractions", plural(turn.contractions.size(), "call"));
    size_t widest = 0, places = 0;
    for (const ContractionReport &each : turn.contractions) {
      widest = std::max(widest, each.name.size());
      places = std::max(places, each.source.size());
    }
    for (const ContractionReport &each : turn.contractions)
      os << "    " << padded(each.source, places) << "  " << padded(each.name, widest) << "  "
         << rightOf(flops(each.flops), 10) << "  "
         << (each.tasks ? rightOf(plural(each.tasks, "task"), 8) + "  " : std::string()) << each.algorithm
         << (each.fused.prologue ? "; prologue of " + plural(each.fused.prologue, "operation") : "")
         << (each.fused.epilogue ? "; epilogue of " + plural(each.fused.epilogue, "operation") : "") << "\n";
  }

  void printShared(const FunctionReport &turn) {
    for (auto &[network, applications] : turn.applications) {
      std::string text = network + ": " + plural(applications.written, "application") + " in the objectives, ";
      if (applications.evaluated < applications.written)
        text += std::to_string(applications.evaluated) + " evaluated";
      else
        text += applications.written == 1 ? "evaluated" : "each evaluated";
      if (applications.together > 1)
        text += ", " + std::to_string(applications.together) + " as one batch";
      line("networks", text);
    }
  }

  void printDead(const FunctionReport &turn) {
    for (const DeadGradients &dead : turn.dead) {
      std::string text = "gradients of ";
      text += dead.player.empty() ? "the objective" : dead.player + "'s objective";
      text += " by ";
      bool first = true;
      for (auto &[network, sizes] : dead.networks) {
        text += std::string(first ? "" : " and ") + network + "'s " + plural(sizes.first, "parameter") + " (" +
                plural(sizes.second, "number") + ")";
        first = false;
      }
      text += ": " + plural(dead.cotangents, "cotangent") + " not computed, " + grouped(dead.contractions) +
              " of them by contractions or convolutions";
      line("dead", text);
    }
  }

  void printMerged(const FunctionReport &turn) {
    std::vector<std::string> parts;
    if (turn.mergedTransforms)
      parts.push_back(plural(turn.mergedTransforms, "transform") + " fewer, of sums instead of their terms");
    if (turn.mergedContractions)
      parts.push_back(plural(turn.mergedContractions, "contraction") + " made part of another one");
    if (!parts.empty())
      line("merged", llvm::join(parts, "; "));
  }

  static std::string kinds(const RegionCount &count) {
    std::vector<std::string> parts;
    for (auto [number, what] :
         {std::pair(count.contractions, "contraction"), std::pair(count.modeProducts, "mode product"),
          std::pair(count.reductions, "reduction"), std::pair(count.inserts, "insertion")})
      if (number)
        parts.push_back(plural(number, what));
    if (count.elementwise)
      parts.push_back(grouped(count.elementwise) + " elementwise");
    return llvm::join(parts, ", ");
  }

  void printFusion(const FunctionReport &turn) {
    if (!turn.before.total())
      return;
    line("before", plural(turn.before.total(), "operation") + " (" + kinds(turn.before) + "), " +
                       bytes(turn.before.bytes) + " read and written");
    auto with = [&](int64_t FusedOperations::*part) {
      return grouped(llvm::count_if(turn.regions, [&](const FusedOperations &each) { return each.*part > 0; }));
    };
    line("fused", plural(turn.after.total(), "region") + " (" + kinds(turn.after) + "), " + bytes(turn.after.bytes) +
                      "; " + with(&FusedOperations::prologue) + " with a prologue, " +
                      with(&FusedOperations::epilogue) + " with an epilogue");
  }

  void printRecomputed(const FunctionReport &function) {
    if (function.orderedBytes < function.formedBytes)
      line("ordered", "temporaries of " + bytes(function.orderedBytes) + " instead of " + bytes(function.formedBytes));
    if (function.recomputed.empty())
      return;
    RecomputedReport sum;
    size_t widest = 0, places = 0;
    for (const RecomputedReport &each : function.recomputed) {
      sum.flops += each.flops;
      sum.bytes += each.bytes;
      widest = std::max(widest, each.name.size());
      places = std::max(places, each.source.size());
    }
    line("recomputed", plural(int64_t(function.recomputed.size()), "region") + ", " + flops(sum.flops) + " and " +
                           bytes(sum.bytes) + " read and written more; temporaries of " +
                           bytes(function.temporaryBytes) + " instead of " + bytes(function.orderedBytes));
    for (const RecomputedReport &each : function.recomputed)
      os << "    " << padded(each.source, places) << "  " << padded(each.name, widest) << "  "
         << rightOf(flops(each.flops), 10) << "  " << rightOf(bytes(each.bytes), 8) << "\n";
  }

  void printOthers() {
    os << "\nother functions\n";
    size_t widest = 12;
    for (auto &[name, function] : report.functions)
      if (function.kind != FunctionKind::Turn && function.launches + function.copies)
        widest = std::max(widest, name.size());
    for (auto &[name, function] : report.functions)
      if (function.kind != FunctionKind::Turn && function.launches + function.copies) {
        line(name,
             flops(function.flops) + ", " + plural(function.launches, "kernel call") + ", " +
                 bytes(function.temporaryBytes) + " of temporaries",
             widest);
        printRecomputed(function);
      }
  }

  const Report &report;
  llvm::raw_ostream &os;
};

} // namespace

void Report::print(llvm::raw_ostream &os) const { Printer(*this, os).print(); }

std::string bytesText(int64_t number) { return bytes(number); }

} // namespace agon::pipeline
