//===- Declarations.h - The program's declarations -------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_EVAL_DECLARATIONS_H
#define AGON_FRONTEND_SEMA_EVAL_DECLARATIONS_H

#include "frontend/sema/Diagnose.h"
#include "frontend/sema/Options.h"
#include "frontend/sema/graph/Value.h"
#include <map>
#include <set>

namespace agon::sema {

using syntax::Decl;
using syntax::DeclKind;
using syntax::Ident;

/// What the program, its imports and the library declare.
class Declarations : public Reporting {
public:
  Declarations(syntax::SourceManager &sources, const Options &options, Reporter &reporter)
      : Reporting(reporter), options(options), sources(sources) {}

  /// All of the library, of the program and of what it imports, and the `-D`s.
  void load(const syntax::Module &main);

  const Decl *findOptimizer(const Ident &name, bool library);
  /// A way to play, the user's first; null if there is none.
  const Decl *findWay(std::string_view name) const;
  const Decl *findSource(const Ident &name);
  /// A network of the user's; null if it is none.
  const Decl *findNetwork(std::string_view name) const;
  /// Whether there is a declaration or a built-in function of the name.
  bool isKnown(const std::string &name) const;

  /// A name, and a constant's value once it has been needed.
  struct Global {
    const Decl *decl = nullptr;
    enum { Untouched, Running, Done } state = Untouched;
    Value value;
  };
  using Table = std::map<std::string, Global, std::less<>>;
  using DeclTable = std::map<std::string, const Decl *, std::less<>>;

  Table userNames, libraryNames;
  DeclTable userOptimizers, libraryOptimizers, userSources, librarySources, userWays, libraryWays;
  std::vector<const Decl *> constants, networks, games, importedGames;
  std::vector<const Decl *> own; ///< All of the user's but games.
  std::map<std::string, const Decl *> defines;
  const Options &options;

private:
  void loadLibrary();
  void loadModule(const syntax::Module &module, std::vector<std::string> &stack, bool isMain);
  void applyDefines();
  void declare(const Decl &decl, bool library, bool isMain);

  syntax::SourceManager &sources;
  std::vector<std::unique_ptr<syntax::Module>> modules;
  std::set<std::string> imported;
};

} // namespace agon::sema
#endif
