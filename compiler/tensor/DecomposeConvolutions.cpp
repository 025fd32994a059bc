//===- DecomposeConvolutions.cpp - Convolutions as contractions -----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The three faces of a convolution become contractions over windows. Windows
// are views, so nothing is copied but the padding of the input, and the
// channels come last, so that what a contraction reads and writes in a row is
// contiguous:
//
//   conv             y [n, p.., o]   = windows of x [n, p.., c, k..] with w
//   filter gradient  w [k.., c, o]   = windows of x [n, p.., k.., c] with y
//   input gradient   x [n, s*q+r, c] = windows of y [n, q.., o, t..] with the taps t of phase r
//
// A stride s makes s phases of the input gradient, one for each remainder of a
// position: each is a dense convolution of y with every s-th tap, so no zero is
// multiplied (the "sub-pixel" form, Shi et al. 2016, arXiv:1609.07009). Where
// the phases have equally many taps they are one contraction.
//===----------------------------------------------------------------------===//
#include "compiler/tensor/Convolution.h"
#include <numeric>

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

namespace {

/// The windows of a padded input: [n, p..., c, k...], with groups [n, p..., g, c, k...].
Value windows(Decomposition &d, const Geometry &g, Value input) {
  Value padded = d.padSpatial(d.channelsLast(input), g.low, g.high);
  if (g.groupAxes())
    padded = d.grouped(padded, g.groups);
  return UnfoldOp::create(d.b, d.loc, padded, range(1, g.rank + 1), g.kernel, g.strides, g.dilations);
}

} // namespace

Value tensors::decompose(ConvOp op, OpBuilder &builder) {
  Decomposition d(builder, op.getLoc());
  Geometry g(op, op.getLhs(), op.getRhs(), op.getResult());
  Value cols = windows(d, g, op.getLhs());
  int64_t r = g.rank, channel = r + 1;
  if (g.depthwise()) {
    Value w = d.reshape(op.getRhs(), concatenated({{g.groups}, g.kernel}));
    return d.channelsFirst(d.rowProducts(cols, w, r));
  }
  if (!g.groupAxes()) { // [n, p..., c, k...] x [k..., c, o]
    Value w = d.transpose(op.getRhs(), concatenated({range(2, 2 + r), {1, 0}}));
    return d.channelsFirst(
        d.contract(cols, w, {}, {}, concatenated({range(channel + 1, channel + 1 + r), {channel}}), range(0, r + 1)));
  }
  // [n, p..., g, c, k...] x [g, k..., c, o]: [g, n, p..., o] -> [n, p..., g, o]
  Value w = d.reshape(op.getRhs(), concatenated({{g.groups, g.outputs, g.inputs}, g.kernel}));
  w = d.transpose(w, concatenated({{0}, range(3, 3 + r), {2, 1}}));
  Value y = d.contract(cols, w, {channel}, {0}, concatenated({range(channel + 2, channel + 2 + r), {channel + 1}}),
                       range(1, r + 2));
  y = d.transpose(y, concatenated({range(1, r + 2), {0, r + 2}}));
  return d.channelsFirst(d.reshape(y, concatenated({{g.batch}, g.positions, {g.groups * g.outputs}})));
}

/// Terms from which a sum is long; partial sums, all samples together, that are few in any case, and how many elements
/// of the operands there are to each where they are nothing beside these.
static constexpr int64_t longSum = 8192, fewPartialSums = 1 << 18, elementsOfPartialSum = 16;

