//===- Declarations.cpp - The program's declarations, imports, -D ---------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/eval/Declarations.h"
#include "frontend/sema/GivenNames.h"
#include "frontend/sema/builtins/Builtins.h"
#include "frontend/std/Library.h"
#include "frontend/syntax/Parser.h"
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

namespace agon::sema {

void Declarations::load(const syntax::Module &main) {
  loadLibrary();
  std::vector<std::string> stack;
  if (main.file) {
    stack.push_back(std::filesystem::path(main.file->path).lexically_normal().string());
    imported.insert(stack.back());
  }
  loadModule(main, stack, true);
  applyDefines();
}

void Declarations::loadLibrary() {
  for (const auto &[name, text] : library::standardLibrary()) {
    const syntax::SourceFile &file = sources.add("<std>/" + name, text, true);
    modules.push_back(std::make_unique<syntax::Module>(syntax::parse(file, reporter.diagnostics)));
    for (const Decl &decl : modules.back()->decls)
      declare(decl, true, false);
  }
}

void Declarations::loadModule(const syntax::Module &module, std::vector<std::string> &stack, bool isMain) {
  namespace fs = std::filesystem;
  for (const Decl &decl : module.decls) {
    if (decl.kind != DeclKind::Import) {
      declare(decl, false, isMain);
      continue;
    }
    fs::path base = module.file ? fs::path(module.file->path).parent_path() : fs::path();
    fs::path written(decl.name.text);
    std::string path = (written.is_absolute() ? written : base / written).lexically_normal().string();
    SourceRange at = decl.name.range ? decl.name.range : decl.range;
    if (decl.name.text.empty()) {
      error(at, "expected a file name in the import, got nothing");
      continue;
    }
    if (std::find(stack.begin(), stack.end(), path) != stack.end()) {
      error(at, fmt::format("import cycle: \"{}\" is being imported already", decl.name.text))
          .help("move what both files need into a third one");
      continue;
    }
    if (imported.count(path))
      continue;
    if (stack.size() > 64) {
      error(at, "imports are nested deeper than 64 files");
      continue;
    }
    std::optional<std::string> text;
    std::string why;
    if (options.readFile)
      text = options.readFile(path, why);
    if (!text) {
      error(at, fmt::format("cannot read the imported file \"{}\"{}{}", path, why.empty() ? "" : ": ", why))
          .help("a path is relative to the file that imports it, and leads to a text file of at most 16 MiB");
      continue;
    }
    imported.insert(path);
    const syntax::SourceFile &file = sources.add(path, std::move(*text));
    modules.push_back(std::make_unique<syntax::Module>(syntax::parse(file, reporter.diagnostics)));
    const syntax::Module &next = *modules.back();
    stack.push_back(path);
    loadModule(next, stack, false);
    stack.pop_back();
  }
}

void Declarations::declare(const Decl &decl, bool library, bool isMain) {
  const std::string &name = decl.name.text;
  auto duplicate = [&](const Decl *first) {
    error(decl.name.range, fmt::format("`{}` is declared twice", name))
        .note(first->name.range, "the first declaration is here");
  };
  if (!library && decl.kind != DeclKind::Game)
    own.push_back(&decl);
  switch (decl.kind) {
  case DeclKind::Game: {
    auto &list = isMain ? games : importedGames;
    list.push_back(&decl);
    return;
  }
  case DeclKind::Optimizer:
  case DeclKind::Source:
  case DeclKind::Way: {
    DeclTable &table = decl.kind == DeclKind::Optimizer ? (library ? libraryOptimizers : userOptimizers)
                       : decl.kind == DeclKind::Source  ? (library ? librarySources : userSources)
                                                        : (library ? libraryWays : userWays);
    auto [it, fresh] = table.emplace(name, &decl);
    if (!fresh)
      duplicate(it->second);
    return;
  }
  case DeclKind::Import:
    return;
  default:
    break;
  }
  Global entry;
  entry.decl = &decl;
  auto [it, fresh] = (library ? libraryNames : userNames).emplace(name, entry);
  if (!fresh)
    return duplicate(it->second.decl);
  if (library)
    return;
  if (decl.kind == DeclKind::Const)
    constants.push_back(&decl);
  if (decl.kind == DeclKind::Network)
    networks.push_back(&decl);
}

/// `-D NAME=VALUE` is parsed as the declaration that it replaces.
void Declarations::applyDefines() {
  for (const auto &[name, text] : options.defines) {
    const syntax::SourceFile &file = sources.add("<command line>", fmt::format("const {} = {}\n", name, text));
    SourceRange whole{&file, 0, uint32_t(file.text.size() - 1)};
    unsigned before = reporter.diagnostics.numErrors();
    modules.push_back(std::make_unique<syntax::Module>(syntax::parse(file, reporter.diagnostics)));
    const auto &decls = modules.back()->decls;
    if (reporter.diagnostics.numErrors() != before)
      continue;
    if (decls.size() != 1 || decls[0].kind != DeclKind::Const || decls[0].name.text != name) {
      error(whole, fmt::format("-D expects NAME=VALUE with a constant expression, got {}={}", name, text));
      continue;
    }
    auto it = userNames.find(name);
    if (it != userNames.end() && it->second.decl->kind == DeclKind::Const) {
      defines[name] = &decls[0];
      continue;
    }
    if (name == given::batch && it == userNames.end()) {
      defines[name] = &decls[0];
      Global entry;
      entry.decl = &decls[0];
      userNames.emplace(name, entry);
      constants.push_back(&decls[0]);
      continue;
    }
    Diagnostic &diagnostic = error(whole, fmt::format("-D {}: no constant of this name is declared", name));
    std::vector<std::string> names{std::string(given::batch)};
    for (const Decl *decl : constants)
      names.push_back(decl->name.text);
    suggest(diagnostic, name, names);
  }
}

const Decl *Declarations::findOptimizer(const Ident &name, bool library) {
  if (!library)
    if (auto it = userOptimizers.find(name.text); it != userOptimizers.end())
      return it->second;
  auto it = libraryOptimizers.find(name.text);
  return it == libraryOptimizers.end() ? nullptr : it->second;
}

const Decl *Declarations::findWay(std::string_view name) const {
  if (auto it = userWays.find(name); it != userWays.end())
    return it->second;
  auto it = libraryWays.find(name);
  return it == libraryWays.end() ? nullptr : it->second;
}

const Decl *Declarations::findSource(const Ident &name) {
  if (auto it = userSources.find(name.text); it != userSources.end())
    return it->second;
  auto it = librarySources.find(name.text);
  return it == librarySources.end() ? nullptr : it->second;
}

bool Declarations::isKnown(const std::string &name) const {
  return userNames.count(name) || libraryNames.count(name) || findBuiltin(name);
}

const Decl *Declarations::findNetwork(std::string_view name) const {
  auto it = userNames.find(name);
  return it != userNames.end() && it->second.decl->kind == DeclKind::Network ? it->second.decl : nullptr;
}

} // namespace agon::sema
