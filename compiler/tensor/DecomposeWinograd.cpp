//===- DecomposeWinograd.cpp - Convolutions by Winograd's method ----------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Space is cut into tiles of m outputs along each axis, and a tile's sums of r
// terms are had from m + r - 1 products (Winograd.h). What is summed over channels
// is the products, so a convolution is one batched contraction, an entry a point:
//
//   V [f.., n, l.., t.., s.., c] = input transform of the tiles of x
//   U [f.., s.., c, o]           = filter transform of w (with o in blocks, outside s and c)
//   W [f.., n, l.., t.., o]      = output transform, transposed, of the tiles of y
//
//   conv             y = output transform of   V U, summed over s and c
//   filter gradient  w = filter transform of   V W, summed over n, l and t
//   input gradient   x = as conv, of y with the taps reversed
//
// A stride s splits the input into s phases along each axis, which become
// channels, and the taps with them ("space to depth"): what remains has stride 1.
// An input gradient so has phases of the result among its channels, or, where the
// second one starts an element later, as a batch axis.
//
// A dilation d lets no output see but every d-th element: there are d lattices l
// along each axis, each a dense convolution, and they are more samples. A tile's
// elements are d apart, which is the view's business: nothing is moved for it.
//===----------------------------------------------------------------------===//
#include "compiler/tensor/Convolution.h"
#include "compiler/tensor/Winograd.h"
#include "dialects/agon/Matrix.h"

using namespace mlir;
using namespace agon;
using namespace agon::tensors;

namespace {

/// How one axis is cut.
struct Tiling {
  int64_t outputs = 1, taps = 1, tiles = 1;
  int64_t points() const { return outputs + taps - 1; }
  /// Elements of the input that all tiles together read.
  int64_t extent() const { return tiles * outputs + taps - 1; }
};

class WinogradForm {
public:
  WinogradForm(OpBuilder &builder, Location loc, const Geometry &geometry, const targets::ConvolutionCosts &costs,
               int64_t maxPoints)
      : d(builder, loc), g(geometry), costs(costs), maxPoints(maxPoints), taps(g.phaseTaps()) {
    for (int64_t axis = 0; axis < g.rank; ++axis) {
      steps.push_back(g.strides[axis] * g.dilations[axis]);
      if (g.dilations[axis] > 1)
        dilated.push_back(axis);
    }
    lattices = dilated.size();
  }

  /// Whether the method is for such convolutions at all.
  bool applies() const {
    return g.rank <= 2 && g.groups == 1 &&
           llvm::all_of(dilated, [this](int64_t axis) { return g.strides[axis] == 1; }) &&
           llvm::any_of(taps, [](int64_t r) { return r > 1; }) &&
           llvm::all_of(taps, [this](int64_t r) { return r < maxPoints; });
  }

  /// Cuts `sizes` outputs, of all lattices together, with `inputs` and `outputs` channels, the phases among them. False
  /// if the plain form is as good and `use` is Auto.
  bool chooseTiles(ArrayRef<int64_t> sizes, int64_t inputs, int64_t outputs, WinogradUse use, int64_t copies = 1);

  /// Whether the two phases of an input gradient lie one element apart from one another within the padded input:
  /// where they start at 1, that is, the second one's first element is the one after the first one's.
  bool isShifted(int64_t axis) const { return g.strides[axis] == 2 && g.low[axis] % 2 == 1; }
  /// The elements of each phase of an input gradient, counted in strides: the first one and how many, those of all
  /// lattices together.
  std::pair<int64_t, int64_t> inputRange(int64_t axis) const {
    return isShifted(axis) ? std::pair(g.low[axis] / 2, ceilDiv(g.space[axis], 2)) : g.inputRange(axis);
  }

