#include "runtime/core/Suggest.h"

#include <algorithm>
#include <numeric>

using namespace agon::rt;

/// Levenshtein's distance.
static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t(0));
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string agon::rt::suggestion(std::string_view word, const std::vector<std::string> &candidates) {
  const std::string *best = nullptr;
  size_t least = 1 + word.size() / 3;
  for (const std::string &candidate : candidates)
    if (size_t distance = editDistance(word, candidate); distance <= least) {
      best = &candidate;
      least = distance - (distance > 0);
    }
  return best ? "; did you mean " + *best + "?" : std::string();
}
