// Root-mean-square normalisation of rows and its gradient, each in one pass over memory.
#include "kernels.h"

namespace kernels {
namespace {

// y = factor · x · scale; returns the factor, 1 / √(mean of x² + epsilon).
VECTORIZED float Normalize(const float* __restrict x, const float* __restrict scale, float* __restrict y, int64_t size, float epsilon) {
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (int64_t i = 0; i < size; ++i) squares += x[i] * x[i];
  float factor = 1 / std::sqrt(squares / static_cast<float>(size) + epsilon);
  for (int64_t i = 0; i < size; ++i) y[i] = x[i] * factor * scale[i];
  return factor;
}

// A row's gradient, and what the row adds to the scale's.
VECTORIZED void NormalizeGradient(const float* __restrict x, const float* __restrict scale, const float* __restrict g, float factor,
                                  float* __restrict dx, float* __restrict d_scale, int64_t size) {
  float product = 0;
#pragma omp simd reduction(+ : product)
  for (int64_t i = 0; i < size; ++i) product += g[i] * scale[i] * x[i];
  float share = product * factor * factor / static_cast<float>(size);
  for (int64_t i = 0; i < size; ++i) {
    dx[i] = factor * (g[i] * scale[i] - x[i] * share);
    d_scale[i] += g[i] * x[i] * factor;
  }
}

// Rows of x, its last dimension being the scale's; 0 where the two do not fit.
int64_t Rows(const Floats& x, const Floats& scale) {
  int64_t size = scale.element_count(), count = x.element_count();
  return size > 0 && x.dimensions().size() > 0 && x.dimensions().back() == size ? count / size : 0;
}

ffi::Error RmsNorm(ffi::ThreadPool pool, Floats x, Floats scale, ffi::Result<Floats> y, ffi::Result<Floats> factors, float epsilon) {
  const int64_t rows = Rows(x, scale), size = scale.element_count();
  if (rows == 0 || static_cast<int64_t>(factors->element_count()) != rows) {
    return ffi::Error::InvalidArgument("argonne_rms_norm_f32: rows, scale and factors do not fit together");
  }
  constexpr int64_t kRows = 64;
  ForEach(pool, PartsOf(rows, kRows), [&](int64_t part) {
    for (int64_t row = part * kRows; row < std::min(rows, (part + 1) * kRows); ++row) {
      factors->typed_data()[row] = Normalize(x.typed_data() + row * size, scale.typed_data(), y->typed_data() + row * size, size, epsilon);
    }
  });
  return ffi::Error::Success();
}

ffi::Error RmsNormGradient(ffi::ThreadPool pool, Floats x, Floats scale, Floats factors, Floats gradient, ffi::Result<Floats> dx,
                           ffi::Result<Floats> d_scale) {
  const int64_t rows = Rows(x, scale), size = scale.element_count();
  if (rows == 0 || static_cast<int64_t>(factors.element_count()) != rows || gradient.element_count() != x.element_count()) {
    return ffi::Error::InvalidArgument("argonne_rms_norm_gradient_f32: rows, scale, factors and gradient do not fit together");
  }
  // Eight parts on small machines too, so that they add up rows in the same order.
  const int64_t parts = std::min<int64_t>(rows, std::max<int64_t>(8, pool.num_threads())), length = PartsOf(rows, parts);
  float* sums = Scratch(Slot::kPartialSums, parts * size);
  std::fill_n(sums, parts * size, 0.f);
  ForEach(pool, parts, [&](int64_t part) {
    for (int64_t row = part * length; row < std::min(rows, (part + 1) * length); ++row) {
      NormalizeGradient(x.typed_data() + row * size, scale.typed_data(), gradient.typed_data() + row * size, factors.typed_data()[row],
                        dx->typed_data() + row * size, sums + part * size, size);
    }
  });
  for (int64_t i = 0; i < size; ++i) {
    float sum = 0;
    for (int64_t part = 0; part < parts; ++part) sum += sums[part * size + i];
    d_scale->typed_data()[i] = sum;
  }
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(argonne_rms_norm_f32, RmsNorm,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Ret<Floats>()
                                  .Ret<Floats>()
                                  .Attr<float>("epsilon"));

XLA_FFI_DEFINE_HANDLER_SYMBOL(argonne_rms_norm_gradient_f32, RmsNormGradient,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Ret<Floats>()
                                  .Ret<Floats>());

}  // namespace kernels
