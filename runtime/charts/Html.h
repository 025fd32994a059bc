//===- Html.h - Text in a page ----------------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_CHARTS_HTML_H
#define AGON_RUNTIME_CHARTS_HTML_H

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace agon::rt {

/// A text as HTML shows it, in an element or in an attribute between double quotes. Control characters are written as
/// escapes.
std::string htmlText(std::string_view text);

/// JSON in a script element: no `<` in it, so that it cannot end the element.
std::string scriptJson(const nlohmann::ordered_json &json);

/// A value of JSON as HTML: objects and lists as tables, anything else as text.
std::string htmlTable(const nlohmann::ordered_json &json);

/// A file's content as the address of itself. \param type "image/png".
std::string dataAddress(std::string_view type, std::string_view content);

} // namespace agon::rt

#endif // AGON_RUNTIME_CHARTS_HTML_H
