//===- Support.h - Programs for the tests of sema ----------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_TEST_UNIT_SEMA_SUPPORT_H
#define AGON_TEST_UNIT_SEMA_SUPPORT_H

#include "frontend/sema/Sema.h"
#include "test/unit/sema/Interpreter.h"
#include <gtest/gtest.h>

namespace agon::sema::test {

/// A program and what became of it.
struct Program {
  std::unique_ptr<syntax::SourceManager> sources;
  std::unique_ptr<syntax::Diagnostics> diagnostics;
  std::unique_ptr<Model> model;
  std::string messages;
  bool ok() const { return !diagnostics->hasErrors(); }
  const Network &network(std::string_view name) const;
  const Player &player(std::string_view name) const;
  const Variable &variable(std::string_view name) const;
};

Program compile(const std::string &text, std::map<std::string, std::string> defines = {},
                std::map<std::string, std::string> files = {});

/// Compiles, and fails the test with the messages if that does not succeed.
Program good(const std::string &text, std::map<std::string, std::string> defines = {},
             std::map<std::string, std::string> files = {});

/// The first error's message; "" if there is none.
std::string firstError(const std::string &text);

/// The value of `const NAME = EXPR`, as printed.
std::string constant(const std::string &expression);

/// The storages' paths of a network.
std::vector<std::string> paths(const Network &network);

/// Applies `expression` of x in a network `N(x: shape)`, to a minibatch of x given row-major.
Array apply(const std::string &signature, const std::string &body, std::vector<double> x, int64_t batch = 1,
            const std::string &more = "", bool training = true);

/// The number of nodes of the operation.
int64_t count(const Graph &graph, Op op);

/// Two networks and a game with the items given.
std::string gameOf(const std::string &items);

} // namespace agon::sema::test
#endif
