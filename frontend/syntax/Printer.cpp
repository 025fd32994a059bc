//===- Printer.cpp - The syntax tree as text ------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "frontend/syntax/Parser.h"
#include <fmt/format.h>

namespace agon::syntax {

namespace {

const char *name(UnaryOp op) { return op == UnaryOp::Neg ? "-" : "not"; }

const char *name(BinaryOp op) {
  constexpr const char *names[] = {"+", "-", "*", "/", "%", "^", "@", "<", "<=", ">", ">=", "==", "!=", "and", "or"};
  return names[static_cast<size_t>(op)];
}

const char *name(StmtKind kind) {
  constexpr const char *names[] = {"let", "assign", "param",   "state", "write", "return", "for",
                                   "if",  "noise",  "require", "mode",  "step",  "draw",   "play"};
  return names[static_cast<size_t>(kind)];
}

const char *name(DeclKind kind) {
  constexpr const char *names[] = {"import", "const", "fn", "layer", "network", "optimizer", "source", "way", "game"};
  return names[static_cast<size_t>(kind)];
}

const char *name(GameItemKind kind) {
  constexpr const char *names[] = {"data", "noise",  "let",     "value", "player", "move",
                                   "play", "metric", "average", "init",  "frozen", "init"};
  return names[static_cast<size_t>(kind)];
}

const char *name(Turn::Kind kind) {
  constexpr const char *names[] = {"move", "simultaneous", "repeat", "sequence", "unrolled", "way"};
  return names[static_cast<size_t>(kind)];
}

/// A string as it stands in a model file, in quotes and with escapes.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '\n')
      result += "\\n";
    else if (c == '\t')
      result += "\\t";
    else if (c == '"' || c == '\\')
      (result += '\\') += c;
    else
      result += c;
  }
  return result + '"';
}

/// The names of a line: `x`, or `(x, y)` of several.
std::string joined(const std::vector<Ident> &names) {
  std::string result;
  for (const Ident &ident : names)
    result += (result.empty() ? "" : ", ") + ident.text;
  return names.size() == 1 ? result : "(" + result + ")";
}

/// A node a line, its children indented below it.
class Printer {
public:
  std::string take() { return std::move(out); }

  void print(const Module &module) {
    out += "module\n";
    Indent indent(*this);
    for (const Decl &decl : module.decls)
      print(decl);
  }

private:
  /// Lines are indented by two more as long as it lives.
  struct Indent {
    explicit Indent(Printer &printer) : printer(printer) { printer.depth += 2; }
    ~Indent() { printer.depth -= 2; }
    Printer &printer;
  };

  /// One line: the part this node plays in the one above (may be empty), the
  /// node, its place.
  void line(std::string_view role, std::string_view node, SourceRange range) {
    out.append(depth, ' ');
    if (!role.empty())
      out += fmt::format("{}: ", role);
    out += node;
    if (range) {
      auto [line, column] = range.file->lineColumn(range.begin);
      out += fmt::format(" {}:{}", line, column);
    }
    out += '\n';
  }

  /// What an expression is, without its children, for its line.
  static std::string head(const Expr &expr) {
    switch (expr.kind) {
    case ExprKind::Integer:
      return fmt::format("integer {}", expr.integer);
    case ExprKind::Real:
      return fmt::format("real {}", expr.real);
    case ExprKind::Bool:
      return expr.boolean ? "bool true" : "bool false";
    case ExprKind::String:
      return "string " + quoted(expr.text);
    case ExprKind::Name:
      return "name " + expr.text;
    case ExprKind::Unary:
      return fmt::format("unary {}", name(expr.unary));
    case ExprKind::Binary:
      return fmt::format("binary {}", name(expr.binary));
    case ExprKind::Call:
      return fmt::format("call {}{}{}", expr.callee.text, expr.averaged ? "(" + expr.averaged->text + ")" : "",
                         expr.piped ? " piped" : "");
    case ExprKind::Index:
      return "index";
    case ExprKind::Conditional:
      return "conditional";
    case ExprKind::List:
      return "list";
    case ExprKind::Tuple:
      return "tuple";
    case ExprKind::Expectation:
      return "expectation";
    }
    return "";
  }

