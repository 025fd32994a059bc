//===- TemporaryDirectory.h - Files of one test -----------------*- C++ -*-===//
#ifndef AGON_TEST_UNIT_RUNTIME_TEMPORARYDIRECTORY_H
#define AGON_TEST_UNIT_RUNTIME_TEMPORARYDIRECTORY_H

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace agon::rt::test {

/// A fresh directory that goes away with the object.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "agon-test-XXXXXX").string();
    if (char *made = mkdtemp(pattern.data()))
      name = made;
  }
  ~TemporaryDirectory() {
    std::error_code error;
    std::filesystem::remove_all(name, error);
  }
  const std::string &path() const { return name; }
  std::string write(const std::string &file, const std::string &content) const {
    std::ofstream(name + "/" + file, std::ios::binary) << content;
    return name + "/" + file;
  }
  std::string read(const std::string &file) const {
    std::ostringstream content;
    content << std::ifstream(name + "/" + file, std::ios::binary).rdbuf();
    return content.str();
  }

private:
  std::string name;
};

} // namespace agon::rt::test

#endif // AGON_TEST_UNIT_RUNTIME_TEMPORARYDIRECTORY_H
