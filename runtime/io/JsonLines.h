//===- JsonLines.h - log.jsonl ----------------------------------*- C++ -*-===//
#ifndef AGON_RUNTIME_IO_JSONLINES_H
#define AGON_RUNTIME_IO_JSONLINES_H

#include <cstdint>
#include <string>
#include <string_view>

namespace agon::rt {

/// The rows of log.csv once more, each a JSON object on a line of its own: the columns that have a number, under their
/// names. Made from log.csv whenever a run goes on, so it has the same rows.
class JsonLines {
public:
  /// Writes the file anew, with what `log` has by now. \throws Failure (InputOutput), as does `row`.
  JsonLines(std::string path, std::string log);
  ~JsonLines();
  JsonLines(const JsonLines &) = delete;
  JsonLines &operator=(const JsonLines &) = delete;

  /// Appends a row that log.csv has got, by one system call. \param header its first line.
  /// \returns what another program has done to the file since the row before, in words; empty as a rule.
  std::string row(std::string_view header, std::string_view row);

private:
  /// Translates log.csv, and goes on behind its last row.
  void rewrite();
  /// For `row`: whether the file has all that was written, and nothing else. \throws Failure (InputOutput) when the
  /// name has become that of another file.
  bool isWhole() const;

  std::string path, log;
  int descriptor = -1;
  int64_t written = 0; ///< bytes that the file had after the last row
};

} // namespace agon::rt

#endif // AGON_RUNTIME_IO_JSONLINES_H
