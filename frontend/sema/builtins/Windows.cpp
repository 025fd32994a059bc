//===- Windows.cpp - Convolutions and sliding windows ----------------=======//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/builtins/BuiltinFunctions.h"
#include "frontend/sema/graph/GraphBuilder.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema::builtin {

// With dimensions up to 2^40, positions and extents stay within 64 bits.
static constexpr int64_t numberLimit = int64_t(1) << 20;

static bool isWhole(const Value &value, int64_t least) {
  return value.is(Value::Kind::Int) && value.integer() >= least && value.integer() <= numberLimit;
}

static std::string axesText(size_t count) { return fmt::format("{} {}", count, count == 1 ? "axis" : "axes"); }

/// A number for all of `count` axes, or a list with one for each; `fallback` if
/// it is left out.
static std::optional<std::vector<int64_t>> perAxis(GraphBuilder &e, const BuiltinArgs &args, size_t at,
                                                   std::string_view name, size_t count, int64_t least,
                                                   int64_t fallback) {
  if (!args.values[at])
    return std::vector<int64_t>(count, fallback);
  const Value &value = *args.values[at];
  std::vector<Value> list(count, value);
  if (value.isList()) {
    list = value.elements();
    if (list.size() != count) {
      e.error(args.ranges[at], fmt::format("`{}` has {} {} for {}", name, list.size(),
                                           list.size() == 1 ? "number" : "numbers", axesText(count)))
          .help(fmt::format("one number serves all axes; a list has one for each, {} here", count));
      return std::nullopt;
    }
  }
  std::vector<int64_t> result;
  for (const Value &element : list) {
    if (!isWhole(element, least)) {
      e.error(args.ranges[at],
              fmt::format("`{}` is a whole number from {}, or a list of such, got {}", name, least, describe(element)));
      return std::nullopt;
    }
    result.push_back(element.integer());
  }
  return result;
}

/// How windows lie along the spatial axes.
struct Windows {
  std::vector<int64_t> strides, low, high, dilations;
  int64_t groups = 1;
};

/// `pad` is a number, a list of one an axis, or a list of (low, high) pairs.
static bool padding(GraphBuilder &e, const BuiltinArgs &args, size_t at, size_t count, Windows &windows) {
  windows.low.assign(count, 0);
  windows.high.assign(count, 0);
  if (!args.values[at])
    return true;
  const Value &value = *args.values[at];
  std::vector<Value> list(count, value);
  if (value.isList())
    list = value.elements();
  if (list.size() != count) {
    Diagnostic &diagnostic =
        e.error(args.ranges[at], fmt::format("`pad` has {} {} for {}", list.size(),
                                             list.size() == 1 ? "element" : "elements", axesText(count)));
    diagnostic.help(count == 1 ? "before and after one axis: `pad = [(1, 2)]`"
                               : "a list has one number for each axis, or one pair: `pad = [(1, 2), (1, 2)]`");
    return false;
  }
  for (size_t i = 0; i < count; ++i) {
    const Value &element = list[i];
    bool pair = element.isList() && element.elements().size() == 2;
    const Value &low = pair ? element.elements()[0] : element, &high = pair ? element.elements()[1] : element;
    if (!isWhole(low, 0) || !isWhole(high, 0)) {
      e.error(args.ranges[at], fmt::format("`pad` is a whole number from 0, or a list of numbers or (low, high) pairs, "
                                           "got {}",
                                           describe(isWhole(low, 0) ? high : low)))
          .help("a slice `x[:, 1:-1]` takes elements away");
      return false;
    }
    windows.low[i] = low.integer();
    windows.high[i] = high.integer();
  }
  return true;
}

static int64_t extent(int64_t size, int64_t dilation) { return (size - 1) * dilation + 1; }

/// "5", or "5 (9 with its dilation)".
static std::string kernelText(int64_t size, int64_t dilation) {
  return dilation == 1 ? fmt::format("{}", size)
                       : fmt::format("{} (dilated by {}: {})", size, dilation, extent(size, dilation));
}

/// A convolution of x [channels, spatial...], or its transpose, with a filter of two axes for channels and the
/// kernel's.
struct Convolution {
  Node *x = nullptr, *w = nullptr;
  size_t spatial = 0;
  Windows windows;
};

