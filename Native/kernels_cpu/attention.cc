// Causal attention and its gradient, block of queries by block of queries: the scores of a block stay in the cache and are never stored
// whole. The backward pass computes them again from the logarithm of each query's sum of exponentials, as FlashAttention does
// (Dao, arXiv:2307.08691).
#include <limits>

#include "kernels.h"

namespace kernels {
namespace {

constexpr float kHidden = -std::numeric_limits<float>::infinity();

// Shapes: queries [B, T, N, H], keys and values [B, T, K, H], segments [B, T] or empty.
struct Shape {
  int64_t B, T, N, K, H;
  int64_t window;  // how many keys a query sees, itself included; 0 for all
  const int32_t* segments;

  // Queries in a block: as many as keep a block's scores within half a megabyte.
  int64_t BlockLength() const { return std::clamp<int64_t>((1 << 17) / T / 16 * 16, 32, 128); }
  float Scale() const { return 1 / std::sqrt(static_cast<float>(H)); }

  // A head's rows within [B, T, heads, H].
  Matrix Head(const float* data, int64_t heads, int64_t b, int64_t head) const { return Read(data + (b * T * heads + head) * H, heads * H); }
};

// A block of queries and the keys that any of them sees.
struct Block {
  int64_t begin, end, first_key;
  int64_t rows() const { return end - begin; }
  int64_t keys() const { return end - first_key; }

  Block(const Shape& s, int64_t begin) : begin(begin), end(std::min(begin + s.BlockLength(), s.T)) {
    first_key = s.window > 0 ? std::max<int64_t>(0, begin - s.window + 1) : 0;
  }

  // The keys that query `row` of the block sees, counted from first_key; segments may hide further ones among them.
  int64_t FirstVisible(const Shape& s, int64_t row) const {
    return s.window > 0 ? std::max<int64_t>(0, begin + row - s.window + 1) - first_key : 0;
  }
  int64_t LastVisible(int64_t row) const { return begin + row - first_key; }
};

// Hides scores whose key is of another segment than the query's.
VECTORIZED void HideOthers(float* scores, const int32_t* segments, int32_t own, int64_t count) {
  for (int64_t i = 0; i < count; ++i) scores[i] = segments[i] == own ? scores[i] : kHidden;
}

// Replaces scores by their softmax and returns the logarithm of the sum of their exponentials.
VECTORIZED float Softmax(float* scores, int64_t count) {
  float greatest = kHidden, sum = 0;
#pragma omp simd reduction(max : greatest)
  for (int64_t i = 0; i < count; ++i) greatest = std::max(greatest, scores[i]);
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; ++i) {
    scores[i] = Exp(scores[i] - greatest);
    sum += scores[i];
  }
  float inverse = 1 / sum;
  for (int64_t i = 0; i < count; ++i) scores[i] *= inverse;
  return greatest + std::log(sum);
}

VECTORIZED float Product(const float* a, const float* b, int64_t count) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

// From scores and the gradient of the softmax's results to the softmax (in place of the scores) and the gradient of the scores.
VECTORIZED void SoftmaxGradient(float* scores, float* gradient, float log_sum, float product, float scale, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    scores[i] = Exp(scores[i] - log_sum);
    gradient[i] = scores[i] * (gradient[i] - product) * scale;
  }
}

// Scores of a block, those of hidden keys within [FirstVisible, LastVisible] minus infinity.
void Scores(const Shape& s, const Block& block, int64_t b, Matrix q, Matrix k, Matrix scores) {
  k.transposed = true;
  Multiply(block.rows(), block.keys(), s.H, s.Scale(), q.At(block.begin, 0), k.At(0, block.first_key), 0, scores);
  if (s.segments == nullptr) return;
  for (int64_t row = 0; row < block.rows(); ++row) {
    int64_t first = block.FirstVisible(s, row), last = block.LastVisible(row);
    const int32_t* keys = s.segments + b * s.T + block.first_key;
    HideOthers(scores.data + row * scores.stride + first, keys + first, keys[last], last - first + 1);
  }
}

// Zeroes what a query does not see.
void ZeroHidden(const Shape& s, const Block& block, int64_t row, float* values) {
  std::fill(values, values + block.FirstVisible(s, row), 0.f);
  std::fill(values + block.LastVisible(row) + 1, values + block.keys(), 0.f);
}

void Forward(const Shape& s, int64_t b, int64_t n, const float* queries, const float* keys, const float* values, float* output, float* log_sums) {
  Matrix q = s.Head(queries, s.N, b, n), o = s.Head(output, s.N, b, n);
  Matrix k = s.Head(keys, s.K, b, n / (s.N / s.K)), v = s.Head(values, s.K, b, n / (s.N / s.K));
  for (int64_t begin = 0; begin < s.T; begin += s.BlockLength()) {
    Block block(s, begin);
    Matrix weights{Scratch(0, block.rows() * block.keys()), block.keys()};
    Scores(s, block, b, q, k, weights);
    for (int64_t row = 0; row < block.rows(); ++row) {
      float* w = weights.data + row * weights.stride;
      int64_t first = block.FirstVisible(s, row);
      log_sums[(b * s.N + n) * s.T + begin + row] = Softmax(w + first, block.LastVisible(row) - first + 1);
      ZeroHidden(s, block, row, w);
    }
    Multiply(block.rows(), s.H, block.keys(), 1, weights, v.At(block.first_key, 0), 0, o.At(begin, 0));
  }
}

struct Operands {
  const float *queries, *keys, *values, *output, *log_sums, *gradient;
};

