// The optimizer: AdamW on one tensor in one pass over memory, and the sum of squares that the gradients' norm is made of.
#include "kernels.h"

namespace kernels {
namespace {

constexpr int64_t kPart = 1 << 16;  // numbers in a task

struct Settings {
  float beta1, beta2, epsilon;
  float gradient_factor;    // clipping, and the share of a token
  float kept;               // what weight decay leaves of a weight
  float step_size;          // learning rate / (1 − β₁ᵗ)
  float root_correction;    // √(1 − β₂ᵗ)
};

VECTORIZED void Update(float* __restrict weight, float* __restrict mean, float* __restrict square, const float* __restrict gradient,
                       int64_t count, const Settings& settings) {
  const Settings s = settings;
  for (int64_t i = 0; i < count; ++i) {
    float g = gradient[i] * s.gradient_factor;
    float m = mean[i] * s.beta1 + g * (1 - s.beta1);
    float v = square[i] * s.beta2 + g * g * (1 - s.beta2);
    mean[i] = m;
    square[i] = v;
    weight[i] = weight[i] * s.kept - m / (std::sqrt(v) / s.root_correction + s.epsilon) * s.step_size;
  }
}

// Numbers: gradient factor, learning rate, learning rate / (1 − β₁ᵗ), √(1 − β₂ᵗ), and whether the step is taken. Results lie where weight,
// mean and square lie.
ffi::Error AdamW(ffi::ThreadPool pool, Floats weight, Floats mean, Floats square, Floats gradient, Floats numbers,
                 ffi::Result<Floats> new_weight, ffi::Result<Floats> new_mean, ffi::Result<Floats> new_square, float beta1, float beta2,
                 float epsilon, float decay) {
  const int64_t count = weight.element_count();
  bool fits = numbers.element_count() == 5;
  for (const Floats* other : {&mean, &square, &gradient}) fits = fits && static_cast<int64_t>(other->element_count()) == count;
  if (!fits) return ffi::Error::InvalidArgument("argonne_adamw_f32: the operands are not of one size");
  const float* n = numbers.typed_data();
  const Settings settings{beta1, beta2, epsilon, n[0], 1 - n[1] * decay, n[2], n[3]};
  const bool is_taken = n[4] > 0;
  ForEach(pool, PartsOf(count, kPart), [&](int64_t part) {
    int64_t begin = part * kPart, size = std::min(kPart, count - begin);
    // XLA has copied the operands where it could not let the results take their place.
    auto in_place = [&](const Floats& from, ffi::Result<Floats>& to) {
      if (to->typed_data() != from.typed_data()) std::copy_n(from.typed_data() + begin, size, to->typed_data() + begin);
      return to->typed_data() + begin;
    };
    float *w = in_place(weight, new_weight), *m = in_place(mean, new_mean), *v = in_place(square, new_square);
    if (is_taken) Update(w, m, v, gradient.typed_data() + begin, size, settings);
  });
  return ffi::Error::Success();
}

// Parts are added up in order, so that the sum does not depend on the threads.
ffi::Error SumOfSquares(ffi::ThreadPool pool, Floats x, ffi::Result<Floats> result) {
  const int64_t count = x.element_count();
  std::vector<float> sums(PartsOf(count, kPart));
  ForEach(pool, PartsOf(count, kPart), [&](int64_t part) {
    const float* begin = x.typed_data() + part * kPart;
    sums[part] = InnerProduct(begin, begin, std::min(kPart, count - part * kPart));
  });
  double sum = 0;
  for (float part : sums) sum += part;
  *result->typed_data() = static_cast<float>(sum);
  return ffi::Error::Success();
}

// A result whose content does not matter.
ffi::Error Uninitialized(ffi::Result<ffi::AnyBuffer> result, int64_t number) { return ffi::Error::Success(); }

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(argonne_adamw_f32, AdamW,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Ret<Floats>()
                                  .Ret<Floats>()
                                  .Ret<Floats>()
                                  .Attr<float>("beta1")
                                  .Attr<float>("beta2")
                                  .Attr<float>("epsilon")
                                  .Attr<float>("decay"));
XLA_FFI_DEFINE_HANDLER_SYMBOL(argonne_sum_of_squares_f32, SumOfSquares, ffi::Ffi::Bind().Ctx<ffi::ThreadPool>().Arg<Floats>().Ret<Floats>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(argonne_uninitialized, Uninitialized, ffi::Ffi::Bind().Ret<ffi::AnyBuffer>().Attr<int64_t>("number"));

}  // namespace kernels