/// Checks all but the extents of the windows. The channels of x are the filter's axis 0 if `transposed`, else axis 1
/// times the groups.
static std::optional<Convolution> operands(GraphBuilder &e, const BuiltinArgs &args, bool transposed, size_t dilationAt,
                                           size_t groupsAt) {
  Convolution c;
  c.x = e.toReal(*args.values[0], args.ranges[0]);
  c.w = e.toReal(*args.values[1], args.ranges[1]);
  if (!c.x || !c.w)
    return std::nullopt;
  const Shape &x = c.x->type.shape, &w = c.w->type.shape;
  if (x.size() < 2) {
    Diagnostic &diagnostic = e.error(
        args.ranges[0], fmt::format("expected channels and pixels, [c, h, w] or [c, length], got {}", printShape(x)));
    e.noteOrigin(diagnostic, c.x);
    diagnostic.help("`reshape(c, h, w)` before it makes an image of a vector");
    return std::nullopt;
  }
  c.spatial = x.size() - 1;
  if (w.size() != x.size() + 1) {
    Diagnostic &diagnostic =
        e.error(args.ranges[1], fmt::format("a filter for {} has {}, two for channels and {} for the kernel, got {}",
                                            printShape(x), axesText(x.size() + 1), c.spatial, printShape(w)));
    e.noteOrigin(diagnostic, c.x);
    e.noteOrigin(diagnostic, c.w);
    diagnostic.help(c.spatial == 1 ? "the kernel has one number, for the axis after the channels"
                                   : fmt::format("the kernel has one number for each of the {} axes after the channels",
                                                 c.spatial));
    return std::nullopt;
  }
  auto strides = perAxis(e, args, 2, "stride", c.spatial, 1, 1);
  auto dilations = strides ? perAxis(e, args, dilationAt, "dilation", c.spatial, 1, 1) : std::nullopt;
  if (!dilations || !padding(e, args, 3, c.spatial, c.windows))
    return std::nullopt;
  c.windows.strides = *strides;
  c.windows.dilations = *dilations;
  if (const auto &groups = args.values[groupsAt]) {
    if (!isWhole(*groups, 1)) {
      e.error(args.ranges[groupsAt], fmt::format("`groups` is a whole number from 1, got {}", describe(*groups)));
      return std::nullopt;
    }
    c.windows.groups = groups->integer();
  }
  int64_t groups = c.windows.groups;
  // The axis of the filter that is not split by groups.
  int64_t undivided = transposed ? x[0] : w[0];
  for (int64_t channels : {x[0], undivided})
    if (channels % groups != 0) {
      Diagnostic &diagnostic =
          e.error(args.ranges[groupsAt], fmt::format("{} groups do not divide {} channels", groups, channels));
      e.noteOrigin(diagnostic, channels == x[0] ? c.x : c.w);
      return std::nullopt;
    }
  int64_t expected = transposed ? w[0] : w[1] * groups;
  if (x[0] != expected) {
    Diagnostic &diagnostic =
        e.error(args.ranges[1], groups == 1 || transposed
                                    ? fmt::format("the filter {} is for {} channels, got {} of shape {}", printShape(w),
                                                  expected, x[0], printShape(x))
                                    : fmt::format("the filter {} in {} groups is for {} channels, got {} of shape {}",
                                                  printShape(w), groups, expected, x[0], printShape(x)));
    e.noteOrigin(diagnostic, c.x);
    e.noteOrigin(diagnostic, c.w);
    if (x.back() == expected && x.size() > 2)
      diagnostic.help("the channels come first, [c, h, w]: `transpose(2, 0, 1)` makes that of [h, w, c]");
    else
      diagnostic.help(transposed ? "a filter of the transpose is [c, o / groups, kernel...]"
                                 : "a filter is [o, c / groups, kernel...]");
    return std::nullopt;
  }
  // A filter of each sample's own meets each sample.
  if (c.w->type.batched && !c.x->type.batched) {
    Type type = c.x->type;
    type.batched = true;
    if (!(c.x = e.broadcast(c.x, type)))
      return std::nullopt;
  }
  return c;
}

static Node *makeConvolution(GraphBuilder &e, Op op, const Convolution &c, Shape shape) {
  Node *node = e.make(op, {Element::Real, c.x->type.batched, std::move(shape), 0}, {c.x, c.w});
  if (!node)
    return nullptr;
  const Windows &w = c.windows;
  node->details = Sliding{w.low, w.high, w.strides, w.dilations, {}, w.groups};
  return node;
}

