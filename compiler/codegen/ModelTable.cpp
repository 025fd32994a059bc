//===- ModelTable.cpp - agon.program to the ABI's table -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Mirrors the structs of runtime/abi/agon_abi.h field by field; the static
// assertions at the end hold the two together.
//===----------------------------------------------------------------------===//
#include "compiler/codegen/ModelTable.h"
#include "runtime/abi/agon_abi.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Constants.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MD5.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace agon::codegen {
namespace {

class TableBuilder {
public:
  TableBuilder(ProgramOp program, ArrayRef<LLVM::LLVMFuncOp> functions, llvm::Module &module,
               const targets::Machine &machine)
      : program(program), functions(functions), module(module), machine(machine), context(module.getContext()),
        pointer(llvm::PointerType::getUnqual(context)) {}

  void build() {
    collect();
    std::vector<llvm::Constant *> cells, entries, fields, groups, players, networks, schedule, features, variants;
    for (CellOp cell : cellList)
      cells.push_back(cellRow(cell));
    for (LLVM::LLVMFuncOp function : functions)
      entries.push_back(functionRow(function));
    for (FieldOp field : fieldList)
      fields.push_back(record({text(field.getName()), u32(cellIndex["data." + field.getName().str()]),
                               u32(field.getGroup()), i64(field.getClasses()), u32(field.getRange().has_value()),
                               f64(rangeEnd(field, 0)), f64(rangeEnd(field, 1)),
                               i32(indexOr(cellIndex, "mean." + field.getName().str()))}));
    for (RecordOp group : program.getBody().getOps<RecordOp>())
      groups.push_back(groupRow(group));
    for (SeatOp seat : program.getBody().getOps<SeatOp>())
      players.push_back(record({text(seat.getName()), u32(seat.getMaximizes()), text(seat.getOptimizer()),
                                u32(cellIndex["objective." + seat.getName().str()]),
                                u32(cellIndex["step." + seat.getName().str()])}));
    for (NetOp net : program.getBody().getOps<NetOp>())
      networks.push_back(record({text(net.getName()), i32(net.getOwner()),
                                 i32(net.getSample() ? indexOr(functionIndex, *net.getSample()) : -1),
                                 i32(net.getImitates() ? *net.getImitates() : -1), text(net.getSignature())}));
    for (Attribute turn : program.getSchedule())
      schedule.push_back(u32(functionIndex[cast<StringAttr>(turn).getValue()]));
    for (auto feature : machine.target.getNeeds().getAsRange<StringAttr>())
      features.push_back(text(feature.getValue()));
    features.push_back(null());
    for (const std::string &name : machine.variants) {
      auto *table = new llvm::GlobalVariable(module, llvm::Type::getInt8Ty(context), /*isConstant=*/true,
                                             llvm::GlobalValue::ExternalLinkage, nullptr, name);
      table->setVisibility(llvm::GlobalValue::HiddenVisibility);
      variants.push_back(table);
    }
    if (!variants.empty())
      variants.push_back(null());

    auto integer = [&](StringRef name) { return program->getAttrOfType<IntegerAttr>(name).getInt(); };
    llvm::Constant *table = record(
        {u32(AGON_ABI_VERSION), u32(realType()), text(program.getName()), text(sourceName()), text(hash()),
         text(machineName()),
         text(program.getConfig()), i64(program.getBatch()), i64(integer("agon.arena_bytes")),
         i64(integer("agon.cell_bytes")), u32(cells.size()), u32(entries.size()), u32(fields.size()),
         u32(groups.size()), u32(players.size()), u32(networks.size()), u32(schedule.size()), array(cells),
         array(entries), array(fields), array(groups), array(players), array(networks), array(schedule),
         u32(cellIndex["key"]), array(features), array(variants)});
    auto *symbol = new llvm::GlobalVariable(module, table->getType(), /*isConstant=*/true,
                                            llvm::GlobalValue::ExternalLinkage, table, machine.table);
    if (machine.table != "agon_model_v1")
      symbol->setVisibility(llvm::GlobalValue::HiddenVisibility);
  }

private:
  llvm::Constant *u32(uint64_t v) { return llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), v); }
  llvm::Constant *i32(int64_t v) { return llvm::ConstantInt::getSigned(llvm::Type::getInt32Ty(context), v); }
  llvm::Constant *i64(int64_t v) { return llvm::ConstantInt::getSigned(llvm::Type::getInt64Ty(context), v); }
  llvm::Constant *f64(double v) { return llvm::ConstantFP::get(llvm::Type::getDoubleTy(context), v); }
  llvm::Constant *null() { return llvm::ConstantPointerNull::get(pointer); }
  llvm::Constant *record(ArrayRef<llvm::Constant *> values) { return llvm::ConstantStruct::getAnon(values); }

  llvm::GlobalVariable *global(llvm::Constant *value) {
    auto *variable = new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                              llvm::GlobalValue::PrivateLinkage, value, "agon.table");
    return variable;
  }
  llvm::Constant *text(StringRef value) {
    llvm::Constant *&known = texts[value];
    if (!known) {
      llvm::GlobalVariable *variable = global(llvm::ConstantDataArray::getString(context, value));
      // Its address means nothing: the linker merges equal texts of several tables.
      variable->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
      known = variable;
    }
    return known;
  }
  llvm::Constant *array(ArrayRef<llvm::Constant *> values) {
    if (values.empty())
      return null();
    return global(llvm::ConstantArray::get(llvm::ArrayType::get(values.front()->getType(), values.size()), values));
  }

  template <typename Map> static int64_t indexOr(const Map &map, StringRef name) {
    auto found = map.find(name);
    return found == map.end() ? -1 : int64_t(found->second);
  }

  void collect() {
    for (CellOp cell : program.getBody().getOps<CellOp>()) {
      cellIndex[cell.getName()] = cellList.size();
      cellList.push_back(cell);
    }
    llvm::append_range(fieldList, program.getBody().getOps<FieldOp>());
    for (LLVM::LLVMFuncOp function : functions)
      functionIndex.try_emplace(function.getSymName(), functionIndex.size());
  }

  uint32_t realType() {
    for (CellOp cell : cellList)
      if (cell.getKind() == CellKind::Parameter || cell.getKind() == CellKind::Objective)
        return cast<ShapedType>(cell.getType()).getElementType().isF64() ? AGON_F64 : AGON_F32;
    return AGON_F32;
  }

  std::string sourceName() {
    if (auto location = dyn_cast<FileLineColLoc>(program.getLoc()))
      return llvm::sys::path::filename(location.getFilename().getValue()).str();
    return program.getName().str();
  }

  /// Identifies the elaborated model: its parts as the configuration tells them, cells' names and types, play.
  std::string hash() {
    std::string all;
    llvm::raw_string_ostream stream(all);
    stream << program.getName() << program.getBatch();
    if (auto config = llvm::json::parse(program.getConfig()); !config)
      llvm::consumeError(config.takeError());
    else if (const llvm::json::Object *object = config->getAsObject())
      stream << object->getString("model").value_or("");
    for (CellOp cell : cellList)
      if (cell.getKind() <= CellKind::Step)
        stream << stringifyCellKind(cell.getKind()) << cell.getName() << cell.getType();
    stream << program.getSchedule();
    llvm::MD5::MD5Result digest = llvm::MD5::hash(llvm::arrayRefFromStringRef(all));
    return digest.digest().str().str();
  }

  /// Names in the IR are unique; the ABI tells cells apart by kind and name.
  static StringRef publicName(CellOp cell) {
    StringRef name = cell.getName();
    switch (cell.getKind()) {
    case CellKind::Data: name.consume_front("data."); break;
    case CellKind::Hyper: name.consume_front("hyper."); break;
    case CellKind::Objective: name.consume_front("objective."); break;
    case CellKind::Metric: name.consume_front("metric."); break;
    case CellKind::Sample: name.consume_front("sample."); break;
    case CellKind::Expected: name.consume_front("expected."); break;
    case CellKind::Expectation: name.consume_front("expectation."); break;
    case CellKind::Largest: name.consume_front("largest."); break;
    case CellKind::Requirement: name.consume_front("requirement."); break;
    default: break;
    }
    return name;
  }

  static uint32_t dtype(Type element) {
    if (element.isF64())
      return AGON_F64;
    if (element.isInteger(64))
      return AGON_I64;
    return element.isInteger(32) ? AGON_I32 : AGON_F32;
  }

  llvm::Constant *cellRow(CellOp cell) {
    auto type = cast<ShapedType>(cell.getType());
    std::vector<llvm::Constant *> shape, order;
    for (int64_t size : type.getShape())
      shape.push_back(i64(size));
    if (std::optional<ArrayRef<int64_t>> axes = cell.getOrder())
      for (int64_t axis : *axes)
        order.push_back(u32(axis));
    return record({text(publicName(cell)), u32(uint32_t(cell.getKind())), u32(dtype(type.getElementType())),
                   u32(type.getRank()), i32(cell.getOwner() ? *cell.getOwner() : -1), array(shape),
                   i64(cell->getAttrOfType<IntegerAttr>("agon.offset").getInt()), array(order)});
  }

  static uint32_t functionKind(StringRef kind) {
    static const llvm::StringMap<uint32_t> kinds = {
        {"init", AGON_FN_INIT},           {"turn", AGON_FN_TURN},         {"metrics", AGON_FN_METRICS},
        {"source", AGON_FN_SOURCE},       {"sample", AGON_FN_SAMPLE},     {"objective", AGON_FN_OBJECTIVE},
        {"gradient", AGON_FN_GRADIENT},   {"curvature", AGON_FN_CURVATURE}, {"evaluate", AGON_FN_EVALUATE},
        {"expectations", AGON_FN_EXPECTATIONS}, {"check", AGON_FN_CHECK}};
    return kinds.lookup(kind);
  }

  llvm::Constant *functionRow(LLVM::LLVMFuncOp function) {
    auto indices = [&](StringRef attribute) {
      std::vector<llvm::Constant *> list;
      for (Attribute name : function->getAttrOfType<ArrayAttr>(attribute))
        list.push_back(u32(cellIndex[cast<StringAttr>(name).getValue()]));
      return list;
    };
    auto integer = [&](StringRef name) { return function->getAttrOfType<IntegerAttr>(name).getInt(); };
    auto reads = indices("agon.reads"), writes = indices("agon.writes");
    std::vector<llvm::Constant *> regions;
    for (Attribute region : function->getAttrOfType<ArrayAttr>("agon.regions"))
      regions.push_back(regionRow(cast<DictionaryAttr>(region)));
    return record({text(function.getSymName()), u32(functionKind(function->getAttrOfType<StringAttr>("agon.kind"))),
                   i32(integer("agon.subject")), module.getFunction(function.getSymName()), markedVersion(function),
                   u32(reads.size()), u32(writes.size()), array(reads), array(writes), i64(integer("agon.flops")),
                   i64(integer("agon.temp_bytes")), u32(regions.size()), array(regions)});
  }

  llvm::Constant *markedVersion(LLVM::LLVMFuncOp function) {
    auto name = function->getAttrOfType<StringAttr>("agon.marked");
    return name ? module.getFunction(name.getValue()) : null();
  }

  llvm::Constant *regionRow(DictionaryAttr region) {
    auto word = [&](StringRef name) { return text(region.getAs<StringAttr>(name).getValue()); };
    auto integer = [&](StringRef name) { return region.getAs<IntegerAttr>(name).getInt(); };
    ArrayRef<int64_t> numbers = region.getAs<DenseI64ArrayAttr>("extents");
    std::vector<llvm::Constant *> extents, makers;
    for (; !numbers.empty(); numbers = numbers.drop_front(4))
      extents.push_back(record({i64(numbers[0]), i64(numbers[1]), u32(numbers[2]), u32(numbers[3])}));
    for (Attribute maker : region.getAs<ArrayAttr>("makers")) {
      auto row = cast<DictionaryAttr>(maker);
      auto word = [&](StringRef name) { return text(row.getAs<StringAttr>(name).getValue()); };
      makers.push_back(record({word("operation"), word("within"), word("source"),
                               u32(row.getAs<IntegerAttr>("makes").getInt())}));
    }
    return record({word("name"), word("source"), word("algorithm"), u32(integer("kind")), i64(integer("flops")),
                   i64(integer("bytes")), i64(integer("tasks")), u32(extents.size()), u32(makers.size()),
                   array(extents), array(makers)});
  }

  static double rangeEnd(FieldOp field, unsigned end) {
    return field.getRange() ? cast<FloatAttr>((*field.getRange())[end]).getValueAsDouble() : 0;
  }

  llvm::Constant *groupRow(RecordOp group) {
    std::vector<llvm::Constant *> modes;
    int64_t count = 0, dimension = 0;
    if (auto points = group.getModesAttr()) {
      auto dense = cast<DenseElementsAttr>(points);
      count = dense.getType().getDimSize(0);
      dimension = dense.getType().getDimSize(1);
      for (double value : dense.getValues<double>())
        modes.push_back(f64(value));
    }
    return record({text(group.getName()), i32(group.getSource() ? indexOr(functionIndex, *group.getSource()) : -1),
                   group.getSourceText() ? text(*group.getSourceText()) : null(), i64(count), i64(dimension),
                   array(modes), f64(group.getModeRadius() ? group.getModeRadius()->convertToDouble() : 0)});
  }

  ProgramOp program;
  ArrayRef<LLVM::LLVMFuncOp> functions;
  llvm::Module &module;
  /// "znver4", "native (znver4)".
  std::string machineName() const {
    std::string processor = machine.target.getProcessor().str();
    return machine.march == processor ? processor : machine.march + " (" + processor + ")";
  }

  const targets::Machine &machine;
  llvm::LLVMContext &context;
  llvm::PointerType *pointer;
  llvm::StringMap<llvm::Constant *> texts;
  llvm::StringMap<uint32_t> cellIndex, functionIndex;
  std::vector<CellOp> cellList;
  std::vector<FieldOp> fieldList;
};

// A changed struct must be changed above too.
static_assert(AGON_ABI_VERSION == 4);
static_assert(int(RegionKind::Insert) == AGON_REGION_INSERT && int(RegionKind::Chunks) == AGON_REGION_CHUNKS && int(RegionKind::Elementwise) == AGON_REGION_ELEMENTWISE);
static_assert(sizeof(agon_cell) == 48 && sizeof(agon_function) == 88 && sizeof(agon_region) == 80 &&
              sizeof(agon_extent) == 24 && sizeof(agon_maker) == 32 && sizeof(agon_field) == 56 &&
              sizeof(agon_group) == 56 && sizeof(agon_player) == 32 && sizeof(agon_network) == 32);

} // namespace

void addModelTable(ProgramOp program, ArrayRef<LLVM::LLVMFuncOp> functions, llvm::Module &llvmModule,
                   const targets::Machine &machine) {
  TableBuilder(program, functions, llvmModule, machine).build();
}

} // namespace agon::codegen
