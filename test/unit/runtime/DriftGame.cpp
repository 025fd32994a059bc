//===- DriftGame.cpp - A game for the processor and for CUDA --------------===//
//
// The same game in two tables, which compute the same bits: on the processor
// in the functions below, on a device in the kernels of test/gpu/kernels/drift.ll.
//
//===----------------------------------------------------------------------===//
#include "test/unit/runtime/FakeGames.h"

#include <cmath>
#include <cstdlib>
#include <memory>

using namespace agon::rt;
using namespace agon::rt::test;

namespace {

constexpr float usualRate = 0.125f;

struct Drift : TableBuilder {
  static constexpr int64_t rows = 4;
  uint32_t x, w, f, v, before, stepD, stepE, lr, objectiveD, objectiveE, metric, requirement;
  std::vector<agon_extent> touches;
  agon_constant constant{0, sizeof(usualRate), &usualRate};
  std::vector<agon_image> images;
  bool onDevice;

  explicit Drift(bool onDevice) : TableBuilder("drift", AGON_F32, rows), onDevice(onDevice) {
    x = cell("x", AGON_CELL_DATA, AGON_F32, {rows, 2});
    w = cell("D.w", AGON_CELL_PARAMETER, AGON_F32, {2}, 0);
    f = cell("D.f", AGON_CELL_PARAMETER, AGON_F32, {2, 3}, 0);
    v = cell("E.v", AGON_CELL_PARAMETER, AGON_F32, {2}, 1);
    before = cell("E.before", AGON_CELL_STATE, AGON_F32, {2}, 1);
    stepD = cell("step.D", AGON_CELL_STEP, AGON_I64, {}, 0);
    stepE = cell("step.E", AGON_CELL_STEP, AGON_I64, {}, 1);
    lr = cell("D.lr", AGON_CELL_HYPER, AGON_F64, {}, 0);
    objectiveD = cell("D", AGON_CELL_OBJECTIVE, AGON_F32, {}, 0);
    objectiveE = cell("E", AGON_CELL_OBJECTIVE, AGON_F32, {}, 1);
    metric = cell("corner", AGON_CELL_METRIC, AGON_F32, {});
    requirement = cell("sgd of player D requires steps to be left, got {}", AGON_CELL_REQUIREMENT, AGON_F64, {2}, 0);
    if (onDevice)
      store(f, {1, 0});
    uint32_t key = model.key_cell;
    function("init", AGON_FN_INIT, -1, onDevice ? launchInit : init, {key}, {w});
    uint32_t d = function("turn_D", AGON_FN_TURN, -1, onDevice ? launchFollow : follow, {x, w, f, lr},
                          {w, f, stepD, objectiveD});
    uint32_t e =
        function("turn_E", AGON_FN_TURN, -1, onDevice ? launchTrail : trail, {w, v}, {v, before, stepE, objectiveE});
    uint32_t source = function("source_x", AGON_FN_SOURCE, 0, onDevice ? launchSource : draw, {key}, {x});
    function("metrics", AGON_FN_METRICS, -1, onDevice ? launchMetric : measure, {x}, {metric});
    function("check_D", AGON_FN_CHECK, 0, onDevice ? launchCheck : check, {lr, stepD}, {requirement});
    for (uint32_t index : {x, w, f})
      touches.push_back(extent(index, false));
    for (uint32_t index : {w, f, objectiveD})
      touches.push_back(extent(index, true));
    static const agon_maker square = {"*", "D#1", "drift.agon:3:7", AGON_MAKES_OVERFLOW};
    mark(d, onDevice ? markedLaunchFollow : markedFollow,
         {{"D#1 reduction [2]", "drift.agon:3:7", "reduction", AGON_REGION_REDUCTION, 32, 64,
           onDevice ? &followLaunch : &hostLaunch, uint32_t(touches.size()), 1, touches.data(), &square}});
    fields = {{"x", x, 0, 0, 1, -1, 6, -1, onDevice ? &expandLaunch : nullptr, model.cell_bytes + 64}};
    groups = {{"x", int32_t(source), "drift()", 0, 0, nullptr, 0}};
    players = {{"D", 0, "sgd(lr = 0.125)", objectiveD, stepD}, {"E", 0, "sgd(lr = 0.5)", objectiveE, stepE}};
    networks = {{"D", 0, -1, -1, "() -> [2]"}, {"E", 1, -1, -1, "() -> [2]"}};
    schedule = {d, e};
    finish();
    every[1] = 2;
    model.device = onDevice ? "cuda" : "cpu";
    if (onDevice)
      addCode();
  }