  void print(const ExprPtr &expr, std::string_view role = "") {
    if (!expr)
      return;
    line(role, head(*expr), expr->range);
    Indent indent(*this);
    for (size_t i = 0; i < expr->children.size(); ++i)
      print(expr->children[i], i < expr->spread.size() && expr->spread[i] ? ".." : "");
    print(expr->args);
    for (const Subscript &subscript : expr->subscripts) {
      if (!subscript.isSlice) {
        print(subscript.first);
        continue;
      }
      line("", "slice", subscript.range);
      Indent indent(*this);
      print(subscript.first, "from");
      print(subscript.last, "to");
    }
  }

  void print(const std::vector<Arg> &args) {
    for (const Arg &arg : args)
      print(arg.value, arg.name ? arg.name->text : "");
  }

  void print(const TypePtr &type, std::string_view role = "") {
    if (!type)
      return;
    constexpr const char *names[] = {"shape", "class", "int", "real", "bool", "tuple"};
    line(role, fmt::format("type {}", names[static_cast<size_t>(type->kind)]), type->range);
    Indent indent(*this);
    for (size_t i = 0; i < type->dims.size(); ++i) {
      if (type->dims[i])
        print(type->dims[i], type->spread[i] ? ".." : "");
      else
        line("", "..", {});
    }
    print(type->classes);
    for (const TypePtr &element : type->elements)
      print(element);
  }

  void print(const std::vector<StmtPtr> &body, std::string_view role = "body") {
    if (body.empty())
      return;
    line("", role, {});
    Indent indent(*this);
    for (const StmtPtr &stmt : body)
      print(*stmt);
  }

  void print(const Stmt &stmt) {
    std::string head = name(stmt.kind);
    if (!stmt.names.empty())
      head += " " + joined(stmt.names);
    line("", head, stmt.range);
    Indent indent(*this);
    print(stmt.type);
    print(stmt.first, stmt.last ? "from" : "over");
    print(stmt.last, "to");
    print(stmt.value, stmt.drawn ? "~" : "");
    print(stmt.radius, "within");
    print(stmt.args);
    print(stmt.body);
    print(stmt.elseBody, "else");
  }

  void print(const Turn &turn) {
    std::string head = name(turn.kind);
    if (!turn.player.text.empty())
      head += " " + turn.player.text;
    if (!turn.opponent.text.empty())
      head += " against " + turn.opponent.text;
    line("", head, turn.range);
    Indent indent(*this);
    print(turn.count, "count");
    print(turn.args);
    for (const auto &child : turn.children)
      print(*child);
  }

  void print(const GameItem &item) {
    std::string head = name(item.kind);
    if (!item.names.empty())
      head += " " + joined(item.names);
    if (!item.owned.empty())
      head += " owns " + joined(item.owned);
    if (item.kind == GameItemKind::Player || item.kind == GameItemKind::Move)
      head += item.maximizes ? " maximizes" : " minimizes";
    if (item.kind == GameItemKind::Frozen || item.kind == GameItemKind::Load)
      head += " from " + quoted(item.file.text) + (item.alias ? " as " + item.alias->text : "");
    else if (item.alias)
      head += " as " + item.alias->text;
    line("", head, item.range);
    Indent indent(*this);
    for (const DataField &field : item.fields) {
      line("", "field " + field.name.text, field.name.range);
      Indent indent(*this);
      print(field.type);
      print(field.low, "low");
      print(field.high, "high");
    }
    print(item.type);
    print(item.value);
    for (const ExprPtr &optimizer : item.optimizer)
      print(optimizer, "with");
    if (item.turns)
      print(*item.turns);
  }

  void print(const Decl &decl) {
    bool isImport = decl.kind == DeclKind::Import;
    line("", fmt::format("{} {}", name(decl.kind), isImport ? quoted(decl.name.text) : decl.name.text), decl.range);
    Indent indent(*this);
    if (!decl.doc.empty())
      line("", "doc " + quoted(decl.doc), {});
    for (const Param &param : decl.params) {
      line("", "parameter " + param.name.text, param.name.range);
      Indent indent(*this);
      print(param.type);
      print(param.fallback, "default");
    }
    print(decl.result, "result");
    print(decl.value);
    print(decl.body);
    for (const GameItem &item : decl.items)
      print(item);
  }

  std::string out;
  size_t depth = 0;
};

} // namespace

std::string printTree(const Module &module) {
  Printer printer;
  printer.print(module);
  return printer.take();
}

} // namespace agon::syntax
