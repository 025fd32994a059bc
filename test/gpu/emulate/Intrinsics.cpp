//===- Intrinsics.cpp - llvm.nvvm intrinsics to calls of the emulator -----===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// The emulator's functions are declared without the attributes of the intrinsics: nothing may be merged or hoisted that
// a warp does together. Several results come through a pointer.
//
//===----------------------------------------------------------------------===//
#include "test/gpu/emulate/Steps.h"
#include "test/gpu/emulator/KernelFunctions.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace llvm;

namespace agon::emulate {
namespace {

/// Lowers one call. Each function takes what follows its part of the name, and returns the result (for void any value),
/// or null if it does not know it.
class Lowering {
public:
  Lowering(CallInst &call, Constant *place, bool checked)
      : call(call), module(*call.getModule()), builder(&call), place(place), checked(checked) {
    if (!place)
      this->place = ConstantPointerNull::get(builder.getPtrTy());
  }

  Value *run() {
    StringRef name = call.getCalledFunction()->getName();
    name.consume_front("llvm.nvvm.");
    if (name.consume_front("read.ptx.sreg."))
      return readRegister(name);
    if (name.consume_front("barrier."))
      return barrier(name);
    if (name == "bar.warp.sync")
      return emit("agon_emu_warp_sync", builder.getVoidTy(), {argument(0), this->place});
    if (name.consume_front("shfl.sync."))
      return shuffle(name);
    if (name.consume_front("vote."))
      return vote(name);
    if (name.consume_front("redux.sync."))
      return reduce(name);
    if (name.consume_front("match.any.sync."))
      return emit("agon_emu_match_any", builder.getInt32Ty(),
                  {argument(0), builder.CreateZExt(argument(1), builder.getInt64Ty()), this->place});
    if (name.consume_front("ldmatrix.sync.aligned.m8n8."))
      return matrices(name, true);
    if (name.consume_front("stmatrix.sync.aligned.m8n8."))
      return matrices(name, false);
    if (name.consume_front("mma."))
      return multiply(name);
    if (name.consume_front("cp.async."))
      return copyAsync(name);
    if (name == "membar.gl" || name == "membar.sys")
      return emit("agon_emu_fence", builder.getVoidTy(), {});
    if (name == "nanosleep")
      return emit("agon_emu_pause", builder.getVoidTy(), {place});
    // Kernels run one after another, and barriers order the threads of a block.
    if (name == "membar.cta" || name.starts_with("prefetch.") || name.starts_with("griddepcontrol."))
      return call.getCalledFunction();
    return arithmetic(name);
  }

private:
  Value *argument(unsigned i) { return call.getArgOperand(i); }

  CallInst *emit(StringRef function, Type *result, ArrayRef<Value *> arguments, bool pure = false) {
    SmallVector<Type *> types;
    for (Value *each : arguments)
      types.push_back(each->getType());
    FunctionCallee callee = module.getOrInsertFunction(function, FunctionType::get(result, types, false));
    auto *declared = cast<Function>(callee.getCallee());
    declared->setDoesNotThrow();
    if (pure) {
      declared->setDoesNotAccessMemory();
      declared->setWillReturn();
    }
    return builder.CreateCall(callee, arguments);
  }

  Value *fromBool(Value *value) { return builder.CreateZExt(value, builder.getInt32Ty()); }
  Value *toBool(Value *value) { return builder.CreateICmpNE(value, builder.getInt32(0)); }
  Value *generic(Value *pointer) {
    return pointer->getType()->getPointerAddressSpace() ? builder.CreateAddrSpaceCast(pointer, builder.getPtrTy())
                                                        : pointer;
  }
  AllocaInst *words(unsigned count) {
    BasicBlock &entry = call.getFunction()->getEntryBlock();
    IRBuilder<> atEntry(&entry, entry.begin());
    return atEntry.CreateAlloca(ArrayType::get(builder.getInt32Ty(), count));
  }
  Value *wordAt(AllocaInst *array, unsigned i) {
    return builder.CreateConstGEP2_32(array->getAllocatedType(), array, 0, i);
  }

  /// The words of `array` as the call's result: one, or the elements of a structure.
  Value *resultFrom(AllocaInst *array) {
    auto *structure = dyn_cast<StructType>(call.getType());
    if (!structure)
      return builder.CreateLoad(call.getType(), array);
    Value *result = PoisonValue::get(structure);
    for (unsigned i = 0; i < structure->getNumElements(); ++i)
      result = builder.CreateInsertValue(result, builder.CreateLoad(structure->getElementType(i), wordAt(array, i)), i);
    return result;
  }