  Value conv(Value x, Value w);
  Value inputGradient(Value y, Value w);
  Value filterGradient(Value x, Value y);

private:
  Sizes tileSizes(llvm::function_ref<int64_t(const Tiling &)> size) const { return llvm::map_to_vector(tilings, size); }
  Value modeProduct(Value value, ArrayRef<int64_t> dims,
                    llvm::function_ref<DenseFPElementsAttr(const Winograd &)> matrix);
  Value transformInput(Value input, ArrayRef<int64_t> steps, ArrayRef<int64_t> before, ArrayRef<int64_t> after);
  Value splitPhases(Value padded);
  Value splitLattices(Value padded);
  Value tilesOf(Value x);
  Value transformFilter(Value phases, int64_t last, ArrayRef<int64_t> before, ArrayRef<int64_t> summed);
  Value joinTiles(Value products, int64_t samples, ArrayRef<int64_t> phaseAxes);
  /// The last two axes as one.
  Value mergeLast(Value value) {
    Sizes sizes(d.shape(value));
    int64_t last = sizes.pop_back_val();
    sizes.back() *= last;
    return d.reshape(value, sizes);
  }
  /// What lies from `starts` on, of `sizes`.
  Value cut(Value value, ArrayRef<int64_t> starts, ArrayRef<int64_t> sizes) {
    return d.shape(value) == sizes ? value : d.slice(value, starts, sizes, Sizes(sizes.size(), 1));
  }

  Decomposition d;
  const Geometry &g;
  const targets::ConvolutionCosts &costs;
  int64_t maxPoints;    ///< of a tile along an axis
  Sizes taps;           ///< of a phase
  Sizes steps;          ///< from an element of a phase and lattice to the next
  Sizes dilated;        ///< axes with lattices
  int64_t lattices = 0; ///< axes that number them
  SmallVector<Tiling> tilings;
};

} // namespace

bool WinogradForm::chooseTiles(ArrayRef<int64_t> sizes, int64_t inputs, int64_t outputs, WinogradUse use,
                               int64_t copies) {
  // The plain form multiplies each position with each tap.
  double pairs = double(inputs) * outputs, best = std::numeric_limits<double>::max();
  if (use == WinogradUse::Auto)
    best = double(g.batch) * llvm::product_of(g.positions) * llvm::product_of(g.kernel) * g.inputs * g.outputs /
           costs.leastGain;
  SmallVector<Tiling> candidate;
  auto search = [&](auto &self, int64_t axis) -> void {
    if (axis == g.rank) {
      double points = 1, tiles = g.batch * llvm::product_of(g.dilations);
      for (const Tiling &tiling : candidate) {
        points *= tiling.points();
        tiles *= tiling.tiles;
      }
      double moved = costs.move * tiles * (inputs * copies + outputs) + costs.moveFilter * pairs,
             price = points * (tiles * pairs + moved);
      if (price < best) {
        best = price;
        tilings = candidate;
      }
      return;
    }
    int64_t r = taps[axis];
    for (int64_t m = 1; m + r - 1 <= maxPoints; ++m) {
      if (m > 1 && r == 1)
        break;
      candidate.push_back({m, r, ceilDiv(sizes[axis], m * g.dilations[axis])});
      self(self, axis + 1);
      candidate.pop_back();
    }
  };
  search(search, 0);
  return !tilings.empty();
}

Value WinogradForm::modeProduct(Value value, ArrayRef<int64_t> dims,
                                llvm::function_ref<DenseFPElementsAttr(const Winograd &)> matrix) {
  Sizes sizes(d.shape(value));
  SmallVector<Attribute> matrices;
  for (auto [tiling, dim] : llvm::zip_equal(tilings, dims)) {
    DenseFPElementsAttr each = matrix(Winograd(d.b.getContext(), tiling.outputs, tiling.taps));
    sizes[dim] = each.getType().getDimSize(0);
    matrices.push_back(each);
  }
  auto type = cast<RankedTensorType>(value.getType()).clone(sizes);
  return ModeProductOp::create(d.b, d.loc, type, value, dims, d.b.getArrayAttr(matrices));
}

