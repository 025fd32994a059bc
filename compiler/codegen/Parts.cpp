//===- Parts.cpp - One program on all cores -------------------------------===//
// Part of Agon, Apache-2.0 WITH LLVM-exception.
//
// Nine tenths of a compilation are LLVM's, and kernels know nothing of each
// other. MLIR's context is used by one thread; each part has an LLVM context
// of its own.
//===----------------------------------------------------------------------===//
#include "compiler/codegen/Parts.h"
#include "compiler/codegen/Names.h"
#include "dialects/agon/Agon.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace agon::codegen {
namespace {

/// Operations of a part: so few that a change of one kernel leaves most parts as they were, so many that the fixed cost
/// of a module does not show. A small program still has a part for each of some cores.
constexpr int64_t operationsPerPart = 4000, leastParts = 4, mostParts = 64;

class Splitter {
public:
  explicit Splitter(ModuleOp program) : program(program), symbols(program) {}

  std::vector<Part> split() {
    // Roots: what entries call or pass to the pool.
    llvm::SetVector<Operation *> direct, roots;
    SmallVector<LLVM::LLVMFuncOp> entries;
    for (auto function : program.getOps<LLVM::LLVMFuncOp>())
      if (isEntry(function))
        entries.push_back(function);
    for (LLVM::LLVMFuncOp entry : entries)
      entry.walk([&](Operation *op) {
        for (Operation *used : startedBy(op)) {
          auto function = dyn_cast<LLVM::LLVMFuncOp>(used);
          if (!function || function.isExternal() || isEntry(function))
            continue;
          roots.insert(function);
          if (isa<LLVM::CallOp>(op))
            direct.insert(function);
        }
      });

    SmallVector<std::pair<int64_t, Operation *>> heavy;
    int64_t total = 0;
    for (Operation *root : roots) {
      int64_t sum = 0;
      for (Operation *op : closure(root))
        sum += weight(op);
      heavy.push_back({sum, root});
      total += sum;
    }
    int64_t count = std::clamp(total / operationsPerPart, leastParts, mostParts);
    std::vector<Part> parts = makeParts(1 + std::min<size_t>(count, roots.size()));
    std::vector<int64_t> load(parts.size() - 1, 0);
    llvm::stable_sort(heavy, [](auto &a, auto &b) { return a.first > b.first; });

    // The first part has what is no kernel: it changes with every number of the model's table, kernels seldom do. The
    // program's module itself is not touched until the end, since parts may need copies of the same helper.
    llvm::DenseMap<Operation *, unsigned> place;
    for (auto [size, root] : heavy) {
      unsigned lightest = std::min_element(load.begin(), load.end()) - load.begin();
      load[lightest] += size;
      place[root] = lightest + 1;
    }
    for (Operation *root : roots) {
      StringRef name = SymbolTable::getSymbolName(root).getValue();
      parts[0].shared.insert(name);
      parts[place[root]].shared.insert(name);
    }
    std::vector<llvm::SetVector<Operation *>> contents(parts.size());
    for (Operation &op : *program.getBody())
      if (!isKernelCode(&op, roots))
        contents[0].insert(&op);
    for (Operation *root : roots)
      for (Operation *op : closure(root))
        contents[place[root]].insert(op);
    for (auto [part, ops] : llvm::zip(parts, contents))
      fill(part, ops, direct);
    // Kernels are declared beside the entries.
    for (Operation *root : roots) {
      auto function = cast<LLVM::LLVMFuncOp>(root);
      OpBuilder b = OpBuilder::atBlockBegin(parts[0].module->getBody());
      LLVM::LLVMFuncOp::create(b, root->getLoc(), function.getSymName(), function.getFunctionType());
    }
    return parts;
  }

private:
  static bool isEntry(LLVM::LLVMFuncOp function) {
    return function->hasAttr(functionName) || function.getSymName().ends_with(markedSuffix);
  }

  std::vector<Part> makeParts(size_t count) {
    std::vector<Part> parts(count);
    for (Part &part : parts) {
      part.module = ModuleOp::create(program.getLoc());
      (*part.module)->setAttrs(program->getAttrDictionary());
    }
    return parts;
  }

  /// Symbols of the module that one operation names.
  SmallVector<Operation *> usedBy(Operation *op) {
    SmallVector<Operation *> result;
    op->getAttrDictionary().walk([&](SymbolRefAttr symbol) {
      if (Operation *used = symbols.lookup(symbol.getRootReference()))
        result.push_back(used);
    });
    return result;
  }

  /// What an operation of an entry calls, or hands to the device: the latter is in a constant, the launch.
  SmallVector<Operation *> startedBy(Operation *op) {
    SmallVector<Operation *> result = usedBy(op);
    for (size_t i = 0; i < result.size(); ++i)
      if (isa<LLVM::GlobalOp>(result[i]))
        result[i]->walk([&](LLVM::AddressOfOp held) { result.append(usedBy(held)); });
    return result;
  }

