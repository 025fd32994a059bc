//===- PictureSet.h - Pictures in folders and archives ----------*- C++ -*-===//
#ifndef AGON_RUNTIME_DATA_PICTURESET_H
#define AGON_RUNTIME_DATA_PICTURESET_H

#include "runtime/data/Array.h"
#include "runtime/data/Faults.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace agon::rt {

/// The pictures of a folder or archive, in the order of their names in it, and what each shows.
struct PictureSet {
  Array pixels;                   ///< u8 [n, h, w, c]
  Array classes;                  ///< i32 [n]: the number of the folder that holds the picture
  std::vector<std::string> names; ///< of these folders, sorted: a class each
  std::vector<std::string> notes; ///< what was done that may not be meant, one line each
};

/// Reads all pictures. \param wanted the shape of a record, [c, h, w] or [h, w], to which pictures are turned and
/// scaled; any other wants only as many elements of pictures of one size.
/// \param faults pictures that are damaged, or of another size.
/// \throws Failure: NoInput, InputOutput, Unavailable (memory), BadData (no pictures).
PictureSet readPictures(const std::string &path, std::span<const int64_t> wanted, Faults &faults);

} // namespace agon::rt

#endif // AGON_RUNTIME_DATA_PICTURESET_H
