//===- Support.cpp - Programs for the tests of sema -------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "test/unit/sema/Support.h"
#include "frontend/syntax/Parser.h"

namespace agon::sema::test {

const Network &Program::network(std::string_view name) const {
  for (const auto &network : model->networks)
    if (network->name == name)
      return *network;
  ADD_FAILURE() << "no network " << name;
  std::abort();
}

const Player &Program::player(std::string_view name) const {
  for (const auto &player : model->game->players)
    if (player->name == name)
      return *player;
  ADD_FAILURE() << "no player " << name;
  std::abort();
}

const Variable &Program::variable(std::string_view name) const {
  for (const auto &variable : model->game->variables)
    if (variable->name == name)
      return *variable;
  ADD_FAILURE() << "no variable " << name;
  std::abort();
}

Program compile(const std::string &text, std::map<std::string, std::string> defines,
                std::map<std::string, std::string> files) {
  Program program;
  program.sources = std::make_unique<syntax::SourceManager>();
  program.diagnostics = std::make_unique<syntax::Diagnostics>();
  Options options;
  options.defines = std::move(defines);
  options.readFile = [&](const std::string &path, std::string &) -> std::optional<std::string> {
    auto it = files.find(path);
    return it == files.end() ? std::nullopt : std::optional(it->second);
  };
  const syntax::SourceFile &file = program.sources->add("dir/main.agon", text);
  syntax::Module module = syntax::parse(file, *program.diagnostics);
  program.model = analyze(module, *program.sources, options, *program.diagnostics);
  program.messages = program.diagnostics->render(false);
  return program;
}

Program good(const std::string &text, std::map<std::string, std::string> defines,
             std::map<std::string, std::string> files) {
  Program program = compile(text, std::move(defines), std::move(files));
  EXPECT_TRUE(program.ok()) << program.messages << "\nin\n" << text;
  return program;
}

std::string firstError(const std::string &text) {
  Program program = compile(text);
  for (const auto &diagnostic : program.diagnostics->all())
    if (diagnostic->severity == syntax::Severity::Error)
      return diagnostic->message;
  return "";
}

std::string constant(const std::string &expression) {
  Program program = good("const probe = " + expression + "\n");
  for (const auto &[name, value] : program.model->constants)
    if (name == "probe")
      return value;
  return "(none)";
}

std::vector<std::string> paths(const Network &network) {
  std::vector<std::string> result;
  for (const Storage &storage : network.storages)
    result.push_back((storage.isState ? "state " : "") + storage.path);
  return result;
}

Array apply(const std::string &signature, const std::string &body, std::vector<double> x, int64_t batch,
            const std::string &more, bool training) {
  Program program =
      good("const batch = " + std::to_string(batch) + "\n" + more + "\nnetwork N" + signature + " " + body + "\n");
  if (!program.ok())
    return {};
  const Network &network = program.network("N");
  Interpreter interpreter(batch);
  Storages storages = interpreter.initialize(network);
  std::vector<Array> arguments;
  size_t offset = 0;
  for (const Type &type : network.arguments) {
    Array array = Array::zeros(interpreter.fullShape(type));
    for (double &value : array.values)
      value = offset < x.size() ? x[offset++] : 0;
    arguments.push_back(std::move(array));
  }
  const Function &function = training ? network.forms[0]->training : network.forms[0]->sampling;
  return interpreter.run(function, arguments, storages).results[0];
}

int64_t count(const Graph &graph, Op op) {
  int64_t result = 0;
  for (const auto &node : graph.nodes)
    result += node->op == op;
  return result;
}

std::string gameOf(const std::string &items) {
  return "network G(z: [4]) -> [2] = z |> dense(8) |> relu |> dense(2)\n"
         "network D(x: [2]) -> [1] = x |> dense(8) |> relu |> dense(1)\n"
         "game g {\n  data x: [2] ~ ring()\n  noise z: [4] ~ normal(0, 1)\n" +
         items + "\n}\n";
}

} // namespace agon::sema::test
