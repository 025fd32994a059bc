//===- Diagnose.cpp - Errors at the user's place ----------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Diagnose.h"
#include <fmt/format.h>

namespace agon::sema {

// Beyond these a program is taken to run away. A network of a thousand layers
// needs a few ten thousand of each.
static constexpr int64_t workLimit = 3'000'000;
// What an error costs of it: to say one takes long, and templates may say it many times over.
static constexpr int64_t errorWork = 300;

const Reporter::Call *Reporter::libraryCall() const {
  for (auto it = calls.rbegin(); it != calls.rend() && isLibrary(it->decl->name.range); ++it)
    if (!isLibrary(it->at))
      return &*it;
  return nullptr;
}

/// "`conv`: ", or "`x` of `conv`: " where the place is that argument: what an error in the library's code is about,
/// unless its message names it.
std::string Reporter::subject(SourceRange at, std::string_view message) const {
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

Diagnostic &Reporter::error(SourceRange at, std::string message) {
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

Diagnostic &Reporter::refuse(SourceRange at, std::string message) {
  if (!at || !at.file->isStandardLibrary)
    return error(at, std::move(message));
  // Where what the user applied is made of other layers, the one that met this: `patchgan` in its norm.
  SourceRange step;
  for (auto it = calls.rbegin(); it != calls.rend() && it->at && it->at.file->isStandardLibrary; ++it)
    if (!it->decl->doc.empty())
      step = it->at;
  Diagnostic &diagnostic = error({}, std::move(message));
  if (step)
    diagnostic.note(step, "in the library's code");
  return diagnostic;
}

Diagnostic &Reporter::warning(SourceRange at, std::string message) {
  bool inLibrary = isLibrary(at);
  return diagnostics.warning(inLibrary && userPlace ? userPlace : at, std::move(message));
}

std::string textOf(SourceRange range) {
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

bool Reporter::spend(SourceRange at) {
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
