//===- WeightsItems.cpp - Weights that are read from files ----------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/game/WeightsItems.h"
#include <filesystem>
#include <fmt/format.h>

namespace agon::sema {

/// The absolute path of a file that is written relative to the model's.
static std::string pathOf(const Ident &file) {
  namespace fs = std::filesystem;
  fs::path written(file.text), base = fs::path(file.range.file->path).parent_path();
  std::error_code error;
  fs::path path = written.is_absolute() ? written : base / written, absolute = fs::absolute(path, error);
  return (error ? path : absolute).lexically_normal().string();
}

void WeightsItems::elaborate(const syntax::GameItem &item) {
  const Ident &name = item.names[0];
  const Decl *decl = networks.e.names.findNetwork(name.text);
  if (!decl) {
    std::vector<std::string> known;
    for (const Decl *other : networks.declared())
      known.push_back(other->name.text);
    Diagnostic &diagnostic = error(name.range, fmt::format("unknown network `{}`", name.text));
    suggest(diagnostic, name.text, known);
    return;
  }
  if (item.file.text.empty()) {
    error(item.file.range, "expected a file name, got nothing");
    return;
  }
  NetworkEntry &entry = networks.entry(*decl);
  if (!networks.elaborate(entry))
    return;
  Network &network = *entry.network;
  if (network.weights) {
    error(item.range, fmt::format("the weights of `{}` are read from two files", name.text))
        .note(network.weights->range, "the first is here");
    return;
  }
  if (network.storages.empty()) {
    error(item.range, fmt::format("`{}` has no parameters, so there is nothing to read", name.text))
        .note(network.range, "the network is declared here")
        .help("leave the line out: a network without parameters needs no player either");
    return;
  }
  network.weights = Weights{pathOf(item.file), item.alias ? item.alias->text : network.name, textOf(item.range),
                            item.range, item.kind == syntax::GameItemKind::Frozen};
}

} // namespace agon::sema
