//===- Names.cpp - Declarations, imports, constants, -D ---------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "frontend/sema/Elaborator.h"
#include "frontend/std/Library.h"
#include "frontend/syntax/Parser.h"
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>

namespace agon::sema {

Elaborator::Elaborator(syntax::SourceManager &sources, const Options &options, syntax::Diagnostics &diagnostics)
    : sources(sources), options(options), diagnostics(diagnostics), model(std::make_unique<Model>()) {}

void Elaborator::loadLibrary() {
  for (const auto &[name, text] : library::standardLibrary()) {
    const syntax::SourceFile &file = sources.add("<std>/" + name, text, true);
    modules.push_back(std::make_unique<syntax::Module>(syntax::parse(file, diagnostics)));
    for (const Decl &decl : modules.back()->decls)
      declare(decl, true, false);
  }
}

void Elaborator::loadModule(const syntax::Module &module, std::vector<std::string> &stack, bool isMain) {
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
    modules.push_back(std::make_unique<syntax::Module>(syntax::parse(file, diagnostics)));
    const syntax::Module &next = *modules.back();
    stack.push_back(path);
    loadModule(next, stack, false);
    stack.pop_back();
  }
}

void Elaborator::declare(const Decl &decl, bool library, bool isMain) {
  const std::string &name = decl.name.text;
  auto duplicate = [&](const Decl *first) {
    error(decl.name.range, fmt::format("`{}` is declared twice", name))
        .note(first->name.range, "the first declaration is here");
  };
  switch (decl.kind) {
  case DeclKind::Game: {
    auto &list = isMain ? games : importedGames;
    list.push_back(&decl);
    return;
  }
  case DeclKind::Optimizer:
  case DeclKind::Source: {
    DeclTable &table = decl.kind == DeclKind::Optimizer ? (library ? libraryOptimizers : userOptimizers)
                                                        : (library ? librarySources : userSources);
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
void Elaborator::applyDefines() {
  for (const auto &[name, text] : options.defines) {
    const syntax::SourceFile &file = sources.add("<command line>", fmt::format("const {} = {}\n", name, text));
    SourceRange whole{&file, 0, uint32_t(file.text.size() - 1)};
    unsigned before = diagnostics.numErrors();
    modules.push_back(std::make_unique<syntax::Module>(syntax::parse(file, diagnostics)));
    const auto &decls = modules.back()->decls;
    if (diagnostics.numErrors() != before)
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
    if (name == "batch" && it == userNames.end()) {
      defines[name] = &decls[0];
      Global entry;
      entry.decl = &decls[0];
      userNames.emplace(name, entry);
      constants.push_back(&decls[0]);
      continue;
    }
    Diagnostic &diagnostic = error(whole, fmt::format("-D {}: no constant of this name is declared", name));
    std::vector<std::string> names{"batch"};
    for (const Decl *decl : constants)
      names.push_back(decl->name.text);
    suggest(diagnostic, name, names);
  }
}

Value Elaborator::global(Global &entry, SourceRange at) {
  if (entry.decl->kind != DeclKind::Const)
    return Value::ofDecl(entry.decl);
  if (entry.state == Global::Done)
    return entry.value;
  if (entry.state == Global::Running) {
    error(entry.decl->name.range, fmt::format("the constant `{}` depends on itself", entry.decl->name.text))
        .note(at, "it is needed here");
    entry.state = Global::Done;
    entry.value = {};
    return {};
  }
  entry.state = Global::Running;
  const Decl *decl = entry.decl;
  bool library = decl->range.file && decl->range.file->isStandardLibrary;
  if (auto it = defines.find(decl->name.text); it != defines.end() && !library)
    decl = it->second;
  Context none;
  Scope empty;
  empty.library = library;
  Saved savedContext(context, &none);
  Saved savedScope(scope, &empty);
  Saved savedPlace(userPlace, library ? userPlace : decl->name.range);
  std::vector<Call> noCalls;
  noCalls.swap(calls);
  Value value = decl->value ? eval(*decl->value) : Value();
  noCalls.swap(calls);
  if (entry.state == Global::Done) // It depended on itself.
    return {};
  entry.state = Global::Done;
  entry.value = value;
  return value;
}

std::vector<std::string> Elaborator::candidates(bool callees) const {
  if (!diagnostics.wantsSuggestions())
    return {};
  std::vector<std::string> names = builtinNames();
  for (const Scope *s = scope; s; s = s->parent)
    for (const auto &entry : s->names)
      names.push_back(entry.first);
  if (!scope || !scope->library)
    for (const auto &entry : userNames)
      names.push_back(entry.first);
  for (const auto &entry : libraryNames)
    names.push_back(entry.first);
  if (!callees)
    names.insert(names.end(), {"pi", "inf", "true", "false", "training", "batch"});
  return names;
}

int64_t Elaborator::batchSize() {
  if (batch)
    return batch;
  batch = 64;
  auto it = userNames.find("batch");
  if (it == userNames.end() || it->second.decl->kind != DeclKind::Const)
    return batch;
  const Decl *decl = it->second.decl;
  if (auto define = defines.find("batch"); define != defines.end())
    decl = define->second;
  Value value = global(it->second, decl->name.range);
  if (value.is(Value::Kind::Int) && value.integer >= 1 && value.integer <= (1 << 24))
    batch = value.integer;
  else if (!value.isError())
    error(decl->value ? decl->value->range : decl->range,
          fmt::format("`batch` is a number of samples from 1 to 16777216, got {}", describe(value)));
  return batch;
}

Value Elaborator::lookup(std::string_view name, SourceRange at) {
  for (const Scope *s = scope; s; s = s->parent)
    if (const Value *value = s->find(name))
      return read(*value, at);
  bool library = scope && scope->library;
  if (name == "batch" && (library || !userNames.count("batch")))
    return Value::ofInt(batchSize());
  if (!library)
    if (auto it = userNames.find(name); it != userNames.end())
      return global(it->second, at);
  if (auto it = libraryNames.find(name); it != libraryNames.end())
    return global(it->second, at);
  if (name == "training")
    return Value::ofBool(!context || context->training);
  if (name == "pi")
    return Value::ofReal(M_PI);
  if (name == "inf")
    return Value::ofReal(INFINITY);
  if (name == "all")
    return Value::all();
  if (const Builtin *builtin = findBuiltin(name)) {
    Value value;
    value.kind = Value::Kind::Callable;
    value.builtin = builtin;
    return value;
  }
  if (isPlanned(name))
    return notThereYet(at, name);
  Diagnostic &diagnostic = error(at, fmt::format("unknown name `{}`", name));
  if (findOptimizer(Ident{std::string(name), at}, library))
    diagnostic.help(fmt::format("`{}` is an optimizer: it stands after `with`", name));
  else
    suggest(diagnostic, name, candidates(false));
  return {};
}

Value Elaborator::lookupCallee(const Ident &name) {
  // A local that cannot be called does not hide a function: batchnorm's state
  // `mean` and the function `mean` live side by side.
  for (const Scope *s = scope; s; s = s->parent)
    if (const Value *value = s->find(name.text)) {
      if (value->is(Value::Kind::Callable) || value->isError())
        return *value;
      if (value->is(Value::Kind::GameName)) {
        const GameName &item = gameNames[value->index];
        if (item.item->kind == syntax::GameItemKind::Let) {
          Value result = read(*value, name.range);
          if (result.is(Value::Kind::Callable) || result.isError())
            return result;
        }
      }
    }
  bool library = scope && scope->library;
  if (!library)
    if (auto it = userNames.find(name.text); it != userNames.end()) {
      Value value = global(it->second, name.range);
      if (value.is(Value::Kind::Callable) || value.isError())
        return value;
    }
  if (auto it = libraryNames.find(name.text); it != libraryNames.end())
    return global(it->second, name.range);
  if (const Builtin *builtin = findBuiltin(name.text)) {
    Value value;
    value.kind = Value::Kind::Callable;
    value.builtin = builtin;
    return value;
  }
  for (const Scope *s = scope; s; s = s->parent)
    if (s->find(name.text)) {
      error(name.range, fmt::format("`{}` is a value and cannot be applied", name.text));
      return {};
    }
  if (!library && userNames.count(name.text)) {
    error(name.range, fmt::format("`{}` is a constant and cannot be applied", name.text));
    return {};
  }
  if (isPlanned(name.text))
    return notThereYet(name.range, name.text);
  Diagnostic &diagnostic = error(name.range, fmt::format("unknown function, layer or network `{}`", name.text));
  if (findOptimizer(name, library))
    diagnostic.help(fmt::format("`{}` is an optimizer: it stands after `with`", name.text));
  else if (userSources.count(name.text) || librarySources.count(name.text))
    diagnostic.help(fmt::format("`{0}` is a source: write `data x: [2] ~ {0}(...)`", name.text));
  else
    suggest(diagnostic, name.text, candidates(true));
  return {};
}

const Decl *Elaborator::findOptimizer(const Ident &name, bool library) {
  if (!library)
    if (auto it = userOptimizers.find(name.text); it != userOptimizers.end())
      return it->second;
  auto it = libraryOptimizers.find(name.text);
  return it == libraryOptimizers.end() ? nullptr : it->second;
}

const Decl *Elaborator::findSource(const Ident &name) {
  if (auto it = userSources.find(name.text); it != userSources.end())
    return it->second;
  auto it = librarySources.find(name.text);
  return it == librarySources.end() ? nullptr : it->second;
}

} // namespace agon::sema
