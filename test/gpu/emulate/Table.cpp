//===- Table.cpp - The table of kernels -----------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The table of kernels: AgonEmulatedKernel of emulator.h.
//
//===----------------------------------------------------------------------===//
#include "test/gpu/emulate/Steps.h"

using namespace llvm;

namespace agon::emulate {
namespace {

class Table {
public:
  explicit Table(Module &module)
      : module(module), context(module.getContext()), pointer(PointerType::get(context, 0)),
        i32(Type::getInt32Ty(context)), i64(Type::getInt64Ty(context)),
        variableType(StructType::get(pointer, i64, i64, i64)),
        kernelType(StructType::get(pointer, pointer, i32, i32, pointer, i32, i32, pointer, i64)) {}

  Constant *text(StringRef value) { return constant(ConstantDataArray::getString(context, value)); }

  Constant *array(StructType *type, ArrayRef<Constant *> elements) {
    return constant(ConstantArray::get(ArrayType::get(type, elements.size()), elements));
  }

  Constant *variable(StringRef name, Constant *place, uint64_t bytes, bool writable) {
    return ConstantStruct::get(variableType,
                               {text(name), place, ConstantInt::get(i64, bytes), ConstantInt::get(i64, writable)});
  }

  /// What lies in the device's memory when the library is loaded.
  std::vector<Constant *> globals() {
    std::vector<Constant *> found;
    for (GlobalVariable &global : module.globals()) {
      if (global.isDeclaration() || global.getName().starts_with("agon.") || global.getName().starts_with("llvm."))
        continue;
      found.push_back(variable(global.getName(), ConstantExpr::getPtrToInt(&global, i64),
                               module.getDataLayout().getTypeAllocSize(global.getValueType()), !global.isConstant()));
    }
    return found;
  }

  /// void run(void *const *arguments): each points to a parameter's value.
  Function *wrapper(Function &kernel) {
    auto *function = Function::Create(FunctionType::get(Type::getVoidTy(context), pointer, false),
                                      GlobalValue::InternalLinkage, "agon.run." + kernel.getName(), module);
    IRBuilder<> builder(BasicBlock::Create(context, "entry", function));
    SmallVector<Value *> arguments;
    for (Argument &parameter : kernel.args()) {
      Value *at = builder.CreateConstInBoundsGEP1_64(pointer, function->getArg(0), parameter.getArgNo());
      Value *value = builder.CreateLoad(pointer, at);
      arguments.push_back(parameter.hasByValAttr() ? value
                                                   : builder.CreateAlignedLoad(parameter.getType(), value, Align(1)));
    }
    builder.CreateCall(&kernel, arguments);
    builder.CreateRetVoid();
    return function;
  }

  void add(ArrayRef<Function *> kernels, const SharedLayout &shared) {
    std::vector<Constant *> sharedVariables, entries, variables = globals();
    for (const SharedLayout::Variable &each : shared.variables)
      sharedVariables.push_back(variable(each.name, ConstantInt::get(i64, each.place), each.bytes, true));
    Constant *sharedArray = array(variableType, sharedVariables), *globalArray = array(variableType, variables);
    for (Function *kernel : kernels)
      entries.push_back(ConstantStruct::get(
          kernelType, {text(kernel->getName()), wrapper(*kernel), ConstantInt::get(i32, kernel->arg_size()),
                       ConstantInt::get(i32, shared.staticBytes.lookup(kernel)), sharedArray,
                       ConstantInt::get(i32, sharedVariables.size()), ConstantInt::get(i32, shared.dynamicOffset),
                       globalArray, ConstantInt::get(i64, variables.size())}));
    entries.push_back(Constant::getNullValue(kernelType));
    auto *type = ArrayType::get(kernelType, entries.size());
    new GlobalVariable(module, type, true, GlobalValue::ExternalLinkage, ConstantArray::get(type, entries),
                       AGON_EMULATED_KERNELS);
  }

private:
  Constant *constant(Constant *value) {
    return new GlobalVariable(module, value->getType(), true, GlobalValue::PrivateLinkage, value, "agon.table");
  }

  Module &module;
  LLVMContext &context;
  PointerType *pointer;
  Type *i32, *i64;
  StructType *variableType, *kernelType;
};

} // namespace

void addTable(Module &module, ArrayRef<Function *> kernels, const SharedLayout &shared) {
  Table(module).add(kernels, shared);
}

} // namespace agon::emulate
