#include "runtime/charts/Report.h"

#include "runtime/charts/Html.h"
#include "runtime/core/Failure.h"
#include "runtime/io/File.h"
#include "runtime/io/Plot.h"
#include "support/Shown.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <set>

using namespace agon::rt;
using Json = nlohmann::ordered_json;

namespace {

/// Puts a page together from the parts of all runs.
class Page {
public:
  Page(std::span<const ReportedRun> runs, const ChartOptions &options) : runs(runs), options(options) {
    for (const ReportedRun &run : runs)
      logs.push_back(run.log);
  }

  std::string write();

private:
  void writeRuns();
  void writeCharts();
  void writeFilms();
  void writeNumbers();
  void writeConfiguration();

  /// A run's name behind its colour.
  std::string key(size_t run) const;
  /// A key of run.json as text; a dash where there is none.
  std::string text(const ReportedRun &run, const char *key) const;
  void add(std::string_view text) { html += text; }

  std::span<const ReportedRun> runs;
  ChartOptions options;
  std::vector<RunLog> logs;
  Json data; ///< what the script reads
  std::string html;
};

std::string nameOf(Colour colour) { return fmt::format("#{:02x}{:02x}{:02x}", colour[0], colour[1], colour[2]); }

/// The seconds of training that a log tells of: rows have the pace since the row before.
double secondsOf(const RunLog &log) {
  const RunLog::Column *pace = log.find("steps_per_s");
  double seconds = 0, before = 0;
  for (size_t i = 0; pace && i < log.steps.size(); before = log.steps[i++])
    if (pace->values[i] > 0)
      seconds += (log.steps[i] - before) / pace->values[i];
  return seconds;
}

std::string Page::key(size_t run) const {
  return fmt::format("<span class=\"key\" style=\"background:{}\"></span>{}", nameOf(colourOfRun(run)),
                     htmlText(runs[run].log.name));
}

std::string Page::text(const ReportedRun &run, const char *key) const {
  return run.file.is_object() && run.file.contains(key) ? htmlTable(run.file[key]) : "–";
}

void Page::writeRuns() {
  add("<div class=\"wide\"><table id=\"runs\"><tr><th>run</th><th>status</th><th class=\"n\">steps</th><th "
      "class=\"n\">seed"
      "</th><th>set</th><th>device</th><th class=\"n\">training</th><th class=\"n\">pace</th></tr>\n");
  for (size_t i = 0; i < runs.size(); ++i) {
    const ReportedRun &run = runs[i];
    double last = run.log.steps.empty() ? 0 : run.log.steps.back(), seconds = secondsOf(run.log);
    add(fmt::format("<tr><td>{}</td><td>{}</td><td class=\"n\">{:.0f} of {}</td><td class=\"n\">{}</td><td>{}</td>"
                    "<td>{}</td><td class=\"n\">{:.3g} s</td><td class=\"n\">{}</td></tr>\n",
                    key(i), text(run, "status"), last, text(run, "steps"), text(run, "seed"), text(run, "set"),
                    text(run, "device"), seconds,
                    seconds > 0 ? fmt::format("{:.4g} it/s", last / seconds) : std::string("–")));
  }
  add("</table></div>\n");
}

/// A trace as the script reads it: of many rows some, evenly chosen.
Json traceData(const Trace &trace) {
  constexpr size_t most = 4000;
  Json steps = Json::array(), values = Json::array();
  size_t rows = trace.steps.size(), kept = std::min(rows, most);
  for (size_t i = 0; i < kept; ++i) {
    size_t row = kept > 1 ? i * (rows - 1) / (kept - 1) : 0;
    steps.push_back(int64_t(trace.steps[row]));
    values.push_back(std::isfinite(trace.values[row]) ? Json(trace.values[row]) : Json());
  }
  return {{"run", trace.run}, {"steps", steps}, {"values", values}};
}

Json axisData(const Scale &scale) {
  return {{"low", scale.low()}, {"high", scale.high()}, {"log", scale.isLogarithmic()}};
}

void Page::writeCharts() {
  add("<h2>Charts</h2>\n<p>");
  for (size_t i = 0; i < runs.size(); ++i)
    add(key(i) + "&emsp;");
  add("</p>\n");
  if (options.smooth > 0)
    add(fmt::format(
        "<p>Lines are exponential moving averages over rows, weight {:g}; the rows themselves are pale.</p>\n",
        options.smooth));
  add("<div class=\"charts\">\n");
  ChartOptions one = options;
  one.legend = one.caption = false;
  one.width = 380;
  one.height = 210;
  for (size_t i = 0; i < options.columns.size(); ++i) {
    one.columns = {options.columns[i]};
    one.firstPanel = i;
    Chart chart = chartOf(logs, one);
    const Panel &panel = chart.panels.front();
    Json traces = Json::array();
    for (const Trace &trace : panel.traces)
      traces.push_back(traceData(trace));
    data["panels"].push_back({{"left", panel.low.x},
                              {"top", panel.low.y},
                              {"right", panel.high.x},
                              {"bottom", panel.high.y},
                              {"x", axisData(panel.x)},
                              {"y", axisData(panel.y)},
                              {"traces", traces}});
    add(fmt::format("<figure class=\"chart\" data-panel=\"{}\">{}</figure>\n", i, svgOf(chart.drawing)));
  }
  add("</div>\n");
}

/// So many of a run's pictures as a page can hold, as the script reads them.
Json filmData(const std::vector<std::pair<int64_t, std::string>> &pictures, uint64_t budget) {
  constexpr size_t most = 60;
  std::error_code error;
  uint64_t size = std::filesystem::file_size(pictures.back().second, error);
  size_t fit = error ? most : std::clamp<size_t>(budget / std::max<uint64_t>(size, 1), 2, most);
  size_t count = std::min(fit, pictures.size());
  Json steps = Json::array(), addresses = Json::array();
  for (size_t i = 0; i < count; ++i) {
    const auto &[step, path] = pictures[count > 1 ? i * (pictures.size() - 1) / (count - 1) : pictures.size() - 1];
    std::string content = readWholeFile(path, uint64_t(64) << 20);
    if (!content.starts_with("\x89PNG"))
      continue; // somebody else has done something to it
    steps.push_back(step);
    addresses.push_back(dataAddress("image/png", content));
  }
  return {{"steps", steps}, {"pictures", addresses}};
}

void Page::writeFilms() {
  constexpr uint64_t budget = uint64_t(64) << 20; // bytes of all pictures
  std::set<std::string> names;
  size_t films = 0;
  for (const ReportedRun &run : runs)
    for (const auto &[name, pictures] : run.pictures) {
      names.insert(name);
      ++films;
    }
  data["films"] = Json::array();
  if (names.empty())
    return;
  add("<h2>Pictures</h2>\n");
  for (const std::string &name : names) {
    Json film = {{"steps", Json::array()}, {"runs", Json::array()}};
    std::set<int64_t> steps;
    std::string row;
    for (size_t i = 0; i < runs.size(); ++i) {
      auto found = runs[i].pictures.find(name);
      if (found == runs[i].pictures.end())
        continue;
      Json ofRun = filmData(found->second, budget / films);
      if (ofRun["steps"].empty())
        continue;
      for (const Json &step : ofRun["steps"])
        steps.insert(step.get<int64_t>());
      row += fmt::format("<figure><img src=\"{0}\" alt=\"step {1}\"><figcaption>{2}, <span class=\"at\">step "
                         "{1}</span></figcaption></figure>\n",
                         ofRun["pictures"].back().get<std::string>(), ofRun["steps"].back().get<int64_t>(), key(i));
      film["runs"].push_back(std::move(ofRun));
    }
    if (steps.empty())
      continue;
    film["steps"] = steps;
    add(fmt::format("<div class=\"film\" data-film=\"{0}\"><h3>{1}</h3>\n<button type=\"button\">Play</button>"
                    "<input type=\"range\" min=\"0\" max=\"{2}\" value=\"{2}\" step=\"1\" aria-label=\"step\"> "
                    "<output></output>\n<div class=\"row\">{3}</div></div>\n",
                    data["films"].size(), htmlText(name), steps.size() - 1, row));
    data["films"].push_back(std::move(film));
  }
}

void Page::writeNumbers() {
  add("<h2>Numbers</h2>\n<div class=\"wide\"><table id=\"numbers\"><tr><th>column</th><th>run</th><th "
      "class=\"n\">last</th>"
      "<th class=\"n\">at step</th><th class=\"n\">least</th><th class=\"n\">at step</th><th class=\"n\">greatest</th>"
      "<th class=\"n\">at step</th><th class=\"n\">not finite</th></tr>\n");
  for (const std::string &name : options.columns)
    for (size_t i = 0; i < logs.size(); ++i) {
      const RunLog::Column *column = logs[i].find(name);
      std::vector<size_t> rows;
      for (size_t row = 0; column && row < column->values.size(); ++row)
        if (std::isfinite(column->values[row]))
          rows.push_back(row);
      if (!column)
        continue;
      add(fmt::format("<tr><td>{}</td><td>{}</td>", htmlText(name), key(i)));
      if (rows.empty())
        add("<td class=\"n\">–</td><td></td><td class=\"n\">–</td><td></td><td class=\"n\">–</td><td></td>");
      else
        for (size_t row :
             {rows.back(), *std::ranges::min_element(rows, {}, [&](size_t r) { return column->values[r]; }),
              *std::ranges::max_element(rows, {}, [&](size_t r) { return column->values[r]; })})
          add(fmt::format("<td class=\"n\">{:.6g}</td><td class=\"n\">{:.0f}</td>", column->values[row],
                          logs[i].steps[row]));
      add(fmt::format("<td class=\"n\">{}</td></tr>\n", column->notFinite));
    }
  add("</table></div>\n");
}

/// The parts of the model in the words of its text, without the numbers by which versions are told apart.
Json partsOf(const Json &config) {
  Json parts = Json::array();
  if (config.contains("parts") && config["parts"].is_array())
    for (const Json &part : config["parts"])
      if (part.is_object() && part.contains("what") && part.contains("text"))
        parts.push_back({{"part", part["what"]}, {"text", part["text"]}});
  return parts;
}

void Page::writeConfiguration() {
  add("<h2>Configuration</h2>\n");
  for (size_t i = 0; i < runs.size(); ++i) {
    const Json &file = runs[i].file;
    add(fmt::format("<details{}><summary>{}</summary>\n", runs.size() == 1 ? " open" : "", key(i)));
    if (!file.is_object()) {
      add("<p>There is no run.json.</p></details>\n");
      continue;
    }
    Json rest = file;
    rest.erase("config");
    add("<div class=\"wide\">" + htmlTable(rest) + "</div>\n");
    if (Json parts = partsOf(file.value("config", Json::object())); !parts.empty())
      add("<h3>Model</h3>\n<div class=\"wide\">" + htmlTable(parts) + "</div>\n");
    add("<details><summary>run.json</summary><pre>");
    std::string lines = file.dump(2, ' ', false, Json::error_handler_t::replace);
    for (size_t begin = 0, end = 0; end < lines.size(); begin = end + 1) {
      end = std::min(lines.find('\n', begin), lines.size());
      add(htmlText(std::string_view(lines).substr(begin, end - begin)) + "\n");
    }
    add("</pre></details></details>\n");
  }
}

std::string Page::write() {
  std::set<std::string> games;
  for (const ReportedRun &run : runs)
    games.insert(run.file.is_object() && run.file["game"].is_string() ? run.file["game"].get<std::string>() : "a game");
  std::string title = htmlText(fmt::format("{}", fmt::join(games, ", ")));
  data = {{"runs", Json::array()}, {"panels", Json::array()}};
  for (size_t i = 0; i < runs.size(); ++i)
    data["runs"].push_back({{"name", agon::support::shown(runs[i].log.name)}, {"colour", nameOf(colourOfRun(i))}});
  // Nothing is loaded, whatever the page holds.
  add(fmt::format("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta http-equiv=\""
                  "Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
                  "script-src 'unsafe-inline'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
                  "<title>{0}: report</title>\n<style>{1}</style></head>\n<body>\n<h1>{0}</h1>\n",
                  title, reportStyle));
  writeRuns();
  writeCharts();
  writeFilms();
  writeNumbers();
  writeConfiguration();
  add("<script type=\"application/json\" id=\"data\">" + scriptJson(data) + "</script>\n<script>");
  add(reportScript);
  add("</script>\n</body></html>\n");
  return std::move(html);
}

} // namespace