/// x: [c, ..s], W: [o, c / groups, ..k] -> [o, ..positions], a cross-correlation.
Value convolve(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  auto c = operands(e, args, false, 4, 5);
  if (!c)
    return {};
  Shape shape{c->w->type.shape[0]};
  for (size_t i = 0; i < c->spatial; ++i) {
    int64_t size = c->x->type.shape[i + 1], kernel = c->w->type.shape[i + 2];
    int64_t padded = size + c->windows.low[i] + c->windows.high[i], reach = extent(kernel, c->windows.dilations[i]);
    if (reach > padded) {
      Diagnostic &diagnostic =
          e.error(args.place, fmt::format("a kernel of {} does not fit into axis {} of {}, which has {} {}{}",
                                          kernelText(kernel, c->windows.dilations[i]), i + 1,
                                          printShape(c->x->type.shape), size, size == 1 ? "element" : "elements",
                                          padded == size ? "" : fmt::format(", {} with its padding", padded)));
      e.noteOrigin(diagnostic, c->x);
      diagnostic.help(fmt::format("a smaller kernel, or `pad = {}`, would fit", (reach - size + 1) / 2));
      return {};
    }
    shape.push_back((padded - reach) / c->windows.strides[i] + 1);
  }
  return Value::ofTensor(makeConvolution(e, Op::Conv, *c, std::move(shape)));
}

/// The transpose of convolve with respect to its input. x: [c, ..s], W: [c, o / groups, ..k] ->
/// [o, (s - 1) * stride - low - high + dilation * (k - 1) + output_pad + 1].
Value deconvolve(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  auto c = operands(e, args, true, 5, 6);
  if (!c)
    return {};
  auto extra = perAxis(e, args, 4, "output_pad", c->spatial, 0, 0);
  if (!extra)
    return {};
  Windows &windows = c->windows;
  Shape shape{c->w->type.shape[1] * windows.groups};
  std::vector<int64_t> zeros(c->spatial + 1, 0);
  for (size_t i = 0; i < c->spatial; ++i) {
    int64_t size = c->x->type.shape[i + 1], kernel = c->w->type.shape[i + 2];
    int64_t limit = std::max(windows.strides[i], windows.dilations[i]);
    if ((*extra)[i] >= limit) {
      e.error(args.ranges[4], fmt::format("`output_pad` is less than the stride{}, {}, got {}",
                                          windows.dilations[i] == 1 ? "" : " or the dilation", limit, (*extra)[i]));
      return {};
    }
    int64_t whole = (size - 1) * windows.strides[i] + extent(kernel, windows.dilations[i]);
    int64_t wanted = whole - windows.low[i] - windows.high[i] + (*extra)[i];
    int64_t taken = windows.low[i] + windows.high[i];
    // What is added after the end comes out of what the padding takes away, then
    // out of the stride's remainder; the rest no window reaches.
    int64_t added = (*extra)[i];
    int64_t kept = std::min(added, windows.high[i]);
    windows.high[i] -= kept;
    zeros[i + 1] = std::max<int64_t>(added - kept - (windows.strides[i] - 1), 0);
    if (wanted - zeros[i + 1] < 1) {
      Diagnostic &diagnostic =
          e.error(args.place, fmt::format("nothing is left of axis {} of {}: a kernel of {} makes {} elements of it, "
                                          "and `pad` takes {} away",
                                          i + 1, printShape(c->x->type.shape), kernelText(kernel, windows.dilations[i]),
                                          whole, taken));
      e.noteOrigin(diagnostic, c->x);
      return {};
    }
    shape.push_back(wanted - zeros[i + 1]);
  }
  Shape full = shape;
  for (size_t i = 0; i < full.size(); ++i)
    full[i] += zeros[i];
  Node *node = makeConvolution(e, Op::ConvTranspose, *c, std::move(shape));
  if (!node || node->type.shape == full)
    return Value::ofTensor(node);
  Type type = node->type;
  type.shape = std::move(full);
  Node *padded = e.make(Op::Pad, type, {node});
  if (padded) {
    padded->details = Box{std::vector<int64_t>(type.shape.size(), 0), std::move(zeros), {}};
  }
  return Value::ofTensor(padded);
}

/// Sizes, strides and dilations of windows along `axes`.
static std::optional<Windows> along(GraphBuilder &e, const BuiltinArgs &args, size_t strideAt, size_t count) {
  Windows windows;
  auto strides = perAxis(e, args, strideAt, "stride", count, 1, 1);
  auto dilations = strides ? perAxis(e, args, strideAt + 1, "dilation", count, 1, 1) : std::nullopt;
  if (!dilations)
    return std::nullopt;
  windows.strides = *strides;
  windows.dilations = *dilations;
  return windows;
}

