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
  // The longer side is cut, since each part packs all of the other operand. Parts are wide enough for full tiles.
  int64_t parts = std::max<int64_t>(1, (pool.num_threads() + batch - 1) / batch);
  bool cut_rows = m >= n;
  int64_t width = (((cut_rows ? m : n) + parts - 1) / parts + 15) / 16 * 16;
  parts = ((cut_rows ? m : n) + width - 1) / width;
  ForEach(pool, batch * parts, [&](int64_t task) {
    int64_t item = task / parts, begin = task % parts * width;
    Matrix a = Read(lhs.typed_data() + item * m * k, lhs_transposed ? m : k, lhs_transposed);
    Matrix b = Read(rhs.typed_data() + item * k * n, rhs_transposed ? k : n, rhs_transposed);
    Matrix c{result->typed_data() + item * m * n, n};
    if (cut_rows) {
      Multiply(std::min(width, m - begin), n, k, 1, a.At(begin, 0), b, 0, c.At(begin, 0));
    } else {
      Multiply(m, std::min(width, n - begin), k, 1, a, b.At(0, begin), 0, c.At(0, begin));
    }
  });
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
