//===- Diagnose.cpp - Errors at the user's place ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::sema {

// Beyond these a program is taken to run away. A network of a thousand layers
// needs a few ten thousand of each.
static constexpr int64_t workLimit = 3'000'000;

Diagnostic &Elaborator::error(SourceRange at, std::string message) {
  bool inLibrary = !at || at.file->isStandardLibrary;
  SourceRange place = inLibrary && userPlace ? userPlace : at;
  Diagnostic &diagnostic = diagnostics.error(place, std::move(message));
  if (inLibrary && at && userPlace)
    diagnostic.note(at, "in the library's code");
  // The user's own templates: show which application it was.
  int shown = 0;
  for (auto it = calls.rbegin(); it != calls.rend() && shown < 2; ++it) {
    if (!it->at || it->at.file->isStandardLibrary || !it->decl->name.range.file ||
        it->decl->name.range.file->isStandardLibrary)
      continue;
    if (it->at.begin == place.begin && it->at.end == place.end && it->at.file == place.file)
      continue;
    diagnostic.note(it->at, fmt::format("in this application of `{}`", it->decl->name.text));
    ++shown;
  }
  return diagnostic;
}

Diagnostic &Elaborator::warning(SourceRange at, std::string message) {
  bool inLibrary = !at || at.file->isStandardLibrary;
  return diagnostics.warning(inLibrary && userPlace ? userPlace : at, std::move(message));
}

void Elaborator::noteOrigin(Diagnostic &diagnostic, const Node *node) {
  // Conversions do not decide a shape.
  while ((node->op == Op::Convert || node->op == Op::StopGradient) && !node->operands.empty())
    node = node->operands[0];
  std::string shape = (node->type.element == Element::Real ? "shape " : "") + printType(node->type);
  switch (node->op) {
  case Op::Use:
    diagnostic.note(node->variable->range, fmt::format("`{}` is declared here with {}", node->variable->name, shape));
    return;
  case Op::Read: {
    const Storage &storage = node->network->storages[node->storage];
    diagnostic.note(storage.range.file && !storage.range.file->isStandardLibrary ? storage.range : node->range,
                    fmt::format("`{}` has {}", storage.path, shape));
    return;
  }
  case Op::Result: {
    const agon::sema::Network *network = node->operands[0]->network;
    diagnostic.note(network->range, fmt::format("`{}` returns {}", network->name, shape));
    return;
  }
  case Op::Argument: {
    const NetworkEntry *entry = context ? context->network : nullptr;
    if (entry && size_t(node->index) < entry->argumentRanges.size()) {
      diagnostic.note(entry->argumentRanges[node->index],
                      fmt::format("`{}` is declared here with {}", entry->network->argumentNames[node->index], shape));
      return;
    }
    break;
  }
  default:
    break;
  }
  if (node->range)
    diagnostic.note(node->range, fmt::format("this {} {}", node->type.element == Element::Real ? "has" : "is", shape));
}

/// What the names of other frameworks are called here.
static std::string_view translation(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"dense", " linear fc fully_connected "},
      {"conv", " conv1d conv2d conv3d convolution "},
      {"deconv", " conv_transpose conv_transpose1d conv_transpose2d transposed_conv upconv "},
      {"batchnorm", " batch_norm batchnorm1d batchnorm2d "},
      {"layernorm", " layer_norm "},
      {"instancenorm", " instance_norm "},
      {"groupnorm", " group_norm "},
      {"maxpool", " max_pool max_pool2d maxpool2d "},
      {"avgpool", " avg_pool avg_pool2d avgpool2d average_pool "},
      {"embed", " embedding "},
      {"self_attention", " attention "},
      {"pixelshuffle", " pixel_shuffle depth_to_space "},
      {"silu", " swish "},
      {"concat", " cat concatenate "},
      {"reshape", " view "},
      {"transpose", " permute "},
      {"reverse", " flip "},
      {"gather", " index_select take "},
      {"stop_gradient", " detach "},
      {"product", " prod "},
      {"inf", " infinity "}};
  for (auto [own, foreign] : names)
    if (foreign.find(fmt::format(" {} ", name)) != std::string_view::npos)
      return own;
  return {};
}

void Elaborator::suggest(Diagnostic &diagnostic, std::string_view name, const std::vector<std::string> &candidates) {
  std::string nearest = syntax::nearestName(name, candidates);
  if (std::string_view own = translation(name);
      !own.empty() && std::find(candidates.begin(), candidates.end(), own) != candidates.end()) {
    diagnostic.help(fmt::format("did you mean `{}`?", own));
    return;
  }
  // `kernel_size` is `kernel`, `out_channels` is `channels`.
  for (const std::string &candidate : candidates)
    if (nearest.empty() && candidate.size() >= 3 &&
        (name.starts_with(candidate + "_") || name.ends_with("_" + candidate) || name == candidate + "ding"))
      nearest = candidate;
  // `unit` is nearer to `units` than to `init`.
  for (const std::string &candidate : candidates)
    if (name.size() >= 3 && candidate.size() == name.size() + 1 && candidate.starts_with(name))
      nearest = candidate;
  if (!nearest.empty() && nearest != name)
    diagnostic.help(fmt::format("did you mean `{}`?", nearest));
}

Value Elaborator::notThereYet(SourceRange at, std::string_view what) {
  error(at, fmt::format("`{}` is not there yet", what)).withLabel("the language has it, this compiler does not");
  return {};
}

std::string Elaborator::textOf(SourceRange range) const {
  if (!range || range.end > range.file->text.size())
    return "";
  return range.file->text.substr(range.begin, range.end - range.begin);
}

bool Elaborator::spend(SourceRange at) {
  if (exhausted)
    return false;
  if (++work <= workLimit)
    return true;
  exhausted = true;
  error(at, fmt::format("the program does not come to an end: more than {} million evaluations", workLimit / 1'000'000))
      .help("a `for` with a huge range, or templates that apply each other, cause this");
  return false;
}

} // namespace agon::sema