ReportedRun agon::rt::readReportedRun(const std::string &directory) {
  namespace fs = std::filesystem;
  ReportedRun run;
  run.log = readRunLog(directory);
  if (std::string path = directory + "/run.json"; isRegularFile(path)) {
    run.file = Json::parse(readWholeFile(path, uint64_t(64) << 20), nullptr, false);
    if (!run.file.is_object())
      fail(ExitCode::BadData, "{} is not a run.json of this program; restore it from a copy, or remove it", path);
  }
  std::error_code error;
  for (const fs::directory_entry &entry : fs::directory_iterator(directory + "/samples", error)) {
    std::string stem = entry.path().stem().string();
    size_t dash = stem.rfind('-');
    int64_t step = 0;
    if (entry.path().extension() != ".png" || dash == std::string::npos || !entry.is_regular_file(error))
      continue;
    auto [end, wrong] = std::from_chars(stem.data() + dash + 1, stem.data() + stem.size(), step);
    if (wrong == std::errc() && end == stem.data() + stem.size() && step >= 0)
      run.pictures[stem.substr(0, dash)].emplace_back(step, entry.path().string());
  }
  for (auto &[name, pictures] : run.pictures)
    std::ranges::sort(pictures);
  return run;
}

std::string agon::rt::reportOf(std::span<const ReportedRun> runs, const ChartOptions &options) {
  return Page(runs, options).write();
}