Value tensors::decompose(ConvFilterGradientOp op, OpBuilder &builder) {
  Decomposition d(builder, op.getLoc());
  Geometry g(op, op.getLhs(), op.getResult(), op.getRhs());
  int64_t r = g.rank, channel = r + 1;
  Value cols = windows(d, g, op.getLhs()), y = d.channelsLast(op.getRhs());
  Sizes summed = range(0, r + 1), filterSizes(d.shape(op.getResult()));
  int64_t filterElements = op.getType().getNumElements(), positions = llvm::product_of(g.positions);
  if (g.depthwise()) {
    // [n, p..., k..., g] * [n, p..., g], summed over n and p
    cols = d.transpose(cols, concatenated({summed, range(r + 2, 2 * r + 2), {channel}}));
    Value spread = BroadcastOp::create(builder, op.getLoc(), cols.getType(), y, concatenated({summed, {2 * r + 1}}));
    Value product = arith::MulFOp::create(builder, op.getLoc(), cols, spread);
    Value sum = ReduceOp::create(builder, op.getLoc(), ReduceKind::Sum, product, summed);
    return d.reshape(d.transpose(sum, concatenated({{r}, range(0, r)})), filterSizes);
  }
  if (!g.groupAxes()) {
    // [n, p..., k..., c] x [n, p..., o]: [k..., c, o] -> [o, c, k...]
    cols = d.transpose(cols, concatenated({summed, range(r + 2, 2 * r + 2), {channel}}));
    Value w;
    int64_t operands = op.getLhs().getType().getNumElements() + op.getRhs().getType().getNumElements();
    bool few = g.batch * filterElements <= std::max(fewPartialSums, operands / elementsOfPartialSum);
    if (g.batch > 1 && few && g.batch * positions >= longSum) {
      // A small result of long sums: of each sample first, so that there is something to do side by side.
      Value sums = d.contract(cols, y, {0}, {0}, range(1, r + 1), range(1, r + 1));
      w = ReduceOp::create(builder, op.getLoc(), ReduceKind::Sum, sums, {0});
    } else {
      w = d.contract(cols, y, {}, {}, summed, summed);
    }
    return d.transpose(w, concatenated({{r + 1, r}, range(0, r)}));
  }
  // [n, p..., k..., g, c] x [n, p..., g, o]: [g, k..., c, o] -> [g, o, c, k...]
  cols = d.transpose(cols, concatenated({summed, range(r + 3, 2 * r + 3), {channel, channel + 1}}));
  Value w = d.contract(cols, d.grouped(y, g.groups), {2 * r + 1}, {channel}, summed, summed);
  return d.reshape(d.transpose(w, concatenated({{0, r + 2, r + 1}, range(1, r + 1)})), filterSizes);
}

//===----------------------------------------------------------------------===//
// The input gradient
//===----------------------------------------------------------------------===//

namespace {

/// Along one axis, the elements s * q + r of the input, q = 0 ... count - 1, are read by taps first +
/// step * j, j = 0 ... taps - 1, of the positions q + start - dilation * j.
struct Phase {
  int64_t first = 0, step = 1, taps = 0, start = 0, dilation = 1;
  /// The earliest position.
  int64_t begin() const { return start - dilation * (taps - 1); }
};

Phase phaseOf(const Geometry &g, int64_t axis, int64_t remainder) {
  int64_t s = g.strides[axis], d = g.dilations[axis], common = std::gcd(s, d);
  Phase phase;
  phase.step = s / common;
  phase.dilation = d / common;
  int64_t place = remainder + g.low[axis];
  for (int64_t k = 0; k < std::min(phase.step, g.kernel[axis]); ++k)
    if ((place - k * d) % s == 0) {
      phase.first = k;
      phase.taps = ceilDiv(g.kernel[axis] - k, phase.step);
      phase.start = (place - k * d) / s;
      return phase;
    }
  return phase;
}

/// The input gradient of one convolution.
class InputGradient {
public:
  InputGradient(ConvInputGradientOp op, OpBuilder &builder)
      : d(builder, op.getLoc()), g(op, op.getResult(), op.getRhs(), op.getLhs()), element(getElementTypeOrSelf(op)) {
    cotangent = d.channelsLast(op.getLhs());
    filter = op.getRhs();
    if (g.groupAxes())
      filter = d.reshape(filter, concatenated({{g.groups, g.outputs, g.inputs}, g.kernel}));
    for (int64_t axis = 0; axis < g.rank; ++axis)
      counts.push_back(ceilDiv(g.space[axis], g.strides[axis]));
  }

  Value run() {
    if (!g.groupAxes() && !g.depthwise() && llvm::all_of(g.positions, [](int64_t size) { return size == 1; }))
      return d.channelsFirst(fromOnePosition());
    if (isThin())
      return d.channelsFirst(phasesAsChannels());
    Value whole = canJoin() ? joined() : separate(0, {});
    // What lies beyond the input's end was computed for the sake of equal phases.
    Sizes sizes = concatenated({{g.batch}, g.space, {g.groups * g.inputs}});
    if (d.shape(whole) != ArrayRef(sizes))
      whole = d.slice(whole, Sizes(sizes.size(), 0), sizes, Sizes(sizes.size(), 1));
    return d.channelsFirst(whole);
  }

private:
  /// Whether all phases have as many taps, and start at positions a fixed step apart.
  bool canJoin() const {
    for (int64_t axis = 0; axis < g.rank; ++axis) {
      int64_t s = g.strides[axis];
      if (s == 1)
        continue;
      Phase first = phaseOf(g, axis, 0), second = phaseOf(g, axis, 1);
      for (int64_t r = 0; r < s; ++r) {
        Phase phase = phaseOf(g, axis, r);
        if (phase.taps != first.taps || phase.taps == 0 || second.start < first.start ||
            phase.start != first.start + r * (second.start - first.start))
          return false;
      }
    }
    return !g.depthwise();
  }