  /// AGON_FAKE_PTX in the environment is the text of the PTX instead; AGON_FAKE_ARENA more bytes of the arena.
  void addCode() {
    const char *text = std::getenv("AGON_FAKE_PTX"), *more = std::getenv("AGON_FAKE_ARENA");
    static const char ptx[] = ".version 7.0\n.target sm_80\n", cubin[] = "\x7f"
                                                                         "ELF";
    images = {{AGON_IMAGE_CUBIN, "sm_90a", cubin, sizeof(cubin)},
              {AGON_IMAGE_PTX, "sm_80", text ? text : ptx, sizeof(ptx)}};
    model.target = "sm_80, sm_90a";
    model.images = images.data();
    model.num_images = uint32_t(images.size());
    model.arena_bytes += more ? uint64_t(std::atoll(more)) : 0;
    constant.offset = model.cell_bytes;
    model.constants = &constant;
    model.num_constants = 1;
    model.not_finite = &notFiniteLaunch;
  }

  static const Drift &of(bool onDevice) {
    static const Drift host(false), device(true);
    return onDevice ? device : host;
  }

  static constexpr agon_launch hostLaunch = {nullptr, 1, 1, AGON_SPACE_HOST, 0, 0, nullptr, 0};
  static constexpr agon_launch kernel(const char *name, uint32_t block, uint32_t arguments, uint64_t workspace = 0) {
    return {nullptr, 1, block, AGON_SPACE_DEVICE, 0, workspace, name, arguments};
  }
  static constexpr agon_launch expandLaunch = {nullptr, 1, 8, AGON_SPACE_DEVICE, 0, 0, "drift_expand", 3};
  static constexpr agon_launch notFiniteLaunch = {nullptr, 0, 1, AGON_SPACE_DEVICE, 0, 0, "drift_not_finite", 2};
  static constexpr agon_launch followLaunch = {nullptr, 1, 2, AGON_SPACE_DEVICE, 0, 64, "drift_follow", 7};

  template <typename T = float> static T *host(const agon_frame *frame, uint32_t cell) {
    return of(false).at<T>(frame, cell);
  }
  static void init(const agon_frame *frame);
  static void draw(const agon_frame *frame);
  static void follow(const agon_frame *frame);
  static void markedFollow(const agon_frame *frame);
  static void trail(const agon_frame *frame);
  static void measure(const agon_frame *frame);
  static void check(const agon_frame *frame);

