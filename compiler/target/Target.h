//===- Target.h - What the compiler asks of a target ------------*- C++ -*-===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
#ifndef AGON_COMPILER_TARGET_TARGET_H
#define AGON_COMPILER_TARGET_TARGET_H

#include "dialects/agon/Agon.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace llvm {
class Function;
class TargetMachine;
} // namespace llvm
namespace mlir {
class OpPassManager;
} // namespace mlir

namespace agon::targets {

/// A kernel function and the size of its parallel range, and how it is run (agon_launch). Tasks are independent,
/// and what they compute does not depend on how the range is cut.
struct Kernel {
  mlir::func::FuncOp func;
  int64_t tasks = 1;
  int64_t block = 1;     ///< threads of a task
  int64_t scratch = 0;   ///< bytes of each task's own; on the host at least what the kernel has on its stack
  int64_t workspace = 0; ///< bytes for all tasks together
};

/// What kernels are made for.
struct Options {
  TargetAttr target;
  int optLevel = 3; ///< 0: plain loops, an operation at a time; 1..3: everything
};

/// What `--march` calls the processor that the compiler runs on.
inline constexpr llvm::StringLiteral nativeMarch = "native";
/// The symbol of a binary's table; further programs of a portable one have others.
inline constexpr llvm::StringLiteral tableSymbol = "agon_model_v1";
/// The module within a program's that holds the kernels of a device.
inline constexpr llvm::StringLiteral deviceModule = "device";

/// The machine that one program of a binary is for. Most binaries hold one; `--march=portable` makes several.
struct Machine {
  TargetAttr target;
  std::string march;                     ///< As asked for: "native", "x86-64-v3", "znver4"; of `portable`, a level.
  std::string suffix;                    ///< On the symbols of a binary of several programs; else empty.
  std::string table = tableSymbol.str(); ///< The symbol of its table.
  std::vector<std::string> variants;     ///< Tables that this one names, for better machines, best first.
  std::vector<std::string> devices;      ///< Tables that this one names, for devices other than the processor.
};

/// Prices of rewriting convolutions, which are chosen before there are regions.
struct ConvolutionCosts {
  double move = 24;          ///< of an element of a tile to memory and back, in multiply-adds
  double moveFilter = 24;    ///< of an element of a transformed filter
  double leastGain = 1.15;   ///< the time of the plain form over that of Winograd's, at least
  int64_t channelBlock = 32; ///< channels side by side in a transformed filter: a panel or two of a contraction
};

/// When a chain of regions is run for a part of the samples at a time, so that what passes between them stays near.
struct ChunkCosts {
  /// Bytes that may pass between them for all samples at once, and for a part of the samples. No bytes: never in parts.
  int64_t wholeBytes = 0, partBytes = 0;
  int64_t partRows = 64;  ///< of its contractions' operands that a part should have
  int64_t leastParts = 4; ///< that there should be
};

/// A kind of machine that regions are compiled for. All that the compiler knows of one is asked here: the rooms above
/// name no target.
class Target {
public:
  virtual ~Target() = default;
  /// As `#agon.target` and `--target` name it: "cpu".
  virtual llvm::StringRef getName() const = 0;

  //===--- The machine ------------------------------------------------------------------------===//

  /// The machines that `--march=march` names, the least first. Fails with the names there are.
  virtual llvm::Expected<std::vector<Machine>> resolve(llvm::StringRef march, mlir::MLIRContext *context) const = 0;
  /// The least machine there is; what modules are for that name none.
  virtual TargetAttr getLeastMachine(mlir::MLIRContext *context) const = 0;
  /// Where the memory of its programs lies. Kernels of a device stand in a module of their own (`deviceModule`).
  virtual Space getSpace() const { return Space::Host; }
  /// The same machine, told what contractions of f32 are multiplied in: "f32", "tf32", "bf16". Null where it cannot.
  virtual TargetAttr withPrecision(TargetAttr target, llvm::StringRef precision) const {
    return precision == "f32" ? target : TargetAttr();
  }
  virtual ConvolutionCosts getConvolutionCosts(TargetAttr target) const = 0;

