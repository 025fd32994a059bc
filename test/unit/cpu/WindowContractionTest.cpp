//===- WindowContractionTest.cpp - Contractions over windows --------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// What convolutions become: an operand is read at linear maps of the iteration
// space, (n, p + i, q * 2 + j, c), so its elements lie in short runs.
//===----------------------------------------------------------------------===//
#include "test/unit/cpu/Harness.h"
#include <gtest/gtest.h>
#include <map>
#include <random>

using namespace agon::test;

namespace {

/// A sum of dimensions, each times a coefficient, as the place along one axis of a tensor.
struct Place {
  std::vector<std::pair<std::string, int64_t>> terms;
};

Place operator*(Place place, int64_t by) {
  for (auto &term : place.terms)
    term.second *= by;
  return place;
}
Place operator+(Place a, const Place &b) {
  a.terms.insert(a.terms.end(), b.terms.begin(), b.terms.end());
  return a;
}
Place operator-(Place place) { return place * -1; }

/// The dimensions of an iteration space, and tensors read in it.
class Space {
public:
  explicit Space(std::string element = "f32") : element(std::move(element)) {}

  Place parallel(const std::string &name, int64_t size) { return add(name, size, "parallel"); }
  Place reduction(const std::string &name, int64_t size) { return add(name, size, "reduction"); }

  /// C[c] = sum of A[a] B[b]. Axes are as long as their places reach, and as their least place is 0.
  std::string contraction(const std::vector<Place> &a, const std::vector<Place> &b, const std::vector<Place> &c) const {
    std::string A = type(a), B = type(b), C = type(c);
    std::string kinds;
    for (const std::string &kind : iterators)
      kinds += (kinds.empty() ? "\"" : ", \"") + kind + "\"";
    return "func.func @f(%a: " + A + ", %b: " + B + ") {\n%r = agon.region contraction (%a, %b) flops 0 bytes 0 : (" +
           A + ", " + B + ") -> (" + C + ") {\n^bb0(%x: " + A + ", %y: " + B +
           "):\n%z = arith.constant 0.0 : " + element + "\n%e = tensor.empty() : " + C +
           "\n%f = linalg.fill ins(%z : " + element + ") outs(%e : " + C + ") -> " + C +
           "\n%g = linalg.generic {indexing_maps = [" + map(a) + ", " + map(b) + ", " + map(c) +
           "],\n  iterator_types = [" + kinds + "]} ins(%x, %y : " + A + ", " + B + ") outs(%f : " + C +
           ") {\n^bb0(%p: " + element + ", %q: " + element + ", %acc: " + element +
           "):\n%t = arith.mulf %p, %q : " + element + "\n%s = arith.addf %acc, %t : " + element +
           "\nlinalg.yield %s : " + element + "\n} -> " + C + "\nagon.yield %g : " + C + "\n}\nreturn\n}\n";
  }

private:
  Place add(const std::string &name, int64_t size, const char *kind) {
    names.push_back(name);
    sizes[name] = size;
    iterators.push_back(kind);
    return {{{name, 1}}};
  }
  /// The least and the greatest value of `place`.
  std::pair<int64_t, int64_t> reach(const Place &place) const {
    std::pair<int64_t, int64_t> range{0, 0};
    for (const auto &[name, by] : place.terms)
      (by < 0 ? range.first : range.second) += by * (sizes.at(name) - 1);
    return range;
  }
  std::string type(const std::vector<Place> &places) const {
    std::string text = "tensor<";
    for (const Place &place : places)
      text += std::to_string(reach(place).second - reach(place).first + 1) + "x";
    return text + element + ">";
  }
  std::string map(const std::vector<Place> &places) const {
    std::string text = "affine_map<(";
    for (const std::string &name : names)
      text += (&name == &names.front() ? "" : ", ") + name;
    text += ") -> (";
    for (const Place &place : places) {
      text += &place == &places.front() ? "" : ", ";
      for (const auto &[name, by] : place.terms)
        text += (&name == &place.terms.front().first ? "" : " + ") + name + (by == 1 ? "" : " * " + std::to_string(by));
      if (int64_t least = reach(place).first)
        text += " + " + std::to_string(-least);
    }
    return text + ")>";
  }