  /// Whether there are so few channels that the phases had better be channels too, for the sake of a wider product.
  bool isThin() const {
    return g.groups == 1 && g.phases() > 1 && g.inputs < 8 &&
           llvm::all_of(g.dilations, [](int64_t d) { return d == 1; });
  }

  /// y [n, p..., o] padded so that the positions of `count` windows from `begin`, `length` long, exist.
  Value padded(ArrayRef<int64_t> begins, ArrayRef<int64_t> lengths) {
    Sizes before, after;
    for (int64_t axis = 0; axis < g.rank; ++axis) {
      before.push_back(-begins[axis]);
      after.push_back(begins[axis] + counts[axis] + lengths[axis] - 1 - g.positions[axis]);
    }
    Value y = d.padSpatial(cotangent, before, after);
    return g.groupAxes() ? d.grouped(y, g.groups) : y;
  }

  /// Every phase for itself; `phases` are those of the first axes.
  Value separate(int64_t axis, ArrayRef<Phase> phases);
  Value onePhase(ArrayRef<Phase> phases);
  Value joined();
  Value phasesAsChannels();
  Value fromOnePosition();
  Value tapsOf(Value w, const Phase &phase, int64_t at);
  Value phasesOf(Value w, int64_t axis);
  /// The filter's first axis of taps.
  int64_t filterTap() const { return 2 + g.groupAxes(); }

  Decomposition d;
  Geometry g;
  Type element;
  Value cotangent, filter;
  Sizes counts; ///< elements of a phase along each axis
};

} // namespace

Value InputGradient::separate(int64_t axis, ArrayRef<Phase> phases) {
  if (axis == g.rank)
    return onePhase(phases);
  int64_t s = g.strides[axis];
  SmallVector<Value> parts;
  Sizes sizes;
  for (int64_t r = 0; r < s; ++r) {
    SmallVector<Phase> more(phases);
    more.push_back(phaseOf(g, axis, r));
    Value part = separate(axis + 1, more);
    sizes = Sizes(d.shape(part));
    Sizes apart = sizes;
    apart.insert(apart.begin() + axis + 2, 1);
    parts.push_back(s == 1 ? part : d.reshape(part, apart));
  }
  if (s == 1)
    return parts.front();
  sizes[axis + 1] *= s;
  return d.reshape(ConcatOp::create(d.b, d.loc, parts, axis + 2), sizes);
}

/// [n, q..., g * c] for one phase of each axis.
Value InputGradient::onePhase(ArrayRef<Phase> phases) {
  int64_t r = g.rank, groupAxes = g.groupAxes();
  if (llvm::any_of(phases, [](const Phase &phase) { return phase.taps == 0; }))
    return d.zeros(concatenated({{g.batch}, counts, {g.groups * g.inputs}}), element);
  Sizes begins, lengths, taps, dilations;
  Value w = filter;
  for (auto [axis, phase] : llvm::enumerate(phases)) {
    begins.push_back(phase.begin());
    lengths.push_back(phase.dilation * (phase.taps - 1) + 1);
    taps.push_back(phase.taps);
    dilations.push_back(phase.dilation);
    w = tapsOf(w, phase, filterTap() + axis);
  }
  // [n, q..., (g,) o, t...]
  Value cols = UnfoldOp::create(d.b, d.loc, padded(begins, lengths), range(1, r + 1), taps, Sizes(r, 1), dilations);
  if (g.depthwise())
    return d.rowProducts(cols, d.reshape(w, concatenated({{g.groups}, taps})), r);
  int64_t out = r + 1 + groupAxes;
  // [(g,) o, c, t...] -> [(g,) t..., o, c]
  w = d.transpose(w,
                  concatenated({range(0, groupAxes), range(filterTap(), filterTap() + r), {groupAxes, groupAxes + 1}}));
  Value x = d.contract(cols, w, range(r + 1, out), range(0, groupAxes),
                       concatenated({range(out + 1, out + 1 + r), {out}}), range(groupAxes, groupAxes + r + 1));
  if (!groupAxes)
    return x;
  // [g, n, q..., c] -> [n, q..., g, c]
  x = d.transpose(x, concatenated({range(1, r + 2), {0, r + 2}}));
  return d.reshape(x, concatenated({{g.batch}, counts, {g.groups * g.inputs}}));
}