  //===--- Regions ----------------------------------------------------------------------------===//

  /// Adds the dialects that plans and kernels are made of.
  virtual void registerDialects(mlir::DialectRegistry &registry) const = 0;
  /// Whether result number `result` of `region` may be written over input number `input`.
  virtual bool canUpdateInPlace(RegionOp region, unsigned input, unsigned result) const = 0;
  /// How `region` is to be computed: an attribute of the target's own. `bufferOf` maps each input, then each result,
  /// to the number of its buffer. Null if there is nothing to choose.
  virtual mlir::Attribute plan(RegionOp region, llvm::ArrayRef<unsigned> bufferOf, const Options &options) const = 0;
  /// How `region` is computed, by its plan, in words: "outer 14x2, A packed by rows, B packed", "reduction".
  virtual std::string explain(RegionOp region, const Options &options) const = 0;
  /// Emits `region`, by its plan, as a function `name(buffers..., begin, end)` of `module`; for a device, as a function
  /// `name(buffers...)`, with a workspace as a last argument where it needs one, of the module's `deviceModule`. Fails,
  /// with a diagnostic, where the plan does not fit the region.
  virtual mlir::FailureOr<Kernel> emit(RegionOp region, llvm::ArrayRef<unsigned> bufferOf, llvm::StringRef name,
                                       mlir::ModuleOp module, const Options &options) const = 0;
  /// Emits a kernel `name(cell, bytes, numbers)` of the module's `deviceModule`, which makes each element of a data
  /// cell of `type` the one of 256 numbers that its byte counts. Nothing where the host fills data cells itself.
  virtual std::optional<Kernel> emitExpansion(mlir::RankedTensorType, llvm::StringRef, mlir::ModuleOp,
                                              const Options &) const {
    return std::nullopt;
  }
  /// Emits a kernel `name(runs, found)` of the module's `deviceModule`, of a block for each run, that tells which runs
  /// of numbers of type `real` are not all finite, as agon_model has it. Nothing where the host looks at them itself.
  virtual std::optional<Kernel> emitFiniteness(mlir::FloatType, llvm::StringRef, mlir::ModuleOp,
                                               const Options &) const {
    return std::nullopt;
  }
  /// Lowers kernels to the LLVM dialect.
  virtual void addToLLVMPasses(mlir::OpPassManager &manager, const Options &options) const = 0;
  /// What it takes to run regions for some samples at a time; by default they never are.
  virtual ChunkCosts getChunkCosts(TargetAttr) const { return {}; }

  //===--- Machine code -----------------------------------------------------------------------===//

  virtual llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(TargetAttr target,
                                                                                   unsigned optLevel) const = 0;
  /// Says in `function`'s attributes what it is compiled for.
  virtual void describe(llvm::Function &function, TargetAttr target) const = 0;
  /// As `createTargetMachine`, which is for the functions of the host, for the kernels of a device.
  virtual llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createDeviceMachine(TargetAttr target) const;
  /// What the linker is given beside the objects and the runtime.
  virtual std::vector<std::string> getLinkFlags() const { return {}; }
};

/// Adds `target` to the registry, once a process; a name that is known already is left alone. The first one is the
/// target of modules that name none.
void registerTarget(std::unique_ptr<Target> target);
/// The target of this name; null if there is none.
const Target *lookup(llvm::StringRef name);
/// The names of all targets.
std::vector<llvm::StringRef> names();
/// Adds what plans and kernels of any target are made of.
void registerDialects(mlir::DialectRegistry &dialects);

/// Puts `attribute` on `module`.
void attach(mlir::ModuleOp module, TargetAttr attribute);
/// The machine that the module of `op` is for: its `agon.target`, or where it has none the least machine of the first
/// target.
TargetAttr machineOf(mlir::Operation *op);
/// The target of this name, or of `attribute`; a diagnostic at `op` and null if the registry has none.
const Target *lookup(llvm::StringRef name, mlir::Operation *op);
const Target *targetOf(TargetAttr attribute, mlir::Operation *op);

} // namespace agon::targets
#endif
