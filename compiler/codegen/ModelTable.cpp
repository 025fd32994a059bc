//===- ModelTable.cpp - agon.program to the ABI's table -------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#include "compiler/codegen/ModelTable.h"
#include "compiler/codegen/AbiRecord.h"
#include "compiler/codegen/Names.h"
#include "compiler/codegen/Origin.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"
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
               const targets::Machine &machine, const DeviceData &device)
      : program(program), functions(functions), module(module), machine(machine), device(device),
        context(module.getContext()), pointer(llvm::PointerType::getUnqual(context)) {}

  void build() {
    collect();
    std::vector<llvm::Constant *> cells, entries, fields, groups, players, networks, loads, averages, schedule, every,
        repeats, features, constants, images;
    for (CellOp cell : cellList)
      cells.push_back(cellRow(cell));
    for (LLVM::LLVMFuncOp function : functions)
      entries.push_back(functionRow(function));
    for (FieldOp field : fieldList)
      fields.push_back(fieldRow(field));
    for (RecordOp group : program.getBody().getOps<RecordOp>())
      groups.push_back(groupRow(group));
    for (SeatOp seat : program.getBody().getOps<SeatOp>())
      players.push_back(playerRow(seat));
    for (NetOp net : program.getBody().getOps<NetOp>())
      networks.push_back(networkRow(net));
    for (LoadOp load : program.getBody().getOps<LoadOp>())
      loads.push_back(loadRow(load));
    for (AverageOp average : program.getBody().getOps<AverageOp>())
      averages.push_back(averageRow(average));
    for (Attribute turn : program.getSchedule())
      schedule.push_back(u32(functionIndex[cast<StringAttr>(turn).getValue()]));
    for (size_t i = 0; i < schedule.size(); ++i)
      every.push_back(u32(program.getEvery() ? (*program.getEvery())[i] : 1));
    if (program.getRepeats())
      for (auto repeat : program.getRepeats()->getAsRange<RepeatAttr>())
        repeats.push_back(repeatRow(repeat));
    for (auto feature : machine.target.getNeeds().getAsRange<StringAttr>())
      features.push_back(text(feature.getValue()));
    features.push_back(null());
    for (const DeviceData::Constant &constant : device.constants)
      constants.push_back(constantRow(constant));
    for (const DeviceData::Image &image : device.images)
      images.push_back(imageRow(image));

    llvm::Constant *table = record<agon_model>({
        set<&agon_model::abi_version>(AGON_ABI_VERSION),
        set<&agon_model::real>(dtype(realTypeOf(program))),
        set<&agon_model::name>(program.getName()),
        set<&agon_model::source>(sourceName()),
        set<&agon_model::source_hash>(hash()),
        set<&agon_model::target>(machineName()),
        set<&agon_model::config_json>(program.getConfig()),
        set<&agon_model::batch>(program.getBatch()),
        set<&agon_model::arena_bytes>(*program.getArenaBytes()),
        set<&agon_model::cell_bytes>(*program.getCellBytes()),
        set<&agon_model::num_cells>(cells.size()),
        set<&agon_model::num_functions>(entries.size()),
        set<&agon_model::num_fields>(fields.size()),
        set<&agon_model::num_groups>(groups.size()),
        set<&agon_model::num_players>(players.size()),
        set<&agon_model::num_networks>(networks.size()),
        set<&agon_model::num_loads>(loads.size()),
        set<&agon_model::num_averages>(averages.size()),
        set<&agon_model::num_schedule>(schedule.size()),
        set<&agon_model::cells>(array(cells)),
        set<&agon_model::functions>(array(entries)),
        set<&agon_model::fields>(array(fields)),
        set<&agon_model::groups>(array(groups)),
        set<&agon_model::players>(array(players)),
        set<&agon_model::networks>(array(networks)),
        set<&agon_model::loads>(array(loads)),
        set<&agon_model::averages>(array(averages)),
        set<&agon_model::schedule>(array(schedule)),
        set<&agon_model::every>(array(every)),
        set<&agon_model::num_repeats>(repeats.size()),
        set<&agon_model::repeats>(array(repeats)),
        set<&agon_model::key_cell>(keyCell()),
        set<&agon_model::cpu_features>(array(features)),
        set<&agon_model::variants>(otherTables(machine.variants)),
        set<&agon_model::devices>(otherTables(machine.devices)),
        set<&agon_model::device>(machine.target.getKind()),
        set<&agon_model::num_constants>(constants.size()),
        set<&agon_model::constants>(array(constants)),
        set<&agon_model::num_images>(images.size()),
        set<&agon_model::images>(array(images)),
        set<&agon_model::not_finite>(launchRow(program->getAttrOfType<DictionaryAttr>(notFiniteName))),
    });
    auto *symbol = new llvm::GlobalVariable(module, table->getType(), /*isConstant=*/true,
                                            llvm::GlobalValue::ExternalLinkage, table, machine.table);
    if (machine.table != targets::tableSymbol)
      symbol->setVisibility(llvm::GlobalValue::HiddenVisibility);
  }

