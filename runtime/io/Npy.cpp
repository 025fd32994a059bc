#include "runtime/io/Npy.h"

#include "runtime/io/File.h"

#include <fmt/format.h>

using namespace agon::rt;

void agon::rt::writeNpy(const Samples &samples, uint32_t real, const std::string &path) {
  std::string shape = fmt::format("{},", samples.count);
  for (int64_t extent : samples.shape)
    shape += fmt::format(" {},", extent);
  if (!samples.shape.empty())
    shape.pop_back(); // only a one-tuple ends in a comma
  std::string header =
      fmt::format("{{'descr': '<f{}', 'fortran_order': False, 'shape': ({}), }}", dtypeBytes(real), shape);
  header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
  header += '\n';

  AtomicFile file(path);
  const char preamble[] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, char(header.size() & 255), char(header.size() >> 8)};
  file.write(preamble, sizeof(preamble));
  file.write(header);
  if (real == AGON_F32) {
    std::vector<float> narrow(samples.values.begin(), samples.values.end());
    file.write(narrow.data(), narrow.size() * sizeof(float));
  } else {
    file.write(samples.values.data(), samples.values.size() * sizeof(double));
  }
  file.commit();
}