  Value *readRegister(StringRef name) {
    if (name == "warpsize")
      return builder.getInt32(32);
    int number = StringSwitch<int>(name)
                     .Case("laneid", AGON_LANEID)
                     .Case("warpid", AGON_WARPID)
                     .Case("nwarpid", AGON_NWARPID)
                     .Case("lanemask.eq", AGON_LANEMASK_EQ)
                     .Case("lanemask.le", AGON_LANEMASK_LE)
                     .Case("lanemask.lt", AGON_LANEMASK_LT)
                     .Case("lanemask.ge", AGON_LANEMASK_GE)
                     .Case("lanemask.gt", AGON_LANEMASK_GT)
                     .Case("dynamic_smem_size", AGON_DYNAMIC_SHARED)
                     .Default(-1);
    auto [kind, axis] = name.split('.');
    int first = StringSwitch<int>(kind)
                    .Case("tid", AGON_TID)
                    .Case("ntid", AGON_NTID)
                    .Case("ctaid", AGON_CTAID)
                    .Case("nctaid", AGON_NCTAID)
                    .Default(-1);
    if (number < 0 && first >= 0 && axis.size() == 1 && axis[0] >= 'x' && axis[0] <= 'z')
      number = first + (axis[0] - 'x');
    if (number < 0)
      return nullptr;
    return emit("agon_emu_register", builder.getInt32Ty(), {builder.getInt32(number)}, true);
  }

  Value *barrier(StringRef name) {
    if (!name.consume_front("cta."))
      return nullptr;
    Type *i32 = builder.getInt32Ty();
    bool reduces = name.consume_front("red.");
    StringRef operation = name.split('.').first;
    bool all = name.ends_with(".all");
    if (!all && !name.ends_with(".count"))
      return nullptr;
    Value *count = all ? builder.getInt32(0) : argument(1), *aligned = builder.getInt32(name.contains(".aligned"));
    if (!reduces) {
      if (operation != "sync" && operation != "arrive")
        return nullptr;
      return emit(operation == "sync" ? "agon_emu_barrier" : "agon_emu_barrier_arrive", builder.getVoidTy(),
                  {argument(0), count, aligned, place});
    }
    Value *result = emit(("agon_emu_barrier_" + operation).str(), i32,
                         {argument(0), count, fromBool(argument(all ? 1 : 2)), aligned, place});
    return operation == "popc" ? result : toBool(result);
  }

  Value *shuffle(StringRef name) {
    auto [modeName, type] = name.split('.');
    int mode = StringSwitch<int>(modeName).Case("up", 0).Case("down", 1).Case("bfly", 2).Case("idx", 3).Default(-1);
    if (mode < 0)
      return nullptr;
    bool withFound = type.ends_with("p");
    Type *i32 = builder.getInt32Ty();
    AllocaInst *found = withFound ? words(1) : nullptr;
    Value *result =
        emit("agon_emu_shuffle", i32,
             {builder.getInt32(mode), argument(0), builder.CreateBitCast(argument(1), i32), argument(2), argument(3),
              found ? static_cast<Value *>(found) : ConstantPointerNull::get(builder.getPtrTy()), place});
    result = builder.CreateBitCast(result, argument(1)->getType());
    if (!withFound)
      return result;
    Value *pair = builder.CreateInsertValue(PoisonValue::get(call.getType()), result, 0);
    return builder.CreateInsertValue(pair, toBool(builder.CreateLoad(i32, found)), 1);
  }

  Value *vote(StringRef name) {
    if (!name.consume_back(".sync"))
      return nullptr;
    int mode = StringSwitch<int>(name).Case("all", 0).Case("any", 1).Case("uni", 2).Case("ballot", 3).Default(-1);
    if (mode < 0)
      return nullptr;
    Value *result = emit("agon_emu_vote", builder.getInt32Ty(),
                         {builder.getInt32(mode), argument(0), fromBool(argument(1)), place});
    return mode == 3 ? result : toBool(result);
  }

