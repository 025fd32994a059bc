//===- ParseExpr.cpp - Names and expressions ------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// From loosest to tightest:
//   if c then a else b     |>     or     and     not     < <= > >= == != (one)
//   + -     * / % @     unary -     ^ (to the right)     call, index
//===----------------------------------------------------------------------===//

#include "frontend/syntax/ParserImpl.h"
#include <algorithm>
#include <fmt/format.h>

namespace agon::syntax {

/// Of an expression's tree. Chains (`a + b + ...`, `x |> f |> ...`) make
/// high trees without recursion in the parser.
static constexpr uint32_t kMaxHeight = 1000;

enum Precedence { kOr = 1, kAnd, kNot, kComparison, kSum, kProduct, kNegation, kPower };

struct BinaryInfo {
  int precedence;
  BinaryOp op;
};

static std::optional<BinaryInfo> binaryInfo(TokenKind kind) {
  switch (kind) {
  case TokenKind::Or:
    return BinaryInfo{kOr, BinaryOp::Or};
  case TokenKind::And:
    return BinaryInfo{kAnd, BinaryOp::And};
  case TokenKind::Less:
    return BinaryInfo{kComparison, BinaryOp::Lt};
  case TokenKind::LessEqual:
    return BinaryInfo{kComparison, BinaryOp::Le};
  case TokenKind::Greater:
    return BinaryInfo{kComparison, BinaryOp::Gt};
  case TokenKind::GreaterEqual:
    return BinaryInfo{kComparison, BinaryOp::Ge};
  case TokenKind::EqualEqual:
    return BinaryInfo{kComparison, BinaryOp::Eq};
  case TokenKind::NotEqual:
    return BinaryInfo{kComparison, BinaryOp::Ne};
  case TokenKind::Plus:
    return BinaryInfo{kSum, BinaryOp::Add};
  case TokenKind::Minus:
    return BinaryInfo{kSum, BinaryOp::Sub};
  case TokenKind::Star:
    return BinaryInfo{kProduct, BinaryOp::Mul};
  case TokenKind::Slash:
    return BinaryInfo{kProduct, BinaryOp::Div};
  case TokenKind::Percent:
    return BinaryInfo{kProduct, BinaryOp::Mod};
  case TokenKind::At:
    return BinaryInfo{kProduct, BinaryOp::MatMul};
  default:
    return std::nullopt;
  }
}

//===-- Names -------------------------------------------------------------===//

std::optional<Ident> Parser::parseName(std::string_view what) {
  if (at(TokenKind::Name)) {
    const Token &token = take();
    return Ident{std::string(token.text), token.range};
  }
  Diagnostic &error = expected(what);
  if (isKeyword(tok().kind) && !atBreak())
    error.help(fmt::format("`{}` is reserved: choose another name", tok().text));
  return std::nullopt;
}

std::optional<Ident> Parser::parseDottedName(std::string_view what) {
  std::optional<Ident> name = parseName(what);
  if (!name)
    return name;
  while (at(TokenKind::Dot) && adjacent(previous(), tok()) && adjacent(tok(), peek())) {
    take();
    if (!at(TokenKind::Name)) {
      parseName(fmt::format("a name after `{}.`", name->text));
      return std::nullopt;
    }
    name->text += '.';
    name->text += take().text;
    name->range = since(name->range);
  }
  return name;
}

//===-- Trees -------------------------------------------------------------===//

ExprPtr Parser::finish(ExprPtr expr) {
  uint32_t below = 0;
  auto look = [&](const ExprPtr &child) {
    if (child)
      below = std::max(below, child->height);
  };
  for (const ExprPtr &child : expr->children)
    look(child);
  for (const Arg &arg : expr->args)
    look(arg.value);
  for (const Subscript &subscript : expr->subscripts) {
    look(subscript.first);
    look(subscript.last);
  }
  expr->height = below + 1;
  if (expr->height <= kMaxHeight)
    return expr;
  if (complainedAt != pos)
    errorAt(previous().range,
            fmt::format("the expression is too long: more than {} operations on each other", kMaxHeight))
        .help("give a part of it a name with `let`");
  return nullptr;
}

ExprPtr Parser::makeBinary(const Token &op, BinaryOp kind, ExprPtr left, ExprPtr right) {
  ExprPtr expr = make(ExprKind::Binary, left->range.to(right->range));
  expr->binary = kind;
  expr->opRange = op.range;
  expr->children.push_back(std::move(left));
  expr->children.push_back(std::move(right));
  return finish(std::move(expr));
}

//===-- Operators ---------------------------------------------------------===//

ExprPtr Parser::parseExpr() {
  Nest nest(*this);
  if (!nest)
    return nullptr;
  if (at(TokenKind::If) && !atBreak())
    return parseConditional();
  return parsePipeline(parseBinary(kOr));
}

ExprPtr Parser::parseConditional() {
  SourceRange begin = take().range;
  ExprPtr condition = parseExpr();
  if (!condition)
    return nullptr;
  if (!at(TokenKind::Then)) {
    Diagnostic &error = expected("`then` after the condition");
    if (at(TokenKind::LeftBrace))
      error.help("an `if` with braces is a statement; as a value, write `if c then a else b`");
    else if (at(TokenKind::Equal))
      error.help("equality is `==`");
    return nullptr;
  }
  take();
  ExprPtr yes = parseExpr();
  if (!yes)
    return nullptr;
  if (!at(TokenKind::Else)) {
    expected("`else`")
        .note(begin, "the conditional begins here")
        .help("a conditional expression has a value in both cases");
    return nullptr;
  }
  take();
  ExprPtr no = parseExpr();
  if (!no)
    return nullptr;
  ExprPtr expr = make(ExprKind::Conditional, since(begin));
  expr->children.push_back(std::move(condition));
  expr->children.push_back(std::move(yes));
  expr->children.push_back(std::move(no));
  return finish(std::move(expr));
}

ExprPtr Parser::parsePipeline(ExprPtr left) {
  while (left && at(TokenKind::PipeArrow)) {
    take();
    if (!at(TokenKind::Name) || atBreak()) {
      expected("a function, a layer or a network after `|>`")
          .help("`x |> f(a)` stands for `f(x, a)`: the right side is a name or a call");
      return nullptr;
    }
    std::optional<Ident> callee = parseDottedName("a name");
    if (!callee)
      return nullptr;
    ExprPtr call = make(ExprKind::Call, left->range);
    call->piped = true;
    call->args.push_back({std::nullopt, std::move(left)});
    if (continues(TokenKind::LeftParen) && !parseArgs(call->args, callee->text))
      return nullptr;
    call->callee = std::move(*callee);
    call->range = since(call->range);
    bool applied = continues(TokenKind::LeftBracket) || continues(TokenKind::LeftParen);
    bool combined = binaryInfo(tok().kind).has_value() || at(TokenKind::Caret);
    if (applied || combined) {
      expected(fmt::format("`|>` or the end of the pipeline after `{}`", call->callee.text))
          .help("`|>` binds loosest of all: put the pipeline in parentheses");
      return nullptr;
    }
    left = finish(std::move(call));
  }
  return left;
}

ExprPtr Parser::parseBinary(int minimum) {
  ExprPtr left = parseUnary(minimum);
  const Token *comparison = nullptr;
  while (left) {
    std::optional<BinaryInfo> info = binaryInfo(tok().kind);
    if (!info || info->precedence < minimum)
      break;
    if (info->precedence == kComparison && comparison) {
      if (tok().reported || complainedAt == pos)
        return nullptr;
      errorAt(tok().range, "comparisons do not chain")
          .note(comparison->range, "the other comparison is here")
          .help("join two with `and`: `a < b and b < c`");
      return nullptr;
    }
    const Token &op = take();
    if (info->precedence == kComparison)
      comparison = &op;
    ExprPtr right = parseBinary(info->precedence + 1);
    if (!right)
      return nullptr;
    left = makeBinary(op, info->op, std::move(left), std::move(right));
  }
  return left;
}

/// `-a` and `not a`, and what binds tighter. `minimum` is the place's
/// precedence: `not` binds looser than a comparison and is no operand of one.
ExprPtr Parser::parseUnary(int minimum) {
  bool negation = at(TokenKind::Minus) && !atBreak();
  if (!negation && (!at(TokenKind::Not) || atBreak()))
    return parsePower();
  Nest nest(*this);
  if (!nest)
    return nullptr;
  if (!negation && minimum > kNot) {
    expected("an operand")
        .help("`not` binds looser than the operator before it: put it in "
              "parentheses");
    return nullptr;
  }
  const Token &op = take();
  ExprPtr operand = negation ? parseUnary(kNegation) : parseBinary(kNot);
  if (!operand)
    return nullptr;
  ExprPtr expr = make(ExprKind::Unary, op.range.to(operand->range));
  expr->unary = negation ? UnaryOp::Neg : UnaryOp::Not;
  expr->opRange = op.range;
  expr->children.push_back(std::move(operand));
  return finish(std::move(expr));
}

ExprPtr Parser::parsePower() {
  ExprPtr base = parsePostfix();
  if (!base || !at(TokenKind::Caret))
    return base;
  Nest nest(*this);
  if (!nest)
    return nullptr;
  const Token &op = take();
  // The exponent may be negated (2^-3), and is itself a power (2^3^2 = 2^9).
  ExprPtr exponent = parseUnary(kNegation);
  return exponent ? makeBinary(op, BinaryOp::Pow, std::move(base), std::move(exponent)) : nullptr;
}

ExprPtr Parser::parsePostfix() {
  ExprPtr expr = parsePrimary();
  while (expr) {
    if (continues(TokenKind::LeftBracket)) {
      expr = parseIndex(std::move(expr));
    } else if (continues(TokenKind::LeftParen)) {
      if (tok().reported)
        return nullptr;
      if (expr->kind == ExprKind::Call && expr->callee.text == "average" && !expr->averaged) {
        expr = parseAveraged(std::move(expr));
        continue;
      }
      errorAt(expr->range, "expected the name of a function before `(`")
          .help("only a name can be called; a product needs its sign: `a * (b + c)`");
      return nullptr;
    } else if (at(TokenKind::Dot) && adjacent(previous(), tok())) {
      expected("an operator").help("there are no methods: write `x |> f` or `f(x)`");
      return nullptr;
    } else {
      break;
    }
  }
  return expr;
}

//===-- Calls and indexing ------------------------------------------------===//

bool Parser::parseArgs(std::vector<Arg> &args, const std::string &callee) {
  const Token &open = take();
  return parseList(open, TokenKind::RightParen, fmt::format("the arguments of `{}`", callee),
                   [&] { return parseArg(args); });
}

bool Parser::parseArg(std::vector<Arg> &args) {
  Arg arg;
  const Token &first = tok();
  if (at(TokenKind::Name) && peek().kind == TokenKind::Equal) {
    arg.name = Ident{std::string(take().text), first.range};
    take();
  } else if (!args.empty() && args.back().name) {
    if (first.reported || !startsExpression())
      return expected("an argument"), false;
    errorAt(first.range, "a positional argument stands after a named one")
        .note(args.back().name->range, "this one is named")
        .help("positional arguments come first");
    return false;
  }
  arg.value = parseExpr();
  if (!arg.value)
    return false;
  if (arg.value->kind == ExprKind::Name && at(TokenKind::Colon))
    expected("`=` between the argument's name and value");
  args.push_back(std::move(arg));
  return complainedAt != pos;
}

ExprPtr Parser::parseCallOf(Ident callee) {
  ExprPtr call = make(ExprKind::Call, callee.range);
  if (!parseArgs(call->args, callee.text))
    return nullptr;
  call->callee = std::move(callee);
  call->range = since(call->range);
  return finish(std::move(call));
}

ExprPtr Parser::parseAveraged(ExprPtr average) {
  std::vector<Arg> names;
  names.swap(average->args);
  if (names.size() != 1 || names[0].name || names[0].value->kind != ExprKind::Name) {
    errorAt(average->range, "`average` takes the name of one network").help("write `average(G)(z)`");
    return nullptr;
  }
  average->averaged = Ident{names[0].value->text, names[0].value->range};
  if (!parseArgs(average->args, fmt::format("average({})", average->averaged->text)))
    return nullptr;
  average->range = since(average->range);
  return finish(std::move(average));
}

bool Parser::parseSubscript(Expr &index) {
  Subscript subscript;
  SourceRange begin = tok().range;
  if (!at(TokenKind::Colon)) {
    subscript.first = parseExpr();
    if (!subscript.first)
      return false;
  }
  if (accept(TokenKind::Colon)) {
    subscript.isSlice = true;
    if (!at(TokenKind::Comma) && !at(TokenKind::RightBracket)) {
      subscript.last = parseExpr();
      if (!subscript.last)
        return false;
    }
    if (at(TokenKind::Colon)) {
      expected("`,` or `]` after the slice").help("a slice is `a:b`: there is no step");
      return false;
    }
  }
  subscript.range = since(begin);
  index.subscripts.push_back(std::move(subscript));
  return true;
}

ExprPtr Parser::parseIndex(ExprPtr base) {
  const Token &open = take();
  ExprPtr index = make(ExprKind::Index, base->range);
  index->children.push_back(std::move(base));
  if (at(TokenKind::RightBracket)) {
    expected("an index").help("write `x[i]` or `x[a:b]`");
    return nullptr;
  }
  auto element = [&] { return parseSubscript(*index); };
  if (!parseList(open, TokenKind::RightBracket, "the index", element))
    return nullptr;
  index->range = since(index->range);
  return finish(std::move(index));
}

//===-- Primary expressions -----------------------------------------------===//

} // namespace agon::syntax
