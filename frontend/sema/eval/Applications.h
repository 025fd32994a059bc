//===- Applications.h - Functions, layers and networks, applied --*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_FRONTEND_SEMA_EVAL_APPLICATIONS_H
#define AGON_FRONTEND_SEMA_EVAL_APPLICATIONS_H

#include "frontend/sema/eval/Networks.h"

namespace agon::sema {

/// Applies what is declared: runs the body of a function or a layer, elaborates a network.
class Applications : public DeclaredFunctions, public Reporting {
public:
  explicit Applications(Networks &networks) : Reporting(networks.reporter), networks(networks), e(networks.e) {}

  Value apply(const Decl &decl, std::vector<ArgValue> &args, SourceRange at) override;
  Value applyAverage(const Ident &name, std::vector<ArgValue> &args, SourceRange at) override {
    return networks.applyAverage(name, args, at);
  }
  Value parameter(const Decl &network, std::string_view path, SourceRange at) override {
    return networks.parameter(network, path, at);
  }

private:
  Networks &networks;
  Evaluator &e;
};

} // namespace agon::sema
#endif