  std::string element;
  std::vector<std::string> names, iterators;
  std::map<std::string, int64_t> sizes;
};

struct Image {
  int64_t n, p, q, i, j, c, o, stride = 1, dilation = 1;
};

/// A two-dimensional convolution of a padded image, the channels last.
std::string forward(const Image &s, const std::string &element = "f32", bool swapped = false,
                    bool filterFirst = false) {
  Space space(element);
  Place n = space.parallel("n", s.n), p = space.parallel("p", s.p), q = space.parallel("q", s.q),
        o = space.parallel("o", s.o), i = space.reduction("i", s.i), j = space.reduction("j", s.j),
        c = space.reduction("c", s.c);
  std::vector<Place> x{n, p * s.stride + i * s.dilation, q * s.stride + j * s.dilation, c};
  std::vector<Place> w = filterFirst ? std::vector<Place>{o, c, i, j} : std::vector<Place>{i, j, c, o};
  std::vector<Place> y = filterFirst ? std::vector<Place>{n, o, p, q} : std::vector<Place>{n, p, q, o};
  return swapped ? space.contraction(w, x, y) : space.contraction(x, w, y);
}

/// Its gradient by the filter: windows again, summed over samples and positions.
std::string filterGradient(const Image &s, const std::string &element = "f32", bool swapped = false) {
  Space space(element);
  Place i = space.parallel("i", s.i), j = space.parallel("j", s.j), c = space.parallel("c", s.c),
        o = space.parallel("o", s.o), n = space.reduction("n", s.n), p = space.reduction("p", s.p),
        q = space.reduction("q", s.q);
  std::vector<Place> x{n, p * s.stride + i * s.dilation, q * s.stride + j * s.dilation, c}, y{n, p, q, o};
  return swapped ? space.contraction(y, x, {i, j, c, o}) : space.contraction(x, y, {i, j, c, o});
}

} // namespace

TEST(WindowContraction, Forward) {
  for (const Image &image : {Image{2, 4, 4, 4, 4, 3, 16, 2}, // an image's first layer: runs of 12
                             {3, 5, 7, 3, 3, 1, 5},          // one channel: runs shorter than a vector
                             {1, 6, 5, 3, 2, 7, 33},         // odd channel counts
                             {2, 3, 3, 2, 2, 32, 24},
                             {2, 1, 1, 4, 4, 19, 1, 1}, // a discriminator's last layer
                             {4, 3, 4, 1, 1, 10, 20, 2},
                             {2, 4, 3, 3, 3, 5, 6, 1, 2}, // dilated
                             {1, 2, 9, 2, 3, 4, 9, 3, 2}})
    for (bool other : {false, true}) // on either side; the filter and the result in either order
      expectAgreement(forward(image, "f32", other, other ^ (image.n % 2)), 1e-4);
}

TEST(WindowContraction, FilterGradient) {
  for (const Image &image : {Image{2, 8, 8, 4, 4, 3, 16, 2},
                             {3, 5, 7, 3, 3, 1, 5},
                             {2, 6, 5, 3, 2, 7, 33},
                             {3, 4, 4, 2, 2, 32, 24},
                             {8, 1, 1, 4, 4, 19, 1},
                             {2, 6, 6, 3, 3, 5, 6, 1, 2}})
    for (bool swapped : {false, true})
      expectAgreement(filterGradient(image, "f32", swapped), 1e-4);
}

TEST(WindowContraction, Double) {
  for (bool swapped : {false, true}) {
    expectAgreement(forward({2, 5, 6, 3, 3, 7, 11}, "f64", swapped), 1e-12);
    expectAgreement(forward({2, 4, 4, 4, 4, 3, 16, 2}, "f64", swapped, true), 1e-12);
    expectAgreement(filterGradient({2, 8, 7, 4, 4, 3, 9, 2}, "f64", swapped), 1e-12);
  }
}

// Sums so long that k is cut: through channels, and through samples and positions.
TEST(WindowContraction, LongSums) {
  expectAgreement(forward({2, 3, 3, 3, 3, 700, 20}), 1e-3);
  expectAgreement(forward({1, 2, 5, 2, 2, 1500, 5}, "f32", true, true), 1e-3);
  expectAgreement(filterGradient({16, 17, 18, 3, 3, 5, 40}), 2e-3);
  expectAgreement(filterGradient({9, 23, 24, 4, 4, 3, 7, 2}, "f32", true), 2e-3);
}

// The phases of an input gradient (a transposed convolution of stride 2) are batch axes on which both
// the windows and the taps depend.
TEST(WindowContraction, Phases) {
  for (auto [n, p, q, o, c] : {std::tuple(2, 4, 4, 16, 8), {3, 3, 5, 7, 3}, {1, 2, 2, 40, 1}, {2, 5, 4, 9, 21}}) {
    Space space;
    Place r = space.parallel("r", 2), s = space.parallel("s", 2), N = space.parallel("n", n),
          P = space.parallel("p", p), Q = space.parallel("q", q), C = space.parallel("c", c),
          t = space.reduction("t", 2), u = space.reduction("u", 2), O = space.reduction("o", o);
    std::vector<Place> y{N, P + r + t, Q + s + u, O};
    // The filter as [o, c, k, l], its tap 2 * t + r read backwards; or already apart.
    std::vector<Place> reversed{O, C, -(t * 2 + r), -(u * 2 + s)}, apart{r, s, t, u, O, C};
    for (const std::vector<Place> &x : {std::vector<Place>{r, s, N, P, Q, C}, {N, P, r, Q, s, C}}) {
      // A dimension's size is that of an axis which it has to itself, so the taps apart come second.
      expectAgreement(space.contraction(y, apart, x), 1e-4);
      expectAgreement(space.contraction(apart, y, x), 1e-4);
    }
    // Here t and u have none but in a third reading of y: windows that do not overlap.
    std::vector<Place> windows{N, P + r, t, Q + s, u, O};
    expectAgreement(space.contraction(windows, reversed, {r, s, N, P, Q, C}), 1e-4);
    expectAgreement(space.contraction(reversed, windows, {N, P, r, Q, s, C}), 1e-4);
  }
}

