//===- Pickle.cpp - What Python 2 pickled ---------------------------------===//
//
// https://github.com/python/cpython/blob/main/Lib/pickletools.py describes every operation.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/Pickle.h"

#include "runtime/core/Failure.h"

#include <map>
#include <utility>

using namespace agon::rt;

namespace {

using Kind = PickleValue::Kind;
using Value = PickleValue *;

/// A machine with a stack of values, and a memory of those that it may be asked for again.
class Machine {
public:
  Machine(std::span<const std::byte> content, const std::string &place)
      : text(reinterpret_cast<const char *>(content.data()), content.size()), place(place) {}

  Pickle run();

private:
  [[noreturn]] void refuse(const std::string &what) const {
    fail(ExitCode::BadData, "{}: the pickle {} at byte {}", place, what, at);
  }
  std::string_view take(size_t count) {
    if (count > text.size() - at)
      refuse("ends early");
    at += count;
    return text.substr(at - count, count);
  }
  /// A number of `count` bytes, the lowest first.
  uint64_t number(size_t count) {
    uint64_t value = 0;
    std::string_view bytes = take(count);
    for (size_t i = count; i-- > 0;)
      value = value << 8 | uint8_t(bytes[i]);
    return value;
  }
  std::string_view line() {
    size_t end = text.find('\n', at);
    if (end == std::string_view::npos)
      refuse("ends early");
    std::string_view taken = text.substr(at, end - at);
    at = end + 1;
    return taken;
  }
  void push(Kind kind, int64_t integer = 0, std::string_view string = {}) {
    stack.push_back(&result.values.emplace_back(PickleValue{kind, integer, string, {}}));
  }
  Value pop() {
    if (stack.empty() || (!marks.empty() && stack.size() == marks.back()))
      refuse("takes what is not there");
    Value value = stack.back();
    stack.pop_back();
    return value;
  }
  /// The values above the last mark, which goes.
  std::vector<Value> popToMark() {
    if (marks.empty() || marks.back() > stack.size())
      refuse("takes what is not there");
    std::vector<Value> values(stack.begin() + std::ptrdiff_t(marks.back()), stack.end());
    stack.resize(marks.back());
    marks.pop_back();
    return values;
  }
  /// The last `count` values as a tuple.
  void tuple(size_t count) {
    std::vector<Value> values(count);
    while (count > 0)
      values[--count] = pop();
    push(Kind::Tuple);
    stack.back()->items = std::move(values);
  }
  void extend(Kind kind, const std::vector<Value> &values) {
    if (stack.empty() || stack.back()->kind != kind || (kind == Kind::Dictionary && values.size() % 2 != 0))
      refuse("adds items to what has none");
    stack.back()->items.insert(stack.back()->items.end(), values.begin(), values.end());
  }
  void get(size_t key) {
    auto found = memory.find(key);
    if (found == memory.end())
      refuse("takes what is not there");
    stack.push_back(found->second);
  }
  void put(size_t key) {
    if (stack.empty())
      refuse("takes what is not there");
    memory[key] = stack.back();
  }
  void global() {
    size_t begin = at;
    line();
    line();
    push(Kind::Name, 0, text.substr(begin, at - 1 - begin));
  }
  /// One operation; false at the end.
  bool step();

