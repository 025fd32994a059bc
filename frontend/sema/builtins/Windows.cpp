//===- Windows.cpp - Padding, convolutions, sliding windows ------------=======//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/builtins/BuiltinFunctions.h"
#include "frontend/sema/graph/GraphBuilder.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema::builtin {

static std::string axesText(size_t count) { return fmt::format("{} {}", count, count == 1 ? "axis" : "axes"); }

/// The whole number that stands for all of `count` axes, or the list with one for each.
static std::optional<std::vector<int64_t>> perAxis(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args,
                                                   size_t at, size_t count) {
  if (!args[at].isList())
    return std::vector<int64_t>(count, args[at].integer());
  const std::vector<Value> &list = args[at].elements();
  if (list.size() != count) {
    e.error(args.ranges[at], fmt::format("`{}` has {} {} for {}", self.params[at].name, list.size(),
                                         list.size() == 1 ? "number" : "numbers", axesText(count)))
        .help(fmt::format("one number serves all axes; a list has one for each, {} here", count));
    return std::nullopt;
  }
  std::vector<int64_t> result;
  for (const Value &element : list)
    result.push_back(element.integer());
  return result;
}

/// Zeros, or another number, before and after each axis.
Value pad(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) {
  Node *node = args.node(0);
  size_t rank = node->type.shape.size();
  auto low = perAxis(e, self, args, 1, rank), high = low ? perAxis(e, self, args, 2, rank) : std::nullopt;
  if (!high)
    return {};
  Type type = node->type;
  for (size_t i = 0; i < rank; ++i)
    type.shape[i] += (*low)[i] + (*high)[i];
  if (type == node->type)
    return Value::ofTensor(node);
  Node *result = e.make(Op::Pad, type, {node});
  if (result)
    result->details = Box{*low, *high, {}, args[3].number()};
  return Value::ofTensor(result);
}

/// How windows lie along the spatial axes.
struct Windows {
  std::vector<int64_t> strides, low, high, dilations;
  int64_t groups = 1;
};

/// `pad` is a number, a list of one an axis, or a list of (low, high) pairs.
static bool padding(GraphBuilder &e, const BuiltinArgs &args, size_t at, size_t count, Windows &windows) {
  std::vector<Value> list(count, args[at]);
  if (args[at].isList())
    list = args[at].elements();
  if (list.size() != count) {
    Diagnostic &diagnostic =
        e.error(args.ranges[at], fmt::format("`pad` has {} {} for {}", list.size(),
                                             list.size() == 1 ? "element" : "elements", axesText(count)));
    diagnostic.help(count == 1 ? "before and after one axis: `pad = [(1, 2)]`"
                               : "a list has one number for each axis, or one pair: `pad = [(1, 2), (1, 2)]`");
    return false;
  }
  for (const Value &element : list) {
    const std::vector<Value> &pair = element.elements();
    windows.low.push_back((pair.empty() ? element : pair[0]).integer());
    windows.high.push_back((pair.empty() ? element : pair[1]).integer());
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
static std::optional<Convolution> operands(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args,
                                           bool transposed, size_t dilationAt, size_t groupsAt) {
  Convolution c;
  c.x = args.node(0);
  c.w = args.node(1);
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
  auto strides = perAxis(e, self, args, 2, c.spatial);
  auto dilations = strides ? perAxis(e, self, args, dilationAt, c.spatial) : std::nullopt;
  if (!dilations || !padding(e, args, 3, c.spatial, c.windows))
    return std::nullopt;
  c.windows.strides = *strides;
  c.windows.dilations = *dilations;
  int64_t groups = c.windows.groups = args[groupsAt].integer();
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
Value convolve(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) {
  auto c = operands(e, self, args, false, 4, 5);
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
Value deconvolve(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) {
  auto c = operands(e, self, args, true, 5, 6);
  if (!c)
    return {};
  auto extra = perAxis(e, self, args, 4, c->spatial);
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
static std::optional<Windows> along(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args, size_t strideAt,
                                    size_t count) {
  Windows windows;
  auto strides = perAxis(e, self, args, strideAt, count);
  auto dilations = strides ? perAxis(e, self, args, strideAt + 1, count) : std::nullopt;
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
Value unfold(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) {
  Node *x = args.node(0);
  auto axes = e.axes(args[1], x->type.shape.size(), args.ranges[1]);
  auto sizes = axes ? perAxis(e, self, args, 2, axes->size()) : std::nullopt;
  auto windows = sizes ? along(e, self, args, 3, axes->size()) : std::nullopt;
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
Value fold(GraphBuilder &e, const Builtin &self, const BuiltinArgs &args) {
  Node *x = args.node(0);
  const Value &axisValue = args[1];
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
  auto lengths = axes ? perAxis(e, self, args, 2, count) : std::nullopt;
  auto windows = lengths ? along(e, self, args, 3, count) : std::nullopt;
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
