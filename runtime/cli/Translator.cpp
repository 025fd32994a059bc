#include "runtime/cli/Translator.h"

#include "runtime/core/Applied.h"

#include <algorithm>
#include <utility>
#include <vector>

using namespace agon::rt;

static constexpr int64_t records = 32;

/// Records of a field that holds images.
static ImageSet imagesOf(Instance &instance, Feed &feed, uint32_t field, int64_t seed) {
  const agon_field &f = instance.model().fields[field];
  return {drawRecords(instance, feed, field, records, seed), f.has_range != 0, f.low, f.high};
}

/// The field whose records a network's results look like, by their shape: one that is drawn together with what it
/// reads, or else another one, or else what it reads; -1 where there is none.
static int32_t fieldMade(const Instance &instance, uint32_t network, int32_t read) {
  const agon_model &model = instance.model();
  auto shape = instance.recordShape(sampleCell(instance, network));
  int32_t made = -1, best = -1;
  for (uint32_t f = 0; f < model.num_fields; ++f) {
    const agon_field &field = model.fields[f];
    int32_t fit = int32_t(f) == read ? 0 : field.group != model.fields[read].group ? 1 : 2;
    if (field.classes == 0 && fit > best &&
        std::ranges::equal(instance.recordShape(instance.cell(field.cell)), shape)) {
      best = fit;
      made = int32_t(f);
    }
  }
  return made;
}

std::optional<Translator> Translator::of(Instance &instance, Feed &feed, uint32_t network, int64_t seed) {
  const agon_model &model = instance.model();
  int32_t read = fieldRead(instance, network), made = read < 0 ? -1 : fieldMade(instance, network, read);
  auto isImage = [&](int32_t field) {
    return pictureKind(instance.recordShape(instance.cell(model.fields[field].cell))) == PictureKind::Images;
  };
  if (made < 0 || !isImage(read) || !isImage(made))
    return std::nullopt;
  Translator translator;
  translator.network = network;
  translator.inputs = imagesOf(instance, feed, uint32_t(read), seed);
  const agon_field &field = model.fields[made];
  translator.results = {{}, field.has_range != 0, field.low, field.high};
  // Under one seed, fields of one record are drawn together.
  if (made != read && field.group == model.fields[read].group)
    translator.truth = imagesOf(instance, feed, uint32_t(made), seed);
  return translator.inputs.images.count ? std::optional(std::move(translator)) : std::nullopt;
}

Image Translator::draw(Instance &instance, int64_t seed) const {
  std::vector<ImageSet> sets = {inputs, results};
  sets[1].images = applyNetwork(instance, network, records, seed, [&](int64_t i) { return inputs.images.row(i); });
  if (truth)
    sets.push_back(*truth);
  Backdrop backdrop;
  backdrop.hasRange = true;
  backdrop.columns = truth ? 9 : 8; // whole pairs, or threes
  return imageGrid(besideEachOther(sets), backdrop);
}