/// The tiles of `input`, [n, i.., c], with axes added after these: [f.., `before`.., n, l.., t.., `after`.., c],
/// elements of a tile `steps` apart.
Value WinogradForm::transformInput(Value input, ArrayRef<int64_t> steps, ArrayRef<int64_t> before,
                                   ArrayRef<int64_t> after) {
  input = splitLattices(input);
  int64_t r = g.rank, first = d.shape(input).size();
  Sizes points = tileSizes([](const Tiling &tiling) { return tiling.points(); }), strides;
  for (auto [tiling, step] : llvm::zip_equal(tilings, steps))
    strides.push_back(tiling.outputs * step);
  Value tiles = UnfoldOp::create(d.b, d.loc, input, range(1, r + 1), points, strides, steps);
  Value v = modeProduct(tiles, range(first, first + r), [](const Winograd &w) { return w.input; });
  return d.transpose(
      v, concatenated(
             {range(first, first + r), before, {0}, range(first - lattices, first), range(1, r + 1), after, {r + 1}}));
}

/// The lattices of the dilations as axes of their own, after all others. The elements of one are `dilations` apart.
Value WinogradForm::splitLattices(Value padded) {
  if (dilated.empty())
    return padded;
  Sizes dims, sizes, ones(lattices, 1);
  for (int64_t axis : dilated) {
    dims.push_back(axis + 1);
    sizes.push_back(g.dilations[axis]);
  }
  return UnfoldOp::create(d.b, d.loc, padded, dims, sizes, ones, ones);
}

/// The phases of the strides as axes of their own, after all others.
Value WinogradForm::splitPhases(Value padded) {
  int64_t r = g.rank;
  return UnfoldOp::create(d.b, d.loc, padded, range(1, r + 1), g.strides, Sizes(r, 1), Sizes(r, 1));
}

/// The filter as the contraction wants it, for phases [o, c, s.., j..] of which axis `last` is what it makes and
/// `summed` what it sums over: [f.., `before`.., last, summed.., last], the first `last` counting blocks of channels.
Value WinogradForm::transformFilter(Value phases, int64_t last, ArrayRef<int64_t> before, ArrayRef<int64_t> summed) {
  Sizes points = range(g.rank + 2, 2 * g.rank + 2);
  int64_t channels = d.shape(phases)[last], block = channels % costs.channelBlock ? channels : costs.channelBlock;
  int64_t within = d.shape(phases).size();
  phases = UnfoldOp::create(d.b, d.loc, phases, Sizes{last}, Sizes{block}, Sizes{block}, Sizes{1});
  Value u = modeProduct(phases, points, [](const Winograd &w) { return w.filter; });
  return d.transpose(u, concatenated({points, before, {last}, summed, {within}}));
}

/// The outputs of all tiles side by side, [n, t * m.., c], of products [f.., .., c] where the samples are axis
/// `samples`, followed by lattices and tiles; `phaseAxes` are those of the phases, which lie within the outputs, as the
/// lattices do, if there are any.
Value WinogradForm::joinTiles(Value products, int64_t samples, ArrayRef<int64_t> phaseAxes) {
  int64_t r = g.rank;
  Value y = modeProduct(products, range(0, r), [](const Winograd &w) { return transposed(w.output); });
  Sizes permutation{samples}, sizes{d.shape(y)[samples]};
  for (int64_t axis = 0, lattice = samples; axis < r; ++axis) {
    permutation.append({samples + lattices + 1 + axis, axis});
    sizes.push_back(tilings[axis].tiles * tilings[axis].outputs * g.dilations[axis]);
    if (!phaseAxes.empty()) {
      permutation.push_back(phaseAxes[axis]);
      sizes.back() *= g.strides[axis];
    }
    if (g.dilations[axis] > 1)
      permutation.push_back(++lattice);
  }
  permutation.push_back(d.shape(y).size() - 1);
  sizes.push_back(d.shape(y).back());
  return d.reshape(d.transpose(y, permutation), sizes);
}