// Gradients of one key/value head and of the query heads that share it.
void Backward(const Shape& s, int64_t b, int64_t kv, const Operands& x, float* d_queries, float* d_keys, float* d_values) {
  Matrix k = s.Head(x.keys, s.K, b, kv), v = s.Head(x.values, s.K, b, kv), dk = s.Head(d_keys, s.K, b, kv), dv = s.Head(d_values, s.K, b, kv);
  for (int64_t t = 0; t < s.T; ++t) {
    std::fill_n(dk.At(t, 0).data, s.H, 0.f);
    std::fill_n(dv.At(t, 0).data, s.H, 0.f);
  }
  Matrix v_transposed = v;
  v_transposed.transposed = true;
  for (int64_t n = kv * (s.N / s.K); n < (kv + 1) * (s.N / s.K); ++n) {
    Matrix q = s.Head(x.queries, s.N, b, n), o = s.Head(x.output, s.N, b, n), g = s.Head(x.gradient, s.N, b, n), dq = s.Head(d_queries, s.N, b, n);
    for (int64_t begin = 0; begin < s.T; begin += s.BlockLength()) {
      Block block(s, begin);
      Matrix weights{Scratch(0, block.rows() * block.keys()), block.keys()}, d_scores{Scratch(1, block.rows() * block.keys()), block.keys()};
      Scores(s, block, b, q, k, weights);
      Multiply(block.rows(), block.keys(), s.H, 1, g.At(begin, 0), v_transposed.At(0, block.first_key), 0, d_scores);
      for (int64_t row = 0; row < block.rows(); ++row) {
        float *w = weights.data + row * weights.stride, *d = d_scores.data + row * d_scores.stride;
        int64_t first = block.FirstVisible(s, row), count = block.LastVisible(row) - first + 1;
        float product = Product(g.At(begin + row, 0).data, o.At(begin + row, 0).data, s.H);
        SoftmaxGradient(w + first, d + first, x.log_sums[(b * s.N + n) * s.T + begin + row], product, s.Scale(), count);
        ZeroHidden(s, block, row, w);
        ZeroHidden(s, block, row, d);
      }
      Multiply(block.rows(), s.H, block.keys(), 1, d_scores, k.At(block.first_key, 0), 0, dq.At(begin, 0));
      weights.transposed = d_scores.transposed = true;
      Multiply(block.keys(), s.H, block.rows(), 1, d_scores, q.At(begin, 0), 1, dk.At(block.first_key, 0));
      Multiply(block.keys(), s.H, block.rows(), 1, weights, g.At(begin, 0), 1, dv.At(block.first_key, 0));
    }
  }
}

// The shapes, where the operands fit together.
ffi::ErrorOr<Shape> Check(const Floats& q, const Floats& k, const Floats& v, const Integers& segments, int64_t window) {
  auto d = q.dimensions(), e = k.dimensions();
  bool fits = d.size() == 4 && e.size() == 4 && d[0] == e[0] && d[1] == e[1] && d[3] == e[3] && e[2] > 0 && d[2] % e[2] == 0 &&
              v.element_count() == k.element_count() && window >= 0;
  if (!fits) return ffi::Unexpected(ffi::Error::InvalidArgument("argonne_attention_f32: queries, keys and values do not fit together"));
  Shape shape{d[0], d[1], d[2], e[2], d[3], window, nullptr};
  if (segments.element_count() > 0) {
    if (static_cast<int64_t>(segments.element_count()) != d[0] * d[1]) {
      return ffi::Unexpected(ffi::Error::InvalidArgument("argonne_attention_f32: segments are not one a query"));
    }
    shape.segments = segments.typed_data();
  }
  return shape;
}

ffi::Error Attention(ffi::ThreadPool pool, Floats q, Floats k, Floats v, Integers segments, ffi::Result<Floats> output,
                     ffi::Result<Floats> log_sums, int64_t window) {
  ffi::ErrorOr<Shape> shape = Check(q, k, v, segments, window);
  if (shape.has_error()) return shape.error();
  ForEach(pool, shape->B * shape->N, [&](int64_t task) {
    Forward(*shape, task / shape->N, task % shape->N, q.typed_data(), k.typed_data(), v.typed_data(), output->typed_data(), log_sums->typed_data());
  });
  return ffi::Error::Success();
}

ffi::Error AttentionGradient(ffi::ThreadPool pool, Floats q, Floats k, Floats v, Integers segments, Floats output, Floats log_sums,
                             Floats gradient, ffi::Result<Floats> dq, ffi::Result<Floats> dk, ffi::Result<Floats> dv, int64_t window) {
  ffi::ErrorOr<Shape> shape = Check(q, k, v, segments, window);
  if (shape.has_error()) return shape.error();
  Operands operands{q.typed_data(), k.typed_data(), v.typed_data(), output.typed_data(), log_sums.typed_data(), gradient.typed_data()};
  ForEach(pool, shape->B * shape->K, [&](int64_t task) {
    Backward(*shape, task / shape->K, task % shape->K, operands, dq->typed_data(), dk->typed_data(), dv->typed_data());
  });
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(argonne_attention_f32, Attention,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Arg<Integers>()
                                  .Ret<Floats>()
                                  .Ret<Floats>()
                                  .Attr<int64_t>("window"));

XLA_FFI_DEFINE_HANDLER_SYMBOL(argonne_attention_gradient_f32, AttentionGradient,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Arg<Integers>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Arg<Floats>()
                                  .Ret<Floats>()
                                  .Ret<Floats>()
                                  .Ret<Floats>()
                                  .Attr<int64_t>("window"));

}  // namespace kernels