// Groups: a batch axis beside the windows.
TEST(WindowContraction, Groups) {
  for (auto [groups, c, o] : {std::tuple(3, 5, 4), {2, 16, 16}, {4, 1, 3}, {5, 2, 1}}) {
    Space space;
    Place g = space.parallel("g", groups), n = space.parallel("n", 2), p = space.parallel("p", 5),
          q = space.parallel("q", 4), O = space.parallel("o", o), i = space.reduction("i", 3),
          j = space.reduction("j", 2), C = space.reduction("c", c);
    expectAgreement(space.contraction({n, p * 2 + i, q + j, g, C}, {g, i, j, C, O}, {n, p, q, g, O}), 1e-4);
    expectAgreement(space.contraction({g, O, C, i, j}, {n, p + i, q * 2 + j, g, C}, {g, n, p, q, O}), 1e-4);
  }
}

// Maps of one dimension with a negative coefficient, along every axis.
TEST(WindowContraction, Reversed) {
  for (auto [m, n, k] : {std::tuple(13, 37, 29), {16, 32, 64}, {5, 1, 40}, {40, 2, 33}, {3, 100, 9}}) {
    Space space;
    Place M = space.parallel("m", m), N = space.parallel("n", n), K = space.reduction("k", k);
    expectAgreement(space.contraction({M, -K}, {K, N}, {M, N}), 1e-4);
    expectAgreement(space.contraction({-M, K}, {K, -N}, {M, N}), 1e-4);
    expectAgreement(space.contraction({-K, -M}, {N, K}, {N, M}), 1e-4);
    expectAgreement(space.contraction({M, K}, {-N, -K}, {M, N}), 1e-4);
  }
  Space space;
  Place n = space.parallel("n", 2), p = space.parallel("p", 6), q = space.parallel("q", 5), o = space.parallel("o", 9),
        i = space.reduction("i", 3), j = space.reduction("j", 3), c = space.reduction("c", 5);
  // A true convolution: later taps meet earlier places.
  expectAgreement(space.contraction({n, p + -i, q + -j, c}, {i, j, c, o}, {n, p, q, o}), 1e-4);
  expectAgreement(space.contraction({-i, o, -j, c}, {n, i, p, q, c, j}, {n, p, q, o}), 1e-4);
}

// Random linear maps: each axis of the operand that is read in windows is a sum of some dimensions.
TEST(WindowContraction, Random) {
  std::mt19937 random(1609);
  auto between = [&](int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); };
  for (int trial = 0; trial < 25; ++trial) {
    Space space(between(0, 3) ? "f32" : "f64");
    std::vector<Place> batch, m, n, k;
    for (int64_t axis = between(0, 2); axis > 0; --axis)
      batch.push_back(space.parallel("b" + std::to_string(axis), between(1, 3)));
    for (int64_t axis = between(1, 3); axis > 0; --axis)
      m.push_back(space.parallel("m" + std::to_string(axis), between(1, 9)));
    for (int64_t axis = between(1, 2); axis > 0; --axis)
      n.push_back(space.parallel("n" + std::to_string(axis), between(1, 20)));
    for (int64_t axis = between(1, 3); axis > 0; --axis)
      k.push_back(space.reduction("k" + std::to_string(axis), between(1, 8)));
    // Of windows: dimensions of m paired with those of k or of the batch, strides, dilations, directions.
    std::vector<Place> windows, rest;
    for (const std::vector<Place> *each : {&batch, &k})
      rest.insert(rest.end(), each->begin(), each->end());
    std::shuffle(rest.begin(), rest.end(), random);
    for (const Place &dim : m) {
      Place place = dim * between(1, 2);
      if (!rest.empty() && between(0, 3)) {
        place = place + rest.back() * (between(0, 2) ? between(1, 2) : -1);
        rest.pop_back();
      }
      windows.push_back(place);
    }
    windows.insert(windows.end(), rest.begin(), rest.end());
    std::shuffle(windows.begin(), windows.end(), random);
    std::vector<Place> plain(batch), result(batch);
    for (const std::vector<Place> *each : {&n, &k})
      plain.insert(plain.end(), each->begin(), each->end());
    for (const std::vector<Place> *each : {&m, &n})
      result.insert(result.end(), each->begin(), each->end());
    std::shuffle(plain.begin(), plain.end(), random);
    std::shuffle(result.begin(), result.end(), random);
    std::string module =
        between(0, 1) ? space.contraction(windows, plain, result) : space.contraction(plain, windows, result);
    expectAgreement(module, 1e-4);
    if (testing::Test::HasFatalFailure())
      return;
  }
}