  Value *reduce(StringRef name) {
    int mode = StringSwitch<int>(name)
                   .Case("add", 0)
                   .Case("umin", 1)
                   .Case("umax", 2)
                   .Case("min", 3)
                   .Case("max", 4)
                   .Case("and", 5)
                   .Case("or", 6)
                   .Case("xor", 7)
                   .Default(-1);
    if (mode < 0)
      return nullptr;
    return emit("agon_emu_reduce", builder.getInt32Ty(), {builder.getInt32(mode), argument(0), argument(1), place});
  }

  /// "x4.trans.b16.p3"
  Value *matrices(StringRef name, bool load) {
    if (!name.consume_front("x"))
      return nullptr;
    unsigned count = name.front() - '0';
    name = name.drop_front();
    bool transposed = name.consume_front(".trans");
    if (!name.starts_with(".b16"))
      return nullptr;
    AllocaInst *values = words(count);
    if (!load)
      for (unsigned i = 0; i < count; ++i)
        builder.CreateStore(argument(i + 1), wordAt(values, i));
    emit(load ? "agon_emu_load_matrix" : "agon_emu_store_matrix", builder.getVoidTy(),
         {builder.getInt32(count), builder.getInt32(transposed), generic(argument(0)), values,
          builder.getInt32(checked), place});
    return load ? resultFrom(values) : values;
  }

  /// "m16n8k8.row.col.tf32"
  Value *multiply(StringRef name) {
    unsigned depth;
    if (!name.consume_front("m16n8k") || name.consumeInteger(10, depth) || !name.consume_front(".row.col."))
      return nullptr;
    int type =
        StringSwitch<int>(name).Case("tf32", 0).Case("bf16", 1).Case("f32.f32", 2).Case("f16.f16", 3).Default(-1);
    unsigned unit = type == 0 ? 4 : 8;
    if (type < 0 || (depth != unit && depth != 2 * unit))
      return nullptr;
    AllocaInst *operands = words(call.arg_size()), *results = words(4);
    for (unsigned i = 0; i < call.arg_size(); ++i)
      builder.CreateStore(argument(i), wordAt(operands, i));
    emit("agon_emu_mma", builder.getVoidTy(),
         {builder.getInt32(type), builder.getInt32(depth), operands, results, place});
    return resultFrom(results);
  }

  Value *copyAsync(StringRef name) {
    Type *nothing = builder.getVoidTy();
    if (name == "commit.group")
      return emit("agon_emu_commit_copies", nothing, {});
    if (name == "wait.group")
      return emit("agon_emu_wait_copies", nothing, {argument(0)});
    if (name == "wait.all")
      return emit("agon_emu_wait_all_copies", nothing, {});
    bool sized = name.consume_back(".s");
    unsigned bytes;
    if ((!name.consume_front("ca.shared.global.") && !name.consume_front("cg.shared.global.")) ||
        name.getAsInteger(10, bytes))
      return nullptr;
    return emit("agon_emu_copy_async", nothing,
                {generic(argument(0)), generic(argument(1)), builder.getInt32(bytes),
                 sized ? argument(2) : builder.getInt32(bytes), builder.getInt32(checked), place});
  }

  Value *divide(Value *a, Value *b) { return builder.CreateFDiv(a, b); }
  Value *round(Value *value) { return builder.CreateFPTrunc(value, call.getType()); }

