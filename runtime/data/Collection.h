//===- Collection.h - Records in folders and archives -----------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_COLLECTION_H
#define AGON_RUNTIME_DATA_COLLECTION_H

#include "runtime/data/Array.h"
#include "runtime/data/Faults.h"
#include "runtime/data/Members.h"
#include "runtime/data/Picture.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace agon::rt {

/// What folders and archives hold: records that are pictures or arrays, and what class each is of. Listed, not decoded.
struct Collection {
  /// The path of each record, for messages.
  std::shared_ptr<const std::vector<std::string>> names;
  /// Decodes a record's picture. Threads may call it at once. \throws Failure (BadData).
  std::function<Picture(size_t record)> picture;
  /// Reads a record's array, where the records are no pictures. \throws Failure (BadData).
  std::function<Array(size_t record)> array;
  /// A class for each record, and what the classes are called, if that is known.
  struct Labels {
    std::vector<int32_t> numbers;
    std::vector<std::string> names;
  };
  std::vector<Labels> labels;     ///< ways to class the records, the usual one first; none where nothing tells
  std::vector<std::string> notes; ///< what was done that may not be meant, one line each

  size_t size() const { return names->size(); }
};

/// Where and how fast to read.
struct ReadingMeans {
  int threads = 1;
  std::shared_ptr<const BlockStore> store; ///< null: memory
};

/// Looks at what is there: CIFAR's archives (`parts` of them: "train", "test"; none: "train"); pictures or NPY files
/// with a class beside each (KEY.cls, WebDataset's layout); pictures with a folder for each class.
/// \param files folders or archives, one after the other. \param path how messages name them all.
/// \throws Failure: NoInput, InputOutput, Unavailable (memory), BadData (nothing of these, or damaged).
Collection openCollection(const std::string &path, const std::vector<std::string> &files,
                          const std::vector<std::string> &parts, const ReadingMeans &means);

/// CIFAR-10 and CIFAR-100 as their authors offer them, for C programs and for Python; none if the members are others.
/// \throws Failure (BadData) where there are other files beside CIFAR's, or some of its own are missing.
std::optional<Collection> openCifar(const std::string &path, const std::vector<std::shared_ptr<const Members>> &all,
                                    const std::vector<std::string> &parts);

/// Decodes all records into one array: u8 [n, h, w, c], or what arrays they are.
/// \param wanted the shape of a record, [c, h, w] or [h, w], to which pictures are turned and scaled; any other wants
/// only as many elements of pictures of one size. \param faults records that are damaged, or of another size.
/// \param notes gets what was done that may not be meant, one line each.
Array readRecords(const Collection &collection, const std::string &path, std::span<const int64_t> wanted,
                  const ReadingMeans &means, Faults &faults, std::vector<std::string> &notes);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_COLLECTION_H
