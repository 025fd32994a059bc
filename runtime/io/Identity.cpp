#include "runtime/io/Identity.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>

using namespace agon::rt;
using Json = nlohmann::ordered_json;

namespace {

struct Part {
  std::string what, text, meaning, training, network;
  std::vector<std::string> uses;
};

std::string word(const Json &object, const char *key) {
  auto entry = object.is_object() ? object.find(key) : object.end();
  return entry != object.end() && entry->is_string() ? entry->get<std::string>() : std::string();
}

constexpr std::string_view processor = "cpu", otherDevice = "cuda";

/// Whether these parts say that a run has moved from one kind of device to another.
bool isMove(const Part &a, const Part &b) {
  return a.what == "processor" && b.what == a.what &&
         a.text.starts_with(otherDevice) != b.text.starts_with(otherDevice);
}

Json parse(std::string_view text) { return Json::parse(text, nullptr, false); }

/// The parts of a description, or of a model's config_json. Files may hold anything: what is no part is left out.
std::vector<Part> partsOf(const Json &json) {
  std::vector<Part> parts;
  if (!json.is_object() || !json.contains("parts"))
    return parts;
  for (const Json &entry : json["parts"]) {
    Part part{word(entry, "what"),     word(entry, "text"),    word(entry, "meaning"),
              word(entry, "training"), word(entry, "network"), {}};
    if (entry.is_object() && entry.contains("uses"))
      for (const Json &name : entry["uses"])
        if (name.is_string())
          part.uses.push_back(name.get<std::string>());
    if (!part.what.empty())
      parts.push_back(std::move(part));
  }
  return parts;
}

/// What of `text` is worth showing where it differs from `other`: long texts are cut around the first difference.
std::string excerpt(const std::string &text, const std::string &other) {
  constexpr size_t shown = 72, before = 24;
  size_t common = size_t(std::mismatch(text.begin(), text.end(), other.begin(), other.end()).first - text.begin());
  bool whole = text.size() <= shown;
  size_t begin = whole || common < before ? 0 : common - before, end = whole ? text.size() : begin + shown;
  auto continues = [&](size_t at) { return at < text.size() && (text[at] & 0xc0) == 0x80; }; // within a character
  while (continues(begin))
    --begin;
  while (continues(end))
    ++end;
  std::string part = text.substr(begin, end - begin);
  for (char &c : part) // it may come from a file
    c = (unsigned char)c < ' ' || c == '\x7f' ? '?' : c;
  return fmt::format("{}{}{}", begin > 0 ? "..." : "", part.empty() ? "nothing" : part, end < text.size() ? "..." : "");
}

/// For each part of `present` the one of `old` that it was: the one of its name, or a noise or definition that was the
/// same under another.
std::vector<const Part *> matched(const std::vector<Part> &old, const std::vector<Part> &present) {
  auto renamed = [](const Part &a, const Part &b) {
    for (std::string_view kind : {"noise ", "definition of "})
      if (a.what.starts_with(kind) && b.what.starts_with(kind))
        return a.training == b.training;
    return false;
  };
  std::vector<const Part *> result(present.size());
  std::set<const Part *> taken;
  auto match = [&](auto &&same) {
    for (size_t i = 0; i < present.size(); ++i)
      for (const Part &part : old)
        if (!result[i] && !taken.count(&part) && same(part, present[i]))
          taken.insert(result[i] = &part);
  };
  auto named = [](const Part &a, const Part &b) { return a.what == b.what; };
  match([&](const Part &a, const Part &b) { return named(a, b) && a.training == b.training; });
  match(renamed);
  match(named);
  return result;
}

} // namespace

std::string agon::rt::describeModel(std::string_view game, std::string_view target, std::string_view config) {
  Json json = parse(config), parts = Json::array();
  if (!json.is_object() || !json.contains("parts"))
    return {};
  parts = json["parts"];
  parts.push_back({{"what", "processor"}, {"text", target}, {"training", target}});
  Json description = {{"game", game}, {"parts", parts}};
  return description.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string agon::rt::targetOf(const agon_model &model) {
  std::string_view device = model.device ? model.device : processor, target = model.target;
  if (device == processor || target.starts_with(device))
    return std::string(target);
  return fmt::format("{} {}", device, target);
}

std::string agon::rt::describeModel(const agon_model &model) {
  return describeModel(model.name, targetOf(model), model.config_json ? model.config_json : "");
}

std::vector<Difference> agon::rt::differences(std::string_view before, std::string_view now) {
  if (before == now)
    return {};
  std::vector<Part> old = partsOf(parse(before)), present = partsOf(parse(now));
  std::vector<Difference> result;
  auto add = [&](const Part *was, const Part *is) {
    static const Part none;
    const Part &a = was ? *was : none, &b = is ? *is : none, &named = is ? b : a;
    Difference difference;
    difference.training = a.training != b.training && !isMove(a, b);
    difference.meaning = is && was && a.meaning != b.meaning; // what is new or gone is told by its tensors
    difference.network = named.network;
    bool moves = isMove(a, b);
    if (!difference.training && !difference.meaning && a.text == b.text)
      return;
    // How a part is written matters to nobody while it computes the same.
    bool contents = !a.training.empty() || !a.meaning.empty() || !b.training.empty() || !b.meaning.empty();
    if (was && is && contents && !moves && !difference.training && !difference.meaning)
      return;
    difference.indirect = was && is && a.text == b.text;
    difference.text = !was  ? fmt::format("{}: is new, {}", b.what, excerpt(b.text, {}))
                      : !is ? fmt::format("{}: is gone, was {}", a.what, excerpt(a.text, {}))
                      : difference.indirect
                          ? b.what
                          : fmt::format("{}: was {}, is {}", b.what, excerpt(a.text, b.text), excerpt(b.text, a.text));
    result.push_back(std::move(difference));
  };
  std::vector<const Part *> were = matched(old, present);
  for (size_t i = 0; i < present.size(); ++i)
    add(were[i], &present[i]);
  for (const Part &part : old)
    if (std::find(were.begin(), were.end(), &part) == were.end())
      add(&part, nullptr);
  return result;
}

std::string agon::rt::gameOf(std::string_view description) { return word(parse(description), "game"); }

std::set<std::string> agon::rt::networksOf(std::string_view description, const std::string &network) {
  std::vector<Part> parts = partsOf(parse(description));
  std::set<std::string> reached;
  std::vector<std::string> work{network};
  while (!work.empty()) {
    std::string name = work.back();
    work.pop_back();
    if (!reached.insert(name).second)
      continue;
    for (const Part &part : parts)
      if (part.network == name)
        work.insert(work.end(), part.uses.begin(), part.uses.end());
  }
  return reached;
}