  std::string_view text;
  const std::string &place;
  size_t at = 0;
  std::vector<Value> stack;
  std::vector<size_t> marks; ///< heights of the stack
  std::map<size_t, Value> memory;
  Pickle result;
};

bool Machine::step() {
  size_t begin = at;
  char operation = take(1)[0];
  switch (operation) {
  case '\x80': // PROTO
    if (uint64_t protocol = number(1); protocol != 2)
      refuse(
          fmt::format("is of protocol {}, expected 2, which CIFAR's archives have as they are downloaded,", protocol));
    break;
  case '.': // STOP
    return false;
  case '(': // MARK
    marks.push_back(stack.size());
    break;
  case 'N': // NONE
    push(Kind::None);
    break;
  case '\x88': // NEWTRUE
  case '\x89': // NEWFALSE
    push(Kind::Integer, operation == '\x88');
    break;
  case 'J': // BININT
    push(Kind::Integer, int32_t(number(4)));
    break;
  case 'K': // BININT1
    push(Kind::Integer, int64_t(number(1)));
    break;
  case 'M': // BININT2
    push(Kind::Integer, int64_t(number(2)));
    break;
  case 'U': // SHORT_BINSTRING
    push(Kind::Text, 0, take(number(1)));
    break;
  case 'T': // BINSTRING
  case 'X': // BINUNICODE
    push(Kind::Text, 0, take(number(4)));
    break;
  case ']': // EMPTY_LIST
    push(Kind::List);
    break;
  case '}': // EMPTY_DICT
    push(Kind::Dictionary);
    break;
  case ')': // EMPTY_TUPLE
    push(Kind::Tuple);
    break;
  case '\x85': // TUPLE1
  case '\x86': // TUPLE2
  case '\x87': // TUPLE3
    tuple(size_t(uint8_t(operation) - 0x84));
    break;
  case 't': { // TUPLE
    std::vector<Value> values = popToMark();
    push(Kind::Tuple);
    stack.back()->items = std::move(values);
    break;
  }
  case 'a': // APPEND
    extend(Kind::List, {pop()});
    break;
  case 'e': // APPENDS
    extend(Kind::List, popToMark());
    break;
  case 's': { // SETITEM
    Value value = pop(), key = pop();
    extend(Kind::Dictionary, {key, value});
    break;
  }
  case 'u': // SETITEMS
    extend(Kind::Dictionary, popToMark());
    break;
  case 'q': // BINPUT
    put(number(1));
    break;
  case 'r': // LONG_BINPUT
    put(number(4));
    break;
  case 'h': // BINGET
    get(number(1));
    break;
  case 'j': // LONG_BINGET
    get(number(4));
    break;
  case 'c': // GLOBAL
    global();
    break;
  case 'R': { // REDUCE
    Value arguments = pop(), maker = pop();
    push(Kind::Object);
    stack.back()->items = {maker, arguments};
    break;
  }
  case 'b': { // BUILD
    Value state = pop();
    if (stack.empty() || stack.back()->kind != Kind::Object || stack.back()->items.size() != 2)
      refuse("gives a state to what has none");
    stack.back()->items.push_back(state);
    break;
  }
  default:
    at = begin;
    refuse(fmt::format("has the operation {:#04x}, which CIFAR's archives have not,", unsigned(uint8_t(operation))));
  }
  return true;
}

Pickle Machine::run() {
  if (!text.starts_with('\x80'))
    refuse("is of protocol 0 or 1 or none at all, expected protocol 2, which CIFAR's archives have as they are "
           "downloaded,");
  while (step())
    ;
  result.whole = pop();
  if (!stack.empty() || !marks.empty())
    refuse("ends with more than one value");
  return std::move(result);
}

bool isName(const PickleValue &value, std::string_view name) { return value.kind == Kind::Name && value.text == name; }

} // namespace

const PickleValue *PickleValue::at(std::string_view key) const {
  for (size_t i = 0; kind == Kind::Dictionary && i + 1 < items.size(); i += 2)
    if (items[i]->kind == Kind::Text && items[i]->text == key)
      return items[i + 1];
  return nullptr;
}

Pickle agon::rt::readPickle(std::span<const std::byte> content, const std::string &place) {
  return Machine(content, place).run();
}

PickledBytes agon::rt::bytesIn(const PickleValue *value, const std::string &place) {
  // _reconstruct(ndarray, (0,), 'b') with the state (version, shape, dtype, whether Fortran's order, bytes); dtype is
  // dtype('u1', ...) with a state.
  bool isArray = value && value->kind == Kind::Object && value->items.size() == 3 &&
                 isName(*value->items[0], "numpy.core.multiarray\n_reconstruct");
  if (isArray) {
    const PickleValue &state = *value->items[2];
    if (state.items.size() == 5 && state.items[1]->items.size() == 2 && state.items[2]->items.size() >= 2) {
      const PickleValue &shape = *state.items[1], &type = *state.items[2], &bytes = *state.items[4];
      PickledBytes result{shape.items[0]->integer, shape.items[1]->integer, bytes.text};
      bool isBytes = isName(*type.items[0], "numpy\ndtype") && !type.items[1]->items.empty() &&
                     type.items[1]->items[0]->text == "u1";
      bool fits = result.rows >= 0 && result.columns > 0 &&
                  uint64_t(result.rows) == result.bytes.size() / uint64_t(result.columns) &&
                  result.bytes.size() % uint64_t(result.columns) == 0;
      if (isBytes && fits && state.items[3]->integer == 0)
        return result;
    }
  }
  fail(ExitCode::BadData, "{}: expected the pictures to be an array of bytes, a row each", place);
}

std::vector<int32_t> agon::rt::integersIn(const PickleValue *value, const std::string &place) {
  std::vector<int32_t> integers;
  bool isList = value && value->kind == Kind::List;
  for (size_t i = 0; isList && i < value->items.size(); ++i) {
    isList = value->items[i]->kind == Kind::Integer;
    integers.push_back(int32_t(value->items[i]->integer));
  }
  if (!isList)
    fail(ExitCode::BadData, "{}: expected the classes to be a list of numbers", place);
  return integers;
}