  /// `root` and all that it needs, however far.
  const llvm::SetVector<Operation *> &closure(Operation *root) {
    llvm::SetVector<Operation *> &set = closures[root];
    if (!set.empty())
      return set;
    set.insert(root);
    for (size_t i = 0; i < set.size(); ++i) {
      llvm::SetVector<Operation *> found;
      set[i]->walk([&](Operation *op) {
        for (Operation *used : usedBy(op))
          found.insert(used);
      });
      set.insert(found.begin(), found.end());
    }
    return set;
  }

  bool isKernelCode(Operation *op, const llvm::SetVector<Operation *> &roots) {
    auto function = dyn_cast<LLVM::LLVMFuncOp>(op);
    if (!function || function.isExternal())
      return false;
    return !isEntry(function) && llvm::any_of(roots, [&](Operation *root) { return closure(root).contains(op); });
  }

  static int64_t weight(Operation *op) {
    int64_t operations = 0;
    op->walk([&](Operation *) { ++operations; });
    return operations;
  }

  void fill(Part &part, const llvm::SetVector<Operation *> &ops, const llvm::SetVector<Operation *> &direct) {
    for (Operation *op : ops) {
      Operation *copy = op->clone();
      part.module->push_back(copy);
      if (direct.contains(op) && part.shared.contains(SymbolTable::getSymbolName(op).getValue()) &&
          onlyCalledDirectly(op))
        fixRange(cast<LLVM::LLVMFuncOp>(copy));
    }
  }

  bool onlyCalledDirectly(Operation *kernel) {
    StringRef name = SymbolTable::getSymbolName(kernel).getValue();
    return !symbols.lookup((name + unpackSuffix).str());
  }

  /// A kernel that is not cut into tasks is always called with the range 0, 1. Where the calls are in
  /// another part, LLVM cannot see that.
  static void fixRange(LLVM::LLVMFuncOp kernel) {
    OpBuilder b = OpBuilder::atBlockBegin(&kernel.getBody().front());
    for (unsigned i : {0u, 1u}) {
      BlockArgument bound = kernel.getArgument(kernel.getNumArguments() - 2 + i);
      bound.replaceAllUsesWith(LLVM::ConstantOp::create(b, kernel.getLoc(), bound.getType(), b.getI64IntegerAttr(i)));
    }
  }

  ModuleOp program;
  SymbolTable symbols;
  llvm::DenseMap<Operation *, llvm::SetVector<Operation *>> closures;
};

} // namespace

std::vector<Part> splitProgram(ModuleOp program) { return Splitter(program).split(); }

struct ObjectFactory::Job {
  llvm::LLVMContext context;
  std::unique_ptr<llvm::TargetMachine> codeGenerator;
  std::unique_ptr<llvm::Module> module;
  llvm::SmallVector<char, 0> object;
  std::string error;
  unsigned optLevel;

  void run(const ObjectCache &cache) {
    std::string key = cache.keyOf(*module, *codeGenerator, optLevel);
    if (std::optional<ObjectCache::Object> known = cache.find(key)) {
      object = std::move(*known);
      return;
    }
    optimize(*module, *codeGenerator, optLevel);
    llvm::raw_svector_ostream stream(object);
    if (llvm::Error failed = emit(*module, *codeGenerator, /*assembly=*/false, stream))
      error = llvm::toString(std::move(failed));
    else
      cache.keep(key, object);
  }
};

ObjectFactory::ObjectFactory(unsigned optLevel)
    : optLevel(optLevel), cache(ObjectCache::ofUser()), pool(llvm::hardware_concurrency()) {}

ObjectFactory::~ObjectFactory() { pool.wait(); }

bool ObjectFactory::add(ModuleOp program, const targets::Machine &machine) {
  FailureOr<DeviceData> device = DeviceData::take(program, {machine.target, int(optLevel)});
  if (failed(device))
    return false;
  std::vector<Part> parts = splitProgram(program);
  for (Part &part : parts) {
    auto job = std::make_unique<Job>();
    // Entries are straight lines of launches, thousands where a network is deep. LLVM's optimizer would keep the
    // address of every buffer for its next use, in registers that there are not: time that grows with the square.
    job->optLevel = &part == &parts.front() ? 0 : optLevel;
    llvm::Expected<std::unique_ptr<llvm::TargetMachine>> codeGenerator = createTargetMachine(machine, job->optLevel);
    if (!codeGenerator) {
      llvm::consumeError(codeGenerator.takeError());
      return false;
    }
    job->codeGenerator = std::move(*codeGenerator);
    job->module = translatePart(*part.module, job->context, *job->codeGenerator, machine, part.shared, *device);
    if (!job->module)
      return false;
    jobs.push_back(std::move(job));
    pool.async([this, work = jobs.back().get()] { work->run(cache); });
  }
  return true;
}

llvm::Expected<std::vector<llvm::SmallVector<char, 0>>> ObjectFactory::finish() {
  pool.wait();
  cache.prune();
  std::vector<llvm::SmallVector<char, 0>> objects;
  for (std::unique_ptr<Job> &job : jobs) {
    if (!job->error.empty())
      return llvm::createStringError(llvm::inconvertibleErrorCode(), job->error);
    objects.push_back(std::move(job->object));
  }
  return objects;
}

} // namespace agon::codegen
