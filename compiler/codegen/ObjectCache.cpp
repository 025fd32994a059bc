//===- ObjectCache.cpp - Objects that were made before --------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/ObjectCache.h"
#include "support/AtomicFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/CachePruning.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include <elf.h>
#include <link.h>

namespace agon::codegen {
namespace {

using Digest = llvm::BLAKE3Result<16>;

/// At the end of a file: the digest of what stands before it.
Digest digestOf(llvm::ArrayRef<uint8_t> bytes) { return llvm::BLAKE3::hash<sizeof(Digest)>(bytes); }

/// Adds the build id of a loaded program or library. The program comes first: one without an id ends the search.
int addBuildId(dl_phdr_info *info, size_t, void *result) {
  auto &ids = *static_cast<std::string *>(result);
  constexpr size_t aligned = 4;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) &header = info->dlpi_phdr[i];
    if (header.p_type != PT_NOTE)
      continue;
    const auto *at = reinterpret_cast<const char *>(info->dlpi_addr + header.p_vaddr);
    for (const char *end = at + header.p_memsz; at + sizeof(ElfW(Nhdr)) <= end;) {
      const auto *note = reinterpret_cast<const ElfW(Nhdr) *>(at);
      const char *name = at + sizeof(*note), *content = name + llvm::alignTo(note->n_namesz, aligned);
      if (note->n_type == NT_GNU_BUILD_ID && llvm::StringRef(name, note->n_namesz) == llvm::StringRef("GNU\0", 4)) {
        ids += llvm::toHex(llvm::StringRef(content, note->n_descsz)) + " ";
        return 0;
      }
      at = content + llvm::alignTo(note->n_descsz, aligned);
    }
  }
  return ids.empty();
}

std::string folderOfUser() {
  if (auto chosen = llvm::sys::Process::GetEnv("AGON_CACHE"); chosen && !chosen->empty())
    return *chosen == "off" ? std::string() : *chosen;
  llvm::SmallString<128> path;
  if (!llvm::sys::path::cache_directory(path))
    return {};
  llvm::sys::path::append(path, "agon");
  return std::string(path);
}

} // namespace

ObjectCache ObjectCache::ofUser() {
  ObjectCache cache;
  dl_iterate_phdr(addBuildId, &cache.compiler);
  // Another build of a compiler that bears no id would take this one's objects for its own.
  if (!cache.compiler.empty())
    cache.folder = folderOfUser();
  return cache;
}

std::string ObjectCache::keyOf(const llvm::Module &module, const llvm::TargetMachine &machine,
                               unsigned optLevel) const {
  if (folder.empty())
    return {};
  llvm::SmallString<0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  stream << compiler << '\0' << machine.getTargetTriple().str() << '\0' << machine.getTargetCPU() << '\0'
         << machine.getTargetFeatureString() << '\0' << optLevel << '\0';
  llvm::WriteBitcodeToFile(module, stream);
  return llvm::toHex(digestOf(llvm::arrayRefFromStringRef(bytes)), /*LowerCase=*/true);
}

std::string ObjectCache::pathOf(llvm::StringRef key) const {
  // The name that LLVM's pruning of caches looks for.
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, "llvmcache-" + key);
  return std::string(path);
}

std::optional<ObjectCache::Object> ObjectCache::find(llvm::StringRef key) const {
  if (folder.empty())
    return std::nullopt;
  auto file = llvm::MemoryBuffer::getFile(pathOf(key), /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file || (*file)->getBufferSize() < sizeof(Digest))
    return std::nullopt;
  llvm::StringRef object = (*file)->getBuffer().drop_back(sizeof(Digest));
  llvm::StringRef written = (*file)->getBuffer().take_back(sizeof(Digest));
  Digest digest = digestOf(llvm::arrayRefFromStringRef(object));
  if (llvm::arrayRefFromStringRef(written) != llvm::ArrayRef<uint8_t>(digest))
    return std::nullopt;
  return Object(object.begin(), object.end());
}

void ObjectCache::keep(llvm::StringRef key, const Object &object) const {
  if (folder.empty() || llvm::sys::fs::create_directories(folder, /*IgnoreExisting=*/true, llvm::sys::fs::owner_all))
    return;
  Digest digest = digestOf(llvm::arrayRefFromStringRef(llvm::StringRef(object.data(), object.size())));
  support::AtomicFile file;
  if (file.open(pathOf(key)) || file.write(object.data(), object.size()) || file.write(digest.data(), digest.size()) ||
      file.commit(/*synced=*/false))
    return; // An object that could not be kept is made again next time.
}

void ObjectCache::prune() const {
  if (folder.empty())
    return;
  llvm::CachePruningPolicy policy;
  policy.MaxSizeBytes = uint64_t(1) << 30;
  llvm::pruneCache(folder, policy);
}

} // namespace agon::codegen
