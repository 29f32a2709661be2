// Stands in for MLIR's header, which the wheel lacks: XLA's client headers only pass the module by value.
#pragma once
namespace mlir {
class MLIRContext;
class ModuleOp {
  void* operation_;
};
}  // namespace mlir