/// The tiles of a convolution's input, transformed: [f.., n, l.., t.., s.., c].
Value WinogradForm::tilesOf(Value x) {
  int64_t r = g.rank;
  Sizes high;
  for (auto [axis, tiling] : llvm::enumerate(tilings))
    high.push_back(tiling.extent() * steps[axis] - g.low[axis] - g.space[axis]);
  return transformInput(splitPhases(d.padSpatial(d.channelsLast(x), g.low, high)), steps, {}, range(r + 2, 2 * r + 2));
}

Value WinogradForm::conv(Value x, Value w) {
  int64_t r = g.rank;
  Sizes sizes = concatenated({{g.batch}, g.positions, {g.outputs}});
  // [f.., o, s.., c, o]
  Value u = transformFilter(d.tapsByPhase(w, taps, g.strides), /*last=*/0, {}, concatenated({range(2, 2 + r), {1}}));
  // [f.., n, l.., t.., s.., c] x [f.., o, s.., c, o]
  Value products = d.contract(tilesOf(x), u, range(0, r), range(0, r),
                              range(2 * r + lattices + 1, 3 * r + lattices + 2), range(r + 1, 2 * r + 2));
  Value y = joinTiles(mergeLast(products), /*samples=*/r, /*phaseAxes=*/{});
  return d.channelsFirst(cut(y, Sizes(r + 2, 0), sizes));
}

Value WinogradForm::inputGradient(Value y, Value w) {
  int64_t r = g.rank;
  // Element q of phase s of the padded input is the sum over j of y[q - j] and tap j of phase s.
  Sizes low, high, starts{0}, sizes{g.batch}, shifted, shiftedAxes, others;
  for (auto [axis, tiling] : llvm::enumerate(tilings)) {
    int64_t first = inputRange(axis).first;
    bool shifts = isShifted(axis);
    (shifts ? shifted : others).push_back(axis + 2);
    if (shifts)
      shiftedAxes.push_back(axis + 1);
    low.push_back(g.dilations[axis] * (tiling.taps - 1) - first);
    high.push_back(g.dilations[axis] * tiling.extent() + (shifts ? 1 : 0) - low.back() - g.positions[axis]);
    starts.push_back(shifts ? 0 : g.low[axis] - first * g.strides[axis]);
    sizes.push_back(g.space[axis]);
  }
  starts.push_back(0);
  sizes.push_back(g.inputs);
  Value phases = d.tapsByPhase(w, taps, g.strides);
  phases = ReverseOp::create(d.b, d.loc, phases.getType(), phases, concatenated({shifted, range(r + 2, 2 * r + 2)}));
  Value u = transformFilter(phases, /*last=*/1, concatenated({shifted, others}), {0}); // [f.., s.., c, o, c]
  // A phase that begins an element later reads a y that does: these phases are a batch axis of both.
  int64_t batch = r + shifted.size(), phase = batch + lattices + r + 1;
  Value padded = d.padSpatial(d.channelsLast(y), low, high);
  if (!shifted.empty())
    padded = UnfoldOp::create(d.b, d.loc, padded, shiftedAxes, Sizes(shifted.size(), 2), Sizes(shifted.size(), 1),
                              Sizes(shifted.size(), 1));
  Value v = transformInput(padded, g.dilations, range(r + 2, r + 2 + shifted.size()), {});
  // [f.., s.., n, l.., t.., o] x [f.., s.., s.., c, o, c]
  Value x = d.contract(v, u, range(0, batch), range(0, batch), {phase}, {2 * r + 1});
  // [f.., s.., n, l.., t.., s.., c]
  Sizes phaseAxes;
  for (int64_t axis = 0, before = r; axis < r; ++axis)
    phaseAxes.push_back(isShifted(axis) ? before++ : phase++);
  return d.channelsFirst(cut(joinTiles(mergeLast(x), /*samples=*/batch, phaseAxes), starts, sizes));
}

