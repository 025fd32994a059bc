//===- Source.cpp - Source text and places in it --------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.

#include "frontend/syntax/Source.h"
#include <algorithm>

namespace agon::syntax {

SourceFile::LineColumn SourceFile::lineColumn(uint32_t offset) const {
  if (lineStarts.empty())
    return {1, 1};
  offset = std::min<uint32_t>(offset, text.size());
  auto next = std::upper_bound(lineStarts.begin(), lineStarts.end(), offset);
  uint32_t line = next - lineStarts.begin();
  return {line, offset - lineStarts[line - 1] + 1};
}

std::string_view SourceFile::lineText(uint32_t line) const {
  if (line == 0 || line > lineStarts.size())
    return {};
  size_t begin = lineStarts[line - 1];
  size_t end = line < lineStarts.size() ? lineStarts[line] - 1 : text.size();
  if (end > begin && text[end - 1] == '\r')
    --end;
  return std::string_view(text).substr(begin, end - begin);
}

const SourceFile &SourceManager::add(std::string path, std::string text, bool isStandardLibrary) {
  auto file = std::make_unique<SourceFile>();
  file->path = std::move(path);
  file->text = std::move(text);
  file->isStandardLibrary = isStandardLibrary;
  file->lineStarts.push_back(0);
  for (size_t i = 0; i < file->text.size(); ++i)
    if (file->text[i] == '\n')
      file->lineStarts.push_back(i + 1);
  files.push_back(std::move(file));
  return *files.back();
}

} // namespace agon::syntax
