// Products of two float32 tensors, as stablehlo.dot_general defines them.
#include "kernels.h"

namespace kernels {
namespace {

// [batch, m, k] · [batch, k, n], row-major. A transposed operand lies in memory as [batch, k, m] or [batch, n, k].
ffi::Error Dot(ffi::ThreadPool pool, Floats lhs, Floats rhs, ffi::Result<Floats> result, int64_t batch, int64_t m, int64_t n, int64_t k,
               bool lhs_transposed, bool rhs_transposed) {
  if (static_cast<int64_t>(lhs.element_count()) != batch * m * k || static_cast<int64_t>(rhs.element_count()) != batch * k * n ||
      static_cast<int64_t>(result->element_count()) != batch * m * n) {
    return ffi::Error::InvalidArgument("argonne_dot_f32: the operands do not have the sizes that the call's attributes say");
  }
  if (batch == 1 && m <= kFewRows && !lhs_transposed && rhs_transposed) {
    MultiplyFewRows(pool, m, n, k, lhs.typed_data(), rhs.typed_data(), result->typed_data());
    return ffi::Error::Success();
  }
  auto multiply = [&](int64_t item, auto product) {
    Matrix a = Read(lhs.typed_data() + item * m * k, lhs_transposed ? m : k, lhs_transposed);
    Matrix b = Read(rhs.typed_data() + item * k * n, rhs_transposed ? k : n, rhs_transposed);
    product(a, b, Matrix{result->typed_data() + item * m * n, n});
  };
  if (batch >= pool.num_threads()) {
    ForEach(pool, batch, [&](int64_t item) { multiply(item, [&](Matrix a, Matrix b, Matrix c) { Multiply(m, n, k, a, b, false, c); }); });
  } else {
    for (int64_t item = 0; item < batch; ++item) {
      multiply(item, [&](Matrix a, Matrix b, Matrix c) { MultiplyTogether(pool, m, n, k, a, b, false, c); });
    }
  }
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(argonne_dot_f32, Dot,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Ret<Floats>()
                                  .Attr<int64_t>("batch")
                                  .Attr<int64_t>("m")
                                  .Attr<int64_t>("n")
                                  .Attr<int64_t>("k")
                                  .Attr<bool>("lhs_transposed")
                                  .Attr<bool>("rhs_transposed"));

}  // namespace kernels