private:
  llvm::Constant *u32(uint64_t v) { return llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), v); }
  llvm::Constant *i64(int64_t v) { return llvm::ConstantInt::getSigned(llvm::Type::getInt64Ty(context), v); }
  llvm::Constant *f64(double v) { return llvm::ConstantFP::get(llvm::Type::getDoubleTy(context), v); }
  llvm::Constant *null() { return llvm::ConstantPointerNull::get(pointer); }

  template <typename Struct> using Field = abi::Field<Struct, llvm::Constant *>;

  /// A number, a text or a constant pointer for a field of the ABI, in the type that the field has there.
  template <auto member, typename Value> Field<abi::StructOf<member>> set(Value &&value) {
    using Type = abi::TypeOf<member>;
    size_t offset = abi::offsetOf<member>();
    if constexpr (std::is_integral_v<Type>)
      return {offset, llvm::ConstantInt::get(llvm::Type::getIntNTy(context, 8 * sizeof(Type)), uint64_t(value),
                                             std::is_signed_v<Type>)};
    else if constexpr (std::is_floating_point_v<Type>)
      return {offset, f64(value)};
    else if constexpr (std::is_convertible_v<Value, llvm::Constant *>)
      return {offset, value};
    else
      return {offset, text(value)};
  }
  template <typename Struct, size_t n> llvm::Constant *record(const Field<Struct> (&fields)[n]) {
    return llvm::ConstantStruct::getAnon(abi::inOrder(fields));
  }

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

  /// The tables of these names, which other objects hold, null terminated.
  llvm::Constant *otherTables(ArrayRef<std::string> names) {
    std::vector<llvm::Constant *> tables;
    for (const std::string &name : names) {
      auto *table = new llvm::GlobalVariable(module, llvm::Type::getInt8Ty(context), /*isConstant=*/true,
                                             llvm::GlobalValue::ExternalLinkage, nullptr, name);
      table->setVisibility(llvm::GlobalValue::HiddenVisibility);
      tables.push_back(table);
    }
    if (!tables.empty())
      tables.push_back(null());
    return array(tables);
  }
  llvm::GlobalVariable *bytes(StringRef content) {
    llvm::GlobalVariable *variable =
        global(llvm::ConstantDataArray::getRaw(content, content.size(), llvm::Type::getInt8Ty(context)));
    variable->setAlignment(llvm::Align(64));
    return variable;
  }

  template <typename Map> static int64_t indexOr(const Map &map, StringRef name) {
    auto found = map.find(name);
    return found == map.end() ? -1 : int64_t(found->second);
  }

  uint32_t keyCell() {
    return std::distance(cellList.begin(),
                         llvm::find_if(cellList, [](CellOp cell) { return cell.getKind() == CellKind::Key; }));
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
        stream << stringifyCellKind(cell.getKind()) << cell.getTitleOrName() << cell.getType();
    stream << program.getSchedule();
    if (program.getEvery())
      stream << program.getEveryAttr();
    if (program.getRepeats())
      stream << program.getRepeatsAttr();
    llvm::MD5::MD5Result digest = llvm::MD5::hash(llvm::arrayRefFromStringRef(all));
    return digest.digest().str().str();
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
    return record<agon_cell>({
        set<&agon_cell::name>(cell.getTitleOrName()),
        set<&agon_cell::kind>(uint32_t(cell.getKind())),
        set<&agon_cell::dtype>(dtype(type.getElementType())),
        set<&agon_cell::rank>(type.getRank()),
        set<&agon_cell::owner>(cell.getOwner() ? *cell.getOwner() : -1),
        set<&agon_cell::shape>(array(shape)),
        set<&agon_cell::offset>(*cell.getOffset()),
        set<&agon_cell::order>(array(order)),
    });
  }

  llvm::Constant *fieldRow(FieldOp field) {
    auto expand = field->getAttrOfType<DictionaryAttr>(expandName);
    return record<agon_field>({
        set<&agon_field::name>(field.getName()),
        set<&agon_field::cell>(cellIndex[field.getCell()]),
        set<&agon_field::group>(field.getGroup()),
        set<&agon_field::classes>(field.getClasses()),
        set<&agon_field::has_range>(field.getRange().has_value()),
        set<&agon_field::low>(rangeEnd(field, 0)),
        set<&agon_field::high>(rangeEnd(field, 1)),
        set<&agon_field::mean_cell>(field.getMean() ? indexOr(cellIndex, *field.getMean()) : -1),
        set<&agon_field::expand>(launchRow(expand)),
        set<&agon_field::numbers>(expand ? expand.getAs<IntegerAttr>("numbers").getInt() : 0),
    });
  }

  /// How a kernel that no region asks for is run; null if there is none.
  llvm::Constant *launchRow(DictionaryAttr launch) {
    if (!launch)
      return null();
    return global(record<agon_launch>({
        set<&agon_launch::kernel>(null()),
        set<&agon_launch::grid>(launch.getAs<IntegerAttr>("tasks").getInt()),
        set<&agon_launch::block>(launch.getAs<IntegerAttr>("block").getInt()),
        set<&agon_launch::space>(AGON_SPACE_DEVICE),
        set<&agon_launch::scratch>(0),
        set<&agon_launch::workspace>(0),
        set<&agon_launch::symbol>(launch.getAs<SymbolRefAttr>("kernel").getLeafReference().getValue()),
        set<&agon_launch::arguments>(launch.getAs<IntegerAttr>("arguments").getInt()),
    }));
  }

  llvm::Constant *playerRow(SeatOp seat) {
    return record<agon_player>({
        set<&agon_player::name>(seat.getName()),
        set<&agon_player::maximizes>(seat.getMaximizes()),
        set<&agon_player::optimizer>(seat.getOptimizer()),
        set<&agon_player::objective>(cellIndex[seat.getObjective()]),
        set<&agon_player::step>(cellIndex[seat.getStep()]),
    });
  }

  llvm::Constant *networkRow(NetOp net) {
    return record<agon_network>({
        set<&agon_network::name>(net.getName()),
        set<&agon_network::owner>(net.getOwner()),
        set<&agon_network::sample>(net.getSample() ? indexOr(functionIndex, *net.getSample()) : -1),
        set<&agon_network::pair_field>(net.getImitates() ? *net.getImitates() : -1),
        set<&agon_network::signature>(net.getSignature()),
    });
  }

  int64_t netIndex(StringRef name) {
    auto nets = program.getBody().getOps<NetOp>();
    return std::distance(nets.begin(), llvm::find_if(nets, [&](NetOp each) { return each.getName() == name; }));
  }

  llvm::Constant *averageRow(AverageOp average) {
    return record<agon_average>({
        set<&agon_average::name>(average.getName()),
        set<&agon_average::network>(netIndex(average.getNetwork())),
        set<&agon_average::step>(cellIndex[average.getStep()]),
        set<&agon_average::optimizer>(average.getOptimizer()),
    });
  }

  llvm::Constant *loadRow(LoadOp load) {
    return record<agon_load>({
        set<&agon_load::network>(netIndex(load.getNetwork())),
        set<&agon_load::frozen>(load.getFrozen()),
        set<&agon_load::path>(load.getPath()),
        set<&agon_load::name>(load.getName()),
        set<&agon_load::source>(originOf(load.getLoc()).source),
    });
  }

  llvm::Constant *constantRow(const DeviceData::Constant &constant) {
    return record<agon_constant>({
        set<&agon_constant::offset>(constant.offset),
        set<&agon_constant::bytes>(constant.bytes.size()),
        set<&agon_constant::data>(bytes(constant.bytes)),
    });
  }

  llvm::Constant *imageRow(const DeviceData::Image &image) {
    return record<agon_image>({
        set<&agon_image::kind>(image.kind),
        set<&agon_image::architecture>(image.architecture),
        set<&agon_image::data>(bytes(image.bytes)),
        set<&agon_image::bytes>(image.bytes.size()),
    });
  }

  static uint32_t functionKind(StringRef kind) {
#define KIND(NAME, Name, NUMBER, WORD) .Case(WORD, AGON_FN_##NAME)
    return llvm::StringSwitch<uint32_t>(kind) AGON_FUNCTION_KINDS(KIND);
#undef KIND
  }

  llvm::Constant *functionRow(LLVM::LLVMFuncOp function) {
    auto row = function->getAttrOfType<FunctionAttr>(functionName);
    auto indices = [&](ArrayAttr cells) {
      std::vector<llvm::Constant *> list;
      for (auto cell : cells.getAsRange<FlatSymbolRefAttr>())
        list.push_back(u32(cellIndex[cell.getValue()]));
      return list;
    };
    auto reads = indices(row.getReads()), writes = indices(row.getWrites());
    std::vector<llvm::Constant *> regions;
    for (auto step : row.getSteps().getAsRange<StepAttr>())
      regions.push_back(regionRow(step));
    return record<agon_function>({
        set<&agon_function::name>(function.getSymName()),
        set<&agon_function::kind>(functionKind(row.getKind())),
        set<&agon_function::subject>(row.getSubject()),
        set<&agon_function::fn>(module.getFunction(function.getSymName())),
        set<&agon_function::marked>(row.getMarked() ? module.getFunction(row.getMarked().getValue()) : null()),
        set<&agon_function::num_reads>(reads.size()),
        set<&agon_function::num_writes>(writes.size()),
        set<&agon_function::reads>(array(reads)),
        set<&agon_function::writes>(array(writes)),
        set<&agon_function::flops>(row.getFlops()),
        set<&agon_function::temp_bytes>(row.getTempBytes()),
        set<&agon_function::num_regions>(regions.size()),
        set<&agon_function::regions>(array(regions)),
    });
  }

  llvm::Constant *repeatRow(RepeatAttr repeat) {
    return record<agon_repeat>({
        set<&agon_repeat::first>(repeat.getFirst()),
        set<&agon_repeat::length>(repeat.getLength()),
        set<&agon_repeat::rounds>(cellIndex.lookup(repeat.getRounds().getValue())),
    });
  }

  llvm::Constant *extentRow(ExtentAttr extent) {
    return record<agon_extent>({
        set<&agon_extent::offset>(extent.getOffset()),
        set<&agon_extent::bytes>(extent.getBytes()),
        set<&agon_extent::dtype>(dtype(extent.getElement())),
        set<&agon_extent::written>(extent.getWritten()),
    });
  }

  llvm::Constant *makerRow(MakerAttr maker) {
    return record<agon_maker>({
        set<&agon_maker::operation>(maker.getOperation()),
        set<&agon_maker::within>(maker.getWithin()),
        set<&agon_maker::source>(maker.getSource()),
        set<&agon_maker::makes>(maker.getMakes()),
    });
  }

  llvm::Constant *regionRow(StepAttr step) {
    std::vector<llvm::Constant *> extents, makers;
    if (step.getExtents())
      for (auto extent : step.getExtents().getAsRange<ExtentAttr>())
        extents.push_back(extentRow(extent));
    if (step.getMakers())
      for (auto maker : step.getMakers().getAsRange<MakerAttr>())
        makers.push_back(makerRow(maker));
    FlatSymbolRefAttr launch = step.getLaunch();
    return record<agon_region>({
        set<&agon_region::name>(step.getName()),
        set<&agon_region::source>(step.getSource()),
        set<&agon_region::algorithm>(step.getAlgorithm()),
        set<&agon_region::kind>(launch ? uint32_t(step.getKind()) : uint32_t(AGON_REGION_COPY)),
        set<&agon_region::flops>(step.getFlops()),
        set<&agon_region::bytes>(step.getBytes()),
        set<&agon_region::launch>(launch ? module.getNamedGlobal(launch.getValue()) : null()),
        set<&agon_region::num_extents>(extents.size()),
        set<&agon_region::num_makers>(makers.size()),
        set<&agon_region::extents>(array(extents)),
        set<&agon_region::makers>(array(makers)),
    });
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
    return record<agon_group>({
        set<&agon_group::name>(group.getName()),
        set<&agon_group::source>(group.getSource() ? indexOr(functionIndex, *group.getSource()) : -1),
        set<&agon_group::source_text>(group.getSourceText() ? text(*group.getSourceText()) : null()),
        set<&agon_group::num_modes>(count),
        set<&agon_group::mode_dim>(dimension),
        set<&agon_group::modes>(array(modes)),
        set<&agon_group::mode_radius>(group.getModeRadius() ? group.getModeRadius()->convertToDouble() : 0),
    });
  }

  ProgramOp program;
  ArrayRef<LLVM::LLVMFuncOp> functions;
  llvm::Module &module;
  /// "znver4", "native (znver4)", "sm_80, products in bf16".
  std::string machineName() const {
    std::string processor = machine.target.getProcessor().str();
    std::string name = machine.march == processor ? processor : machine.march + " (" + processor + ")";
    for (auto type : machine.target.getMultiplyAdds().getAsRange<TypeAttr>())
      if (isa<FloatTF32Type, BFloat16Type>(type.getValue()))
        llvm::raw_string_ostream(name) << ", products in " << type.getValue();
    return name;
  }

  const targets::Machine &machine;
  const DeviceData &device;
  llvm::LLVMContext &context;
  llvm::PointerType *pointer;
  llvm::StringMap<llvm::Constant *> texts;
  llvm::StringMap<uint32_t> cellIndex, functionIndex;
  std::vector<CellOp> cellList;
  std::vector<FieldOp> fieldList;
};

} // namespace

FloatType realTypeOf(ProgramOp program) {
  for (CellOp cell : program.getBody().getOps<CellOp>())
    if (cell.getKind() == CellKind::Parameter || cell.getKind() == CellKind::Objective)
      return cast<FloatType>(cast<ShapedType>(cell.getType()).getElementType());
  return Float32Type::get(program.getContext());
}

void addModelTable(ProgramOp program, ArrayRef<LLVM::LLVMFuncOp> functions, llvm::Module &llvmModule,
                   const targets::Machine &machine, const DeviceData &device) {
  TableBuilder(program, functions, llvmModule, machine, device).build();
}

} // namespace agon::codegen
