//===- Diagnose.cpp - Errors at the user's place ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include <fmt/format.h>

namespace agon::sema {

// Beyond these a program is taken to run away. A network of a thousand layers
// needs a few ten thousand of each.
static constexpr int64_t workLimit = 3'000'000;
// What an error costs of it: to say one takes long, and templates may say it many times over.
static constexpr int64_t errorWork = 300;

static bool isLibrary(SourceRange range) { return !range || range.file->isStandardLibrary; }

/// The library's declaration that the user applied, where its code is what runs.
const Elaborator::Call *Elaborator::libraryCall() const {
  for (auto it = calls.rbegin(); it != calls.rend() && isLibrary(it->decl->name.range); ++it)
    if (!isLibrary(it->at))
      return &*it;
  return nullptr;
}

/// "`conv`: ", or "`x` of `conv`: " where the place is that argument: what an error in the library's code is about,
/// unless its message names it.
std::string Elaborator::subject(SourceRange at, std::string_view message) const {
  const Call *call = libraryCall();
  if (!call)
    return "";
  const std::string &name = call->decl->name.text;
  auto names = [&](std::string_view word, std::string_view end) {
    return message.find(fmt::format("`{}{}", word, end)) != std::string_view::npos;
  };
  if (names(name, "`") || names(name, "("))
    return "";
  std::string text = call == &calls.back() ? textOf(at) : "";
  for (const syntax::Param &param : call->decl->params)
    if (param.name.text == text && !names(text, "`"))
      return fmt::format("`{}` of `{}`: ", text, name);
  return fmt::format("`{}`: ", name);
}

/// A label where only numbers can be: `message`, or the argument that it is of what the user applied.
Diagnostic &Elaborator::notNumbers(SourceRange at, const Node *label, std::string message) {
  const Call *call = isLibrary(at) ? libraryCall() : nullptr;
  for (size_t i = 0; call && call->scope && i < call->decl->params.size(); ++i) {
    const std::string &name = call->decl->params[i].name.text;
    const Value *value = call->scope->find(name);
    if (value && value->isTensor() && value->node == label)
      return error(at, fmt::format("`{}` expects numbers for `{}`, got a label, {}", call->decl->name.text, name,
                                   printType(label->type)))
          .help(std::string(labelHelp));
  }
  return error(at, std::move(message)).help(std::string(labelHelp));
}

Diagnostic &Elaborator::error(SourceRange at, std::string message) {
  bool inLibrary = isLibrary(at);
  if (inLibrary)
    message = subject(at, message) + message;
  SourceRange place = inLibrary && userPlace ? userPlace : at;
  work += errorWork;
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
  bool inLibrary = isLibrary(at);
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

std::string Elaborator::textOf(SourceRange range) const {
  if (!range || range.end > range.file->text.size())
    return "";
  std::string text;
  for (size_t at = range.begin; at < range.end; ++at) {
    const std::string &file = range.file->text;
    if (file.compare(at, 2, "//") == 0)
      at = std::min<size_t>(file.find('\n', at), range.end);
    bool blank = at >= range.end || file[at] == ' ' || file[at] == '\n' || file[at] == '\t' || file[at] == '\r';
    if (!blank)
      text += file[at];
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
  }
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

bool Elaborator::spend(SourceRange at) {
  if (exhausted)
    return false;
  if (++work <= workLimit)
    return true;
  exhausted = true;
  if (diagnostics.hasErrors()) { // which may be all that is wrong
    diagnostics.giveUp();
    return false;
  }
  error(at, fmt::format("the program grows too large: more than {} million evaluations", workLimit / 1'000'000))
      .help("a `for` with a huge range, or functions and layers that apply others many times over, cause this");
  return false;
}

} // namespace agon::sema