/// The filter's elements of a phase along axis `at`, the last first: later taps meet earlier positions.
Value InputGradient::tapsOf(Value w, const Phase &phase, int64_t at) {
  Sizes sizes(d.shape(w)), starts(sizes.size(), 0), strides(sizes.size(), 1);
  starts[at] = phase.first;
  strides[at] = phase.step;
  sizes[at] = phase.taps;
  w = d.slice(w, starts, sizes, strides);
  return ReverseOp::create(d.b, d.loc, w.getType(), w, Sizes{at});
}

/// All phases, as they lie in the padded input, as channels of one contraction; [n, s..., c].
Value InputGradient::phasesAsChannels() {
  int64_t r = g.rank;
  Sizes taps = g.phaseTaps(), before, after, permutation{0}, starts{0}, merged{g.batch};
  // Element q of phase s is the sum over j of y[q - j] and tap j of phase s.
  for (int64_t axis = 0; axis < r; ++axis) {
    auto [first, count] = g.inputRange(axis);
    before.push_back(taps[axis] - 1 - first);
    after.push_back(first + count - g.positions[axis]);
    permutation.append({axis + 1, r + 1 + axis});
    starts.push_back(g.low[axis] - first * g.strides[axis]);
    merged.push_back(count * g.strides[axis]);
  }
  permutation.push_back(2 * r + 1);
  starts.push_back(0);
  merged.push_back(g.inputs);
  Value cols = d.padSpatial(cotangent, before, after);
  cols = UnfoldOp::create(d.b, d.loc, cols, range(1, r + 1), taps, Sizes(r, 1), Sizes(r, 1)); // [n, q.., o, j..]
  Value w = d.tapsByPhase(filter, taps, g.strides);
  w = ReverseOp::create(d.b, d.loc, w.getType(), w, range(r + 2, 2 * r + 2));
  w = d.transpose(w, concatenated({range(r + 2, 2 * r + 2), {0}, range(2, r + 2), {1}})); // [j.., o, s.., c]
  Value x = d.contract(cols, w, {}, {}, concatenated({range(r + 2, 2 * r + 2), {r + 1}}), range(0, r + 1));
  x = d.reshape(d.transpose(x, permutation), merged); // [n, q.., s.., c] -> [n, q1, s1, q2, s2, .., c]
  Sizes sizes = concatenated({{g.batch}, g.space, {g.inputs}});
  return merged == sizes ? x : d.slice(x, starts, sizes, Sizes(sizes.size(), 1));
}

/// [n, s..., c] where there is one position, a generator's first layer mostly: the taps themselves, in
/// their places.
Value InputGradient::fromOnePosition() {
  int64_t r = g.rank;
  Value y = d.reshape(cotangent, {g.batch, g.outputs});
  Value w = d.transpose(filter, concatenated({{0}, range(2, 2 + r), {1}}));
  Value x = d.contract(y, w, {}, {}, {1}, {0}); // [n, k..., c]
  Sizes before, after, starts(r + 2, 0), strides(r + 2, 1), sizes(d.shape(x));
  for (int64_t axis = 0; axis < r; ++axis) {
    int64_t extent = g.dilations[axis] * (g.kernel[axis] - 1) + 1;
    strides[axis + 1] = g.dilations[axis];
    sizes[axis + 1] = extent;
    before.push_back(-g.low[axis]);
    after.push_back(g.space[axis] + g.low[axis] - extent);
  }
  if (d.shape(x) != ArrayRef(sizes)) {
    auto type = cast<RankedTensorType>(x.getType()).clone(sizes);
    x = PadOp::create(d.b, d.loc, type, x, starts, strides);
  }
  return d.padSpatial(x, before, after);
}