Value WinogradForm::filterGradient(Value x, Value y) {
  int64_t r = g.rank, firstPoint = r + lattices + 2;
  Sizes none(r, 0), beyond, strides, outputs = tileSizes([](const Tiling &tiling) { return tiling.outputs; });
  for (auto [axis, tiling] : llvm::enumerate(tilings)) {
    strides.push_back(tiling.outputs * g.dilations[axis]);
    beyond.push_back(tiling.tiles * strides.back() - g.positions[axis]);
  }
  Value v = tilesOf(x);
  // [n, p.., o] -> [n, t.., o, l.., i..] -> [f.., n, l.., t.., o]
  Value tiles = splitLattices(d.padSpatial(d.channelsLast(y), none, beyond));
  tiles = UnfoldOp::create(d.b, d.loc, tiles, range(1, r + 1), outputs, strides, g.dilations);
  Sizes points = range(firstPoint, firstPoint + r), summed = range(r, 2 * r + lattices + 1);
  Value w = modeProduct(tiles, points, [](const Winograd &w) { return w.output; });
  w = d.transpose(w, concatenated({points, {0}, range(r + 2, firstPoint), range(1, r + 2)}));
  // [f.., n, l.., t.., s.., c] x [f.., n, l.., t.., o]: [f.., s.., c, o]
  Value u = d.contract(v, w, range(0, r), range(0, r), summed, summed);
  u = modeProduct(u, range(0, r), [](const Winograd &w) { return transposed(w.filter); });
  // [j.., s.., c, o] -> [o, c, j, s, j, s]
  Sizes permutation{2 * r + 1, 2 * r}, full{g.outputs, g.inputs}, sizes = full;
  for (int64_t axis = 0; axis < r; ++axis) {
    permutation.append({axis, r + axis});
    full.push_back(taps[axis] * g.strides[axis]);
    sizes.push_back(g.kernel[axis]);
  }
  u = d.reshape(d.transpose(u, permutation), full);
  return full == sizes ? u : d.slice(u, Sizes(r + 2, 0), sizes, Sizes(r + 2, 1));
}

//===----------------------------------------------------------------------===//
// The three faces
//===----------------------------------------------------------------------===//

Value tensors::decomposeByWinograd(ConvOp op, OpBuilder &builder, WinogradUse use,
                                   const targets::ConvolutionCosts &costs, int64_t maxPoints) {
  Geometry g(op, op.getLhs(), op.getRhs(), op.getResult());
  WinogradForm form(builder, op.getLoc(), g, costs, maxPoints);
  if (!form.applies() || !form.chooseTiles(g.positions, g.inputs * g.phases(), g.outputs, use))
    return {};
  return form.conv(op.getLhs(), op.getRhs());
}

Value tensors::decomposeByWinograd(ConvInputGradientOp op, OpBuilder &builder, WinogradUse use,
                                   const targets::ConvolutionCosts &costs, int64_t maxPoints) {
  Geometry g(op, op.getResult(), op.getRhs(), op.getLhs());
  WinogradForm form(builder, op.getLoc(), g, costs, maxPoints);
  Sizes sizes;
  int64_t copies = 1;
  for (int64_t axis = 0; axis < g.rank; ++axis) {
    sizes.push_back(form.inputRange(axis).second);
    copies *= form.isShifted(axis) ? 2 : 1;
  }
  if (!form.applies() || !form.chooseTiles(sizes, g.outputs, g.inputs * g.phases(), use, copies))
    return {};
  return form.inputGradient(op.getLhs(), op.getRhs());
}

Value tensors::decomposeByWinograd(ConvFilterGradientOp op, OpBuilder &builder, WinogradUse use,
                                   const targets::ConvolutionCosts &costs, int64_t maxPoints) {
  Geometry g(op, op.getLhs(), op.getResult(), op.getRhs());
  WinogradForm form(builder, op.getLoc(), g, costs, maxPoints);
  if (!form.applies() || !form.chooseTiles(g.positions, g.inputs * g.phases(), g.outputs, use))
    return {};
  return form.filterGradient(op.getLhs(), op.getRhs());
}
