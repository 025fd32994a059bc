#include "runtime/charts/Html.h"

#include "support/Shown.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

using namespace agon::rt;
using Json = nlohmann::ordered_json;

std::string agon::rt::htmlText(std::string_view text) {
  std::string result;
  for (char c : support::shown(text, std::string_view::npos))
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    case '\'':
      result += "&#39;";
      break;
    default:
      result += c;
    }
  return result;
}

std::string agon::rt::scriptJson(const Json &json) {
  std::string result;
  for (char c : json.dump(-1, ' ', true, Json::error_handler_t::replace))
    result += c == '<' ? "\\u003c" : std::string(1, c);
  return result;
}

namespace {

std::string scalarText(const Json &json) {
  return htmlText(json.is_string() ? json.get<std::string>()
                                   : json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// A list of objects: a row each, and a column for each key that one of them has.
std::string rowsTable(const Json &rows) {
  std::vector<std::string> keys;
  for (const Json &row : rows)
    for (const auto &item : row.items())
      if (!std::ranges::count(keys, item.key()))
        keys.push_back(item.key());
  std::string html = "<table><tr>";
  for (const std::string &key : keys)
    html += "<th>" + htmlText(key) + "</th>";
  for (const Json &row : rows) {
    html += "</tr>\n<tr>";
    for (const std::string &key : keys)
      html += "<td>" + (row.contains(key) ? htmlTable(row.at(key)) : std::string()) + "</td>";
  }
  return html + "</tr></table>";
}

} // namespace

std::string agon::rt::htmlTable(const Json &json) {
  if (!json.is_structured())
    return scalarText(json);
  if (json.empty())
    return "<span class=\"none\">none</span>";
  if (json.is_array()) {
    if (std::ranges::all_of(json, [](const Json &element) { return element.is_object(); }))
      return rowsTable(json);
    std::vector<std::string> texts;
    for (const Json &element : json)
      texts.push_back(htmlTable(element));
    return fmt::format("{}", fmt::join(texts, ", "));
  }
  std::string html = "<table>";
  for (const auto &item : json.items())
    html += "<tr><th>" + htmlText(item.key()) + "</th><td>" + htmlTable(item.value()) + "</td></tr>\n";
  return html + "</table>";
}

std::string agon::rt::dataAddress(std::string_view type, std::string_view content) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string address = fmt::format("data:{};base64,", type);
  for (size_t i = 0; i < content.size(); i += 3) {
    size_t left = std::min<size_t>(3, content.size() - i);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (k < left ? uint8_t(content[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k)
      address += k <= left ? digits[bits >> (18 - 6 * k) & 63] : '=';
  }
  return address;
}
