#include "test/unit/runtime/FakeGames.h"

using namespace agon::rt::test;

TableBuilder::TableBuilder(const char *name, uint32_t real, int64_t batch) {
  static const char *const features[] = {nullptr};
  model.abi_version = AGON_ABI_VERSION;
  model.real = real;
  model.name = name;
  model.source = "fake.agon";
  model.source_hash = name;
  model.target = "x86-64";
  model.batch = batch;
  model.cpu_features = features;
  model.key_cell = cell("key", AGON_CELL_KEY, AGON_I64, {2});
}

uint32_t TableBuilder::cell(const char *name, uint32_t kind, uint32_t dtype, std::vector<int64_t> shape,
                            int32_t owner) {
  uint64_t bytes = dtype == AGON_F32 || dtype == AGON_I32 ? 4 : 8;
  for (int64_t extent : shape)
    bytes *= uint64_t(extent);
  shapes.push_back(std::move(shape));
  cells.push_back(
      {name, kind, dtype, uint32_t(shapes.back().size()), owner, shapes.back().data(), model.cell_bytes, nullptr});
  model.cell_bytes += (bytes + 63) / 64 * 64;
  return uint32_t(cells.size() - 1);
}

void TableBuilder::store(uint32_t cell, std::vector<uint32_t> order) {
  lists.push_back(std::move(order));
  cells[cell].order = lists.back().data();
}

uint32_t TableBuilder::function(const char *name, uint32_t kind, int32_t subject, void (*fn)(const agon_frame *),
                                std::vector<uint32_t> reads, std::vector<uint32_t> writes) {
  lists.push_back(std::move(reads));
  const std::vector<uint32_t> &r = lists.back();
  lists.push_back(std::move(writes));
  const std::vector<uint32_t> &w = lists.back();
  functions.push_back({name, kind, subject, fn, nullptr, uint32_t(r.size()), uint32_t(w.size()), r.data(), w.data(),
                       1000, 64, 0, nullptr});
  return uint32_t(functions.size() - 1);
}

void TableBuilder::mark(uint32_t function, void (*marked)(const agon_frame *), std::vector<agon_region> regions) {
  regionLists.push_back(std::move(regions));
  functions[function].marked = marked;
  functions[function].num_regions = uint32_t(regionLists.back().size());
  functions[function].regions = regionLists.back().data();
}

agon_extent TableBuilder::extent(uint32_t index, bool written) const {
  const agon_cell &cell = cells[index];
  uint64_t bytes = cell.dtype == AGON_F32 ? 4 : 8;
  for (uint32_t axis = 0; axis < cell.rank; ++axis)
    bytes *= uint64_t(cell.shape[axis]);
  return {cell.offset, bytes, cell.dtype, written};
}

void TableBuilder::describe() {
  for (const agon_network &network : networks)
    parts.push_back({std::string("network ") + network.name, network.signature, network.signature, network.signature,
                     network.name});
  for (const agon_player &player : players)
    parts.push_back({std::string("optimizer of ") + player.name, player.optimizer, {}, player.optimizer, {}});
  config = "{\"batch\": 4, \"parts\": [";
  for (size_t i = 0; i < parts.size(); ++i)
    config += (i ? ", " : "") + ("{\"what\": \"" + parts[i].what) + "\", \"text\": \"" + parts[i].text +
              "\", \"meaning\": \"" + parts[i].meaning + "\", \"training\": \"" + parts[i].training +
              "\", \"network\": \"" + parts[i].network + "\", \"uses\": []}";
  config += "]}";
  model.config_json = config.c_str();
}

const agon_model &TableBuilder::finish() {
  describe();
  model.arena_bytes = model.cell_bytes + 4096;
  model.num_cells = uint32_t(cells.size());
  model.cells = cells.data();
  model.num_functions = uint32_t(functions.size());
  model.functions = functions.data();
  model.num_fields = uint32_t(fields.size());
  model.fields = fields.data();
  model.num_groups = uint32_t(groups.size());
  model.groups = groups.data();
  model.num_players = uint32_t(players.size());
  model.players = players.data();
  model.num_networks = uint32_t(networks.size());
  model.networks = networks.data();
  model.num_schedule = uint32_t(schedule.size());
  model.schedule = schedule.data();
  every.assign(schedule.size(), 1);
  model.every = every.data();
  return model;
}