/// Axis `axis` of the taps, with those before it taken apart already, as the phases there and the
/// taps of each at the end: [..., k, k'..., t...] -> [..., r, k'..., t..., t].
Value InputGradient::phasesOf(Value w, int64_t axis) {
  int64_t s = g.strides[axis], at = filterTap() + axis, last = d.shape(w).size();
  auto all = [&](llvm::function_ref<int64_t(int64_t)> first) {
    return llvm::all_of(range(0, s), [&](int64_t r) { return phaseOf(g, axis, r).first == first(r); });
  };
  Phase phase = phaseOf(g, axis, 0);
  auto reverse = [&](Value value, int64_t dim) -> Value {
    return ReverseOp::create(d.b, d.loc, value.getType(), value, Sizes{dim});
  };
  auto apart = [&](Value value) -> Value {
    return UnfoldOp::create(d.b, d.loc, value, Sizes{at}, Sizes{phase.taps}, Sizes{1}, Sizes{phase.step});
  };
  // The phases' first taps mostly follow one another, or the other way round: then it is a view.
  bool dense = phase.taps * phase.step == g.kernel[axis] && phase.step == s;
  if (dense && all([](int64_t r) { return r; }))
    return reverse(apart(w), last);
  if (dense && all([&](int64_t r) { return s - 1 - r; }))
    return apart(reverse(w, at));
  SmallVector<Value> parts;
  for (int64_t r = 0; r < s; ++r) {
    Value part = tapsOf(w, phaseOf(g, axis, r), at);
    Sizes sizes(d.shape(part));
    sizes.insert(sizes.begin() + at, 1);
    parts.push_back(d.reshape(part, sizes));
  }
  Value joined = s == 1 ? parts.front() : Value(ConcatOp::create(d.b, d.loc, parts, at));
  return d.transpose(joined, concatenated({range(0, at + 1), range(at + 2, last + 1), {at + 1}}));
}

/// All phases as one contraction. Along an axis whose phases start at different positions the phase
/// is paired between windows and taps; where they start together it is an axis of the taps alone.
Value InputGradient::joined() {
  int64_t r = g.rank, groupAxes = g.groupAxes();
  Sizes begins, lengths, taps, dilations;
  Sizes pairedAxes, pairedSizes, pairedSteps;
  for (int64_t axis = 0; axis < r; ++axis) {
    int64_t s = g.strides[axis];
    Phase first = phaseOf(g, axis, 0), last = phaseOf(g, axis, s - 1);
    begins.push_back(first.begin());
    lengths.push_back(last.start - first.start + first.dilation * (first.taps - 1) + 1);
    taps.push_back(first.taps);
    dilations.push_back(first.dilation);
    if (last.start > first.start) {
      pairedAxes.push_back(axis);
      pairedSizes.push_back(s);
      pairedSteps.push_back(phaseOf(g, axis, 1).start - first.start);
    }
  }
  Value w = filter; // [(g,) o, c, k...]
  for (int64_t axis = 0; axis < r; ++axis)
    w = phasesOf(w, axis);
  // [(g,) o, c, r..., t...] -> [(g,) r..., t..., o, c]: as the contraction reads it, and writes its result.
  w = d.transpose(
      w, concatenated({range(0, groupAxes), range(filterTap(), filterTap() + 2 * r), {groupAxes, groupAxes + 1}}));
  // y's windows: [n, q..., (g,) o, paired phases..., t...]
  Value cols = padded(begins, lengths);
  int64_t numPaired = pairedAxes.size();
  if (numPaired) {
    Sizes dims;
    for (int64_t axis : pairedAxes)
      dims.push_back(axis + 1);
    cols = UnfoldOp::create(d.b, d.loc, cols, dims, pairedSizes, Sizes(numPaired, 1), pairedSteps);
  }
  cols = UnfoldOp::create(d.b, d.loc, cols, range(1, r + 1), taps, Sizes(r, 1), dilations);

  int64_t out = r + 1 + groupAxes, firstPaired = out + 1, firstTap = firstPaired + numPaired;
  Sizes colsBatch = range(r + 1, out), filterBatch = range(0, groupAxes);
  llvm::append_range(colsBatch, range(firstPaired, firstTap));
  for (int64_t axis : pairedAxes)
    filterBatch.push_back(groupAxes + axis);
  Value x = d.contract(cols, w, colsBatch, filterBatch, concatenated({range(firstTap, firstTap + r), {out}}),
                       range(groupAxes + r, groupAxes + 2 * r + 1));

  // [(g,) paired phases..., n, q..., other phases..., c] -> [n, q1, r1, q2, r2, ..., (g,) c]
  int64_t samples = groupAxes + numPaired, other = samples + 1 + r, channel = other + r - numPaired, paired = groupAxes;
  Sizes permutation{samples}, sizes{g.batch};
  for (int64_t axis = 0; axis < r; ++axis) {
    permutation.append({samples + 1 + axis, llvm::is_contained(pairedAxes, axis) ? paired++ : other++});
    sizes.push_back(counts[axis] * g.strides[axis]);
  }
  llvm::append_range(permutation, range(0, groupAxes));
  permutation.push_back(channel);
  sizes.push_back(g.groups * g.inputs);
  return d.reshape(d.transpose(x, permutation), sizes);
}

Value tensors::decompose(ConvInputGradientOp op, OpBuilder &builder) { return InputGradient(op, builder).run(); }