static Value makeWindows(GraphBuilder &e, Op op, Node *x, Shape shape, std::vector<int64_t> axes,
                         std::vector<int64_t> sizes, const Windows &windows) {
  Type type = x->type;
  type.shape = std::move(shape);
  Node *node = e.make(op, type, {x});
  if (node) {
    node->details = Sliding{{}, std::move(sizes), windows.strides, windows.dilations, std::move(axes)};
  }
  return Value::ofTensor(node);
}

/// Windows along axes, as new last axes.
Value unfold(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *x = e.toTensor(*args.values[0], args.ranges[0]);
  if (!x)
    return {};
  auto axes = e.axes(*args.values[1], x->type.shape.size(), args.ranges[1]);
  auto sizes = axes ? perAxis(e, args, 2, "size", axes->size(), 1, 1) : std::nullopt;
  auto windows = sizes ? along(e, args, 3, axes->size()) : std::nullopt;
  if (!windows)
    return {};
  if (axes->empty())
    return Value::ofTensor(x);
  Shape shape = x->type.shape;
  for (size_t i = 0; i < axes->size(); ++i) {
    int64_t &size = shape[(*axes)[i]];
    int64_t reach = extent((*sizes)[i], windows->dilations[i]);
    if (reach > size) {
      Diagnostic &diagnostic = e.error(args.ranges[2], fmt::format("a window of {} does not fit into axis {} of {}",
                                                                   kernelText((*sizes)[i], windows->dilations[i]),
                                                                   (*axes)[i], printShape(x->type.shape)));
      e.noteOrigin(diagnostic, x);
      diagnostic.help("a smaller window, or `pad` before it, would fit");
      return {};
    }
    size = (size - reach) / windows->strides[i] + 1;
  }
  shape.insert(shape.end(), sizes->begin(), sizes->end());
  return makeWindows(e, Op::Unfold, x, std::move(shape), *axes, *sizes, *windows);
}

/// The transpose of unfold: the last axes are windows, added up where they overlap.
Value fold(GraphBuilder &e, const Builtin &, const BuiltinArgs &args) {
  Node *x = e.toReal(*args.values[0], args.ranges[0]);
  if (!x)
    return {};
  const Value &axisValue = *args.values[1];
  size_t rank = x->type.shape.size();
  size_t count = axisValue.isList() ? axisValue.elements().size() : axisValue.is(Value::Kind::All) ? rank / 2 : 1;
  if (rank < 2 * count) {
    Diagnostic &diagnostic =
        e.error(args.ranges[0], fmt::format("`fold` along {} expects as many window axes at the end, got {}",
                                            axesText(count), printShape(x->type.shape)));
    e.noteOrigin(diagnostic, x);
    return {};
  }
  auto axes = e.axes(axisValue, rank - count, args.ranges[1]);
  if (axes && axes->size() != count) {
    e.error(args.ranges[1], fmt::format("`fold` along {} expects as many window axes at the end, got {}",
                                        axesText(axes->size()), printShape(x->type.shape)));
    return {};
  }
  auto lengths = axes ? perAxis(e, args, 2, "length", count, 1, 1) : std::nullopt;
  auto windows = lengths ? along(e, args, 3, count) : std::nullopt;
  if (!windows)
    return {};
  if (axes->empty())
    return Value::ofTensor(x);
  std::vector<int64_t> sizes(x->type.shape.end() - count, x->type.shape.end());
  Shape shape(x->type.shape.begin(), x->type.shape.end() - count);
  for (size_t i = 0; i < count; ++i) {
    int64_t &positions = shape[(*axes)[i]];
    int64_t reach = extent(sizes[i], windows->dilations[i]), length = (*lengths)[i], stride = windows->strides[i];
    int64_t expected = length < reach ? 0 : (length - reach) / stride + 1;
    if (expected != positions) {
      Diagnostic &diagnostic = e.error(
          args.ranges[2],
          fmt::format("{} windows of {} with stride {} cover from {} to {} elements of axis {}, got a length of {}",
                      positions, kernelText(sizes[i], windows->dilations[i]), stride, (positions - 1) * stride + reach,
                      positions * stride + reach - 1, (*axes)[i], length));
      e.noteOrigin(diagnostic, x);
      return {};
    }
    positions = length;
  }
  return makeWindows(e, Op::Fold, x, std::move(shape), *axes, std::move(sizes), *windows);
}

} // namespace agon::sema::builtin
