//===- language.cpp - Programs: lexer, parser, elaboration ----------------===//
#include "frontend/sema/Sema.h"
#include "frontend/syntax/Parser.h"

#include <optional>
#include <string>

using namespace agon;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  syntax::SourceManager sources;
  syntax::Diagnostics diagnostics;
  sema::Options options;
  options.readFile = [](const std::string &, std::string &) -> std::optional<std::string> { return std::nullopt; };
  const syntax::SourceFile &file = sources.add("main.agon", std::string(reinterpret_cast<const char *>(data), size));
  syntax::Module module = syntax::parse(file, diagnostics);
  if (!diagnostics.hasErrors()) // as agonc does
    sema::analyze(module, sources, options, diagnostics);
  diagnostics.render(false);
  return 0;
}
