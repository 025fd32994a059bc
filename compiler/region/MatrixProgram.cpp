//===- MatrixProgram.cpp - A constant matrix as arithmetic ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/region/MatrixProgram.h"
#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <map>
#include <optional>

using namespace mlir;
using namespace agon::regions;

/// `a / b` if that is exact in `element`.
static std::optional<double> quotient(double a, double b, FloatType element) {
  double ratio = a / b;
  if ((element.isF32() && double(float(ratio)) != ratio) || std::fma(ratio, b, -a) != 0)
    return std::nullopt;
  return ratio;
}

MatrixProgram::MatrixProgram(ArrayRef<double> elements, int64_t rows, int64_t columns, FloatType element)
    : rows(rows), columns(columns), sums(rows) {
  for (auto [i, factor] : llvm::enumerate(elements))
    if (factor != 0)
      sums[i / columns].push_back({unsigned(i % columns), factor});
  share(element);
}

/// As long as two rows have two terms in common, up to a factor, makes a variable of the pair that
/// most rows have.
void MatrixProgram::share(FloatType element) {
  using Pair = std::tuple<unsigned, unsigned, double>;
  // The term of the smaller factor first.
  auto pairOf = [&](const Term &s, const Term &t) -> std::optional<Pair> {
    bool swap = std::abs(s.factor) > std::abs(t.factor);
    const Term &first = swap ? t : s, &second = swap ? s : t;
    auto ratio = quotient(second.factor, first.factor, element);
    return ratio ? std::optional<Pair>({first.variable, second.variable, *ratio}) : std::nullopt;
  };
  while (true) {
    std::map<Pair, unsigned> counts;
    for (ArrayRef<Term> row : sums)
      for (unsigned i = 0; i != row.size(); ++i)
        for (const Term &other : row.drop_front(i + 1))
          if (auto pair = pairOf(row[i], other))
            ++counts[*pair];
    auto best = llvm::max_element(counts, [](const auto &s, const auto &t) { return s.second < t.second; });
    if (best == counts.end() || best->second < 2)
      return;
    auto [first, second, ratio] = best->first;
    unsigned variable = columns + shared.size();
    shared.push_back({first, {second, ratio}});
    for (SmallVector<Term> &row : sums) {
      auto s = llvm::find_if(row, [&](const Term &term) { return term.variable == first; });
      auto t = llvm::find_if(row, [&](const Term &term) { return term.variable == second; });
      if (s == row.end() || t == row.end() || pairOf(*s, *t) != best->first)
        continue;
      *s = {variable, s->factor};
      row.erase(t);
      llvm::sort(row, [](const Term &s, const Term &t) { return s.variable < t.variable; });
    }
  }
}

int64_t MatrixProgram::operations() const {
  int64_t count = shared.size();
  for (ArrayRef<Term> row : sums)
    count += std::max<int64_t>(int64_t(row.size()) - 1, 0);
  return count;
}
