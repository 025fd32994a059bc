//===- DataFiles.h - Files of data for tests --------------------*- C++ -*-===//
#ifndef AGON_TEST_UNIT_RUNTIME_DATAFILES_H
#define AGON_TEST_UNIT_RUNTIME_DATAFILES_H

#include "runtime/core/Failure.h"
#include "runtime/data/Readers.h"
#include "test/unit/runtime/TemporaryDirectory.h"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace agon::rt::test {

/// What a file holds, whose first fault is thrown.
inline Array arrayOf(const std::string &path, const std::vector<std::string> &columns = {}) {
  Faults faults(Faults::Told::First);
  return readArray(path, columns, faults);
}

/// The message and code of the failure that `body` must throw.
template <typename Body> std::pair<ExitCode, std::string> failureOf(Body &&body) {
  try {
    body();
  } catch (const Failure &failure) {
    return {failure.exitCode(), failure.what()};
  }
  return {ExitCode::Done, "no failure"};
}

/// A NumPy file of these elements, shape written as "2, 3".
inline std::string npy(const std::string &descr, const std::string &shape, const std::string &elements,
                       bool fortran = false, char version = 1) {
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (" + shape + "), }";
  header += std::string(3, ' ') + '\n';
  std::string text = std::string("\x93NUMPY") + version + '\0' + char(header.size() & 255) + char(header.size() >> 8);
  if (version > 1)
    text += std::string(2, '\0');
  return text + header + elements;
}

/// Files in a directory of their own.
class Data : public ::testing::Test {
protected:
  TemporaryDirectory directory;
  std::string put(const std::string &name, const std::string &content) { return directory.write(name, content); }
  Array get(const std::string &content) { return arrayOf(put("file", content)); }
  std::pair<ExitCode, std::string> wrong(const std::string &content) {
    return failureOf([&] { get(content); });
  }
  /// The message about a file that is bad data, without the directory and "/file".
  std::string told(const std::string &content, const std::vector<std::string> &columns = {}) {
    std::string path = put("file", content);
    auto [code, text] = failureOf([&] { arrayOf(path, columns); });
    EXPECT_EQ(code, ExitCode::BadData) << text;
    return text.starts_with(path) ? text.substr(path.size()) : text;
  }
  std::vector<double> numbers(const std::string &content, const std::vector<std::string> &columns = {}) {
    Array array = arrayOf(put("file", content), columns);
    std::vector<double> all;
    for (int64_t r = 0; r < array.records(); ++r)
      for (int64_t e = 0; e < array.recordElements(); ++e)
        all.push_back(array.number(r, e));
    return all;
  }
};

} // namespace agon::rt::test

#endif // AGON_TEST_UNIT_RUNTIME_DATAFILES_H