  /// Arithmetic that this machine has too. Approximate functions are exact here.
  Value *arithmetic(StringRef name) {
    if (name == "f2tf32.rna" || name == "f2tf32.rn")
      return emit(name.ends_with("a") ? "agon_emu_tf32_rna" : "agon_emu_tf32_rn", builder.getInt32Ty(), {argument(0)},
                  true);
    if (name == "ff2bf16x2.rn" || name == "ff2f16x2.rn") {
      // The first operand is the upper half.
      auto *type = cast<VectorType>(call.getType());
      Value *pair = PoisonValue::get(VectorType::get(builder.getFloatTy(), type->getElementCount()));
      pair = builder.CreateInsertElement(pair, argument(1), uint64_t(0));
      return round(builder.CreateInsertElement(pair, argument(0), uint64_t(1)));
    }
    if (name == "f2bf16.rn")
      return round(argument(0));
    for (StringRef type : {".f", ".d", ".f32", ".f64"})
      if (name.ends_with(type)) {
        name = name.drop_back(type.size());
        break;
      }
    name.consume_back(".ftz");
    if (name == "add.rn")
      return builder.CreateFAdd(argument(0), argument(1));
    if (name == "mul.rn")
      return builder.CreateFMul(argument(0), argument(1));
    if (name == "div.rn" || name == "div.approx" || name == "div.full")
      return divide(argument(0), argument(1));
    if (name == "rcp.rn" || name == "rcp.approx")
      return divide(ConstantFP::get(call.getType(), 1), argument(0));
    if (name == "rsqrt.approx")
      return divide(ConstantFP::get(call.getType(), 1), builder.CreateUnaryIntrinsic(Intrinsic::sqrt, argument(0)));
    auto same = StringSwitch<Intrinsic::ID>(name)
                    .Cases({"sqrt.rn", "sqrt.approx"}, Intrinsic::sqrt)
                    .Case("fma.rn", Intrinsic::fma)
                    .Case("fabs", Intrinsic::fabs)
                    .Case("fmin", Intrinsic::minnum)
                    .Case("fmax", Intrinsic::maxnum)
                    .Case("fmin.nan", Intrinsic::minimum)
                    .Case("fmax.nan", Intrinsic::maximum)
                    .Case("floor", Intrinsic::floor)
                    .Case("ceil", Intrinsic::ceil)
                    .Case("ex2.approx", Intrinsic::exp2)
                    .Case("lg2.approx", Intrinsic::log2)
                    .Case("tanh.approx", Intrinsic::tanh)
                    .Case("sin.approx", Intrinsic::sin)
                    .Case("cos.approx", Intrinsic::cos)
                    .Default(Intrinsic::not_intrinsic);
    if (same == Intrinsic::not_intrinsic)
      return nullptr;
    SmallVector<Value *> arguments(call.args());
    return builder.CreateIntrinsic(same, {call.getType()}, arguments);
  }

  CallInst &call;
  Module &module;
  IRBuilder<> builder;
  Constant *place;
  bool checked;
};

} // namespace

Error lowerIntrinsics(Module &module, const Places &places, bool checked) {
  for (Function &function : module)
    for (Instruction &instruction : make_early_inc_range(instructions(function))) {
      auto *call = dyn_cast<CallInst>(&instruction);
      const Function *callee = call ? call->getCalledFunction() : nullptr;
      if (!callee || !callee->getName().starts_with("llvm.nvvm."))
        continue;
      Value *result = Lowering(*call, places.lookup(call), checked).run();
      if (!result)
        return failed("the emulator does not know '" + callee->getName() + "', called by '" + function.getName() + "'");
      if (!call->getType()->isVoidTy())
        call->replaceAllUsesWith(result);
      call->eraseFromParent();
    }
  return Error::success();
}

void lowerBrainFloats(Module &module) {
  for (Function &function : module)
    for (Instruction &instruction : make_early_inc_range(instructions(function))) {
      Type *type = instruction.getType();
      IRBuilder<> builder(&instruction);
      Value *wide = nullptr;
      auto widen = [&](Value *value) { return builder.CreateFPExt(value, type->getWithNewType(builder.getFloatTy())); };
      if (!type->getScalarType()->isBFloatTy())
        continue;
      if (isa<FPTruncInst>(instruction) && instruction.getOperand(0)->getType()->getScalarType()->isFloatTy())
        wide = instruction.getOperand(0);
      else if (auto *operation = dyn_cast<BinaryOperator>(&instruction))
        wide = builder.CreateBinOp(operation->getOpcode(), widen(operation->getOperand(0)),
                                   widen(operation->getOperand(1)));
      if (!wide)
        continue;
      Type *i32 = type->getWithNewType(builder.getInt32Ty());
      auto constant = [&](uint32_t value) { return ConstantInt::get(i32, value); };
      Value *bits = builder.CreateBitCast(wide, i32);
      Value *odd = builder.CreateAnd(builder.CreateLShr(bits, constant(16)), constant(1));
      Value *rounded = builder.CreateAdd(bits, builder.CreateAdd(odd, constant(0x7fff)));
      Value *chosen =
          builder.CreateSelect(builder.CreateFCmpUNO(wide, wide), builder.CreateOr(bits, constant(0x400000)), rounded);
      Value *half =
          builder.CreateTrunc(builder.CreateLShr(chosen, constant(16)), type->getWithNewType(builder.getInt16Ty()));
      instruction.replaceAllUsesWith(builder.CreateBitCast(half, type));
      instruction.eraseFromParent();
    }
}

} // namespace agon::emulate
