// Cross-entropy of a linear head with its gradients, in chunks over tokens: the logits of a chunk become their own gradient in place.
#include "kernels.h"

namespace kernels {
namespace {

// From logits to the gradient of −log p(label), in place; returns that loss. A negative label counts for nothing.
VECTORIZED float LossAndGradient(float* logits, int64_t count, int32_t label) {
  if (label < 0) {
    std::fill(logits, logits + count, 0.f);
    return 0;
  }
  float greatest = logits[0], sum = 0;
#pragma omp simd reduction(max : greatest)
  for (int64_t i = 0; i < count; ++i) greatest = std::max(greatest, logits[i]);
  float own = label < count ? logits[label] - greatest : 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; ++i) {
    logits[i] = Exp(logits[i] - greatest);
    sum += logits[i];
  }
  float inverse = 1 / sum;
  for (int64_t i = 0; i < count; ++i) logits[i] *= inverse;
  if (label < count) logits[label] -= 1;
  return std::log(sum) - own;
}

// Hidden states [N, D], head [V, D] and labels [N] give the sum of the losses, d_hidden and d_head. A chunk has C tokens.
ffi::Error CrossEntropy(ffi::ThreadPool pool, Floats hidden, Floats head, Integers labels, ffi::Result<Floats> loss,
                        ffi::Result<Floats> d_hidden, ffi::Result<Floats> d_head, ffi::Result<Floats> logits, ffi::Result<Floats> losses) {
  auto h = hidden.dimensions(), w = head.dimensions(), l = logits->dimensions();
  if (h.size() != 2 || w.size() != 2 || l.size() != 2 || h[1] != w[1] || l[1] != w[0] || l[0] < 1 ||
      static_cast<int64_t>(labels.element_count()) != h[0]) {
    return ffi::Error::InvalidArgument("argonne_cross_entropy_f32: hidden states, head, labels and scratch memory do not fit together");
  }
  const int64_t N = h[0], D = h[1], V = w[0], C = l[0];
  Matrix head_VD = Read(head.typed_data(), D), head_DV = Read(head.typed_data(), D, true);
  Matrix logits_CV{logits->typed_data(), V}, logits_VC{logits->typed_data(), V, true}, d_head_VD{d_head->typed_data(), D};
  double sum = 0;
  for (int64_t begin = 0; begin < N; begin += C) {
    int64_t count = std::min(C, N - begin);
    Matrix h_CD = Read(hidden.typed_data() + begin * D, D);
    MultiplyTogether(pool, count, V, D, h_CD, head_DV, false, logits_CV);
    constexpr int64_t kRows = 16;
    ForEach(pool, PartsOf(count, kRows), [&](int64_t task) {
      for (int64_t row = task * kRows; row < std::min(count, (task + 1) * kRows); ++row) {
        losses->typed_data()[row] = LossAndGradient(logits_CV.At(row, 0).data, V, labels.typed_data()[begin + row]);
      }
    });
    for (int64_t row = 0; row < count; ++row) sum += losses->typed_data()[row];
    MultiplyTogether(pool, count, D, V, logits_CV, head_VD, false, Matrix{d_hidden->typed_data() + begin * D, D});
    MultiplyTogether(pool, V, D, count, logits_VC, h_CD, begin > 0, d_head_VD);
  }
  *loss->typed_data() = static_cast<float>(sum);
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(argonne_cross_entropy_f32, CrossEntropy,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Arg<Integers>()
                                  .Ret<Floats>()
                                  .Ret<Floats>()
                                  .Ret<Floats>()
                                  .Ret<Floats>()
                                  .Ret<Floats>());

}  // namespace kernels