  /// Launches with the places of cells.
  static void launch(const agon_frame *frame, const agon_launch &how, const std::vector<uint32_t> &cells) {
    std::vector<void *> places;
    for (uint32_t cell : cells)
      places.push_back(of(true).at<char>(frame, cell));
    frame->launch(frame->device, &how, places.data());
  }
  static void launchInit(const agon_frame *frame) {
    static constexpr agon_launch how = kernel("drift_init", 2, 2);
    launch(frame, how, {of(true).model.key_cell, of(true).w});
  }
  static void launchSource(const agon_frame *frame) {
    static constexpr agon_launch how = kernel("drift_source", 8, 2);
    launch(frame, how, {of(true).model.key_cell, of(true).x});
  }
  static void launchFollow(const agon_frame *frame) {
    const Drift &d = of(true);
    void *places[] = {d.at<char>(frame, d.x),
                      d.at<char>(frame, d.w),
                      d.at<char>(frame, d.f),
                      d.at<char>(frame, d.lr),
                      static_cast<char *>(frame->arena) + d.model.cell_bytes,
                      d.at<char>(frame, d.stepD),
                      d.at<char>(frame, d.objectiveD)};
    frame->launch(frame->device, &followLaunch, places);
  }
  static void markedLaunchFollow(const agon_frame *frame) {
    frame->mark(frame->profiler, 0);
    launchFollow(frame);
    frame->mark(frame->profiler, 1);
  }
  static void launchTrail(const agon_frame *frame) {
    static constexpr agon_launch how = kernel("drift_trail", 2, 4);
    const Drift &d = of(true);
    frame->copy(frame->device, d.at<char>(frame, d.before), d.at<char>(frame, d.v), 2 * sizeof(float));
    launch(frame, how, {d.w, d.v, d.stepE, d.objectiveE});
  }
  static void launchCheck(const agon_frame *frame) {
    static constexpr agon_launch how = kernel("drift_check", 1, 3);
    launch(frame, how, {of(true).lr, of(true).stepD, of(true).requirement});
  }
  static void launchMetric(const agon_frame *frame) {
    static constexpr agon_launch how = kernel("drift_metric", 1, 2);
    launch(frame, how, {of(true).x, of(true).metric});
  }
};

void Drift::init(const agon_frame *frame) {
  const Drift &d = of(false);
  for (int c = 0; c < 2; ++c)
    host(frame, d.w)[c] = float(*host<int64_t>(frame, d.model.key_cell) + c);
}

void Drift::draw(const agon_frame *frame) {
  const Drift &d = of(false);
  int64_t number = host<int64_t>(frame, d.model.key_cell)[1];
  for (int64_t i = 0; i < 2 * rows; ++i)
    host(frame, d.x)[i] = float((uint64_t(number) * 7 + uint64_t(i) * 3) % 5);
}

void Drift::follow(const agon_frame *frame) {
  const Drift &d = of(false);
  double given = *host<double>(frame, d.lr);
  float rate = std::isnan(given) ? usualRate : float(given), squares[2];
  const float *x = host(frame, d.x);
  for (int c = 0; c < 2; ++c) {
    float mean = (x[c] + x[c + 2] + x[c + 4] + x[c + 6]) * 0.25f, difference = mean - host(frame, d.w)[c];
    host(frame, d.w)[c] += rate * difference;
    squares[c] = difference * difference;
    for (int j = 0; j < 3; ++j)
      host(frame, d.f)[3 * c + j] += rate * float(3 * c + j);
  }
  *host(frame, d.objectiveD) = squares[0] + squares[1];
  ++*host<int64_t>(frame, d.stepD);
}

void Drift::markedFollow(const agon_frame *frame) {
  frame->mark(frame->profiler, 0);
  follow(frame);
  frame->mark(frame->profiler, 1);
}

void Drift::trail(const agon_frame *frame) {
  const Drift &d = of(false);
  for (int c = 0; c < 2; ++c) {
    float &v = host(frame, d.v)[c];
    host(frame, d.before)[c] = v;
    v += (host(frame, d.w)[c] - v) * 0.5f;
  }
  *host(frame, d.objectiveE) = *host(frame, d.v);
  ++*host<int64_t>(frame, d.stepE);
}

void Drift::measure(const agon_frame *frame) {
  const Drift &d = of(false);
  *host(frame, d.metric) = host(frame, d.x)[0] + host(frame, d.x)[1];
}

void Drift::check(const agon_frame *frame) {
  const Drift &d = of(false);
  auto left = double(70 - *host<int64_t>(frame, d.stepD));
  host<double>(frame, d.requirement)[0] = *host<double>(frame, d.lr) == 0.25 && left <= 0;
  host<double>(frame, d.requirement)[1] = left;
}

} // namespace

const agon_model &agon::rt::test::driftGame() {
  static const agon_model *const devices[] = {&Drift::of(true).model, nullptr};
  static const agon_model model = [] {
    agon_model table = Drift::of(false).model;
    table.devices = devices;
    return table;
  }();
  return model;
}
