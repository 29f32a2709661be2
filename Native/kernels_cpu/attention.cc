// Causal attention and its gradient, a few queries at a time: their scores stay in the cache and are never stored whole, and what the mask
// hides is hardly computed. The backward pass computes them again from the logarithm of each query's sum of exponentials, as FlashAttention does
// (Dao, arXiv:2307.08691).
#include <limits>

#include "kernels.h"

namespace kernels {
namespace {

constexpr float kHidden = -std::numeric_limits<float>::infinity();

// Queries that are multiplied together; keys too, when their gradients are summed. Blocks and ranges of keys begin at multiples of it, so that
// two products that meet at the mask's edge agree on what lies between.
constexpr int64_t kGroup = 6;

// Products over keys are made in whole vector registers; the memory of all operands reaches that far.
constexpr int64_t kPadding = 32;

int64_t Padded(int64_t keys) { return PartsOf(keys, kPadding) * kPadding; }

// Shapes: queries [B, T, N, H], keys and values [B, T, K, H], segments [B, T] or empty.
struct Shape {
  int64_t B, T, N, K, H;
  int64_t window;  // how many keys a query sees, itself included; 0 for all
  const int32_t* segments;

  float Scale() const { return 1 / std::sqrt(static_cast<float>(H)); }

  // A head's rows within [B, T, heads, H].
  Matrix Head(const float* data, int64_t heads, int64_t b, int64_t head) const { return Read(data + (b * T * heads + head) * H, heads * H); }

  // A query sees the keys from here to itself; segments may hide further ones among them.
  int64_t FirstKey(int64_t query) const { return window > 0 ? std::max<int64_t>(0, query - window + 1) : 0; }

  // Numbers between rows of scores, and of transposed keys and values.
  int64_t Stride() const { return Padded(T) + kPadding; }

  // Queries in a block of the backward pass: their scores and gradients stay within the second cache.
  int64_t BlockLength() const { return std::clamp<int64_t>((1 << 16) / T, 24, 96) / kGroup * kGroup; }
};

// A group of queries and the keys that any of them sees.
struct Group {
  int64_t begin, end, first_key;

  Group(const Shape& s, int64_t begin) : begin(begin), end(std::min(begin + kGroup, s.T)), first_key(s.FirstKey(begin) / kGroup * kGroup) {}
  int64_t rows() const { return end - begin; }
  int64_t keys() const { return end - first_key; }

  // Zeroes what a query does not see of the group's keys.
  void ZeroHidden(const Shape& s, int64_t query, float* values) const {
    std::fill(values + first_key, values + s.FirstKey(query), 0.f);
    std::fill(values + query + 1, values + begin + kGroup, 0.f);
  }
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

// From scores and the gradient of the softmax's results to the softmax (in place of the scores) and the gradient of the scores.
VECTORIZED void SoftmaxGradient(float* scores, float* gradient, float log_sum, float product, float scale, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    scores[i] = Exp(scores[i] - log_sum);
    gradient[i] = scores[i] * (gradient[i] - product) * scale;
  }
}

// Keys or values [T, H] as [H, T], for products with queries.
Matrix Transposed(const Shape& s, Matrix head, float* memory) {
  Matrix result{memory, s.Stride()};
  constexpr int64_t kTile = 16;
  for (int64_t t = 0; t < s.T; t += kTile) {
    for (int64_t h = 0; h < s.H; ++h) {
      float* row = result.At(h, t).data;
      for (int64_t i = 0; i < std::min(kTile, s.T - t); ++i) row[i] = *head.At(t + i, h).data;
    }
  }
  for (int64_t h = 0; h < s.H; ++h) std::fill(result.At(h, s.T).data, result.At(h + 1, 0).data, 0.f);
  return result;
}

// Scores [group, T] of a group of queries; those of keys of another segment are minus infinity.
void Scores(const Shape& s, const Group& group, int64_t b, Matrix q, Matrix k_transposed, Matrix scores) {
  MultiplyInCache(group.rows(), Padded(group.keys()), s.H, s.Scale(), q.At(group.begin, 0), k_transposed.At(0, group.first_key), false,
                  scores.At(0, group.first_key));
  if (s.segments == nullptr) return;
  const int32_t* segments = s.segments + b * s.T;
  for (int64_t query = group.begin; query < group.end; ++query) {
    int64_t first = s.FirstKey(query);
    HideOthers(scores.At(query - group.begin, first).data, segments + first, segments[query], query - first + 1);
  }
}

void Forward(const Shape& s, int64_t b, int64_t n, const float* queries, const float* keys, const float* values, float* output, float* log_sums) {
  Matrix q = s.Head(queries, s.N, b, n), o = s.Head(output, s.N, b, n), v = s.Head(values, s.K, b, n / (s.N / s.K));
  Matrix k_transposed = Transposed(s, s.Head(keys, s.K, b, n / (s.N / s.K)), Scratch(Slot::kKeys, s.H * s.Stride()));
  Matrix weights{Scratch(Slot::kWeights, kGroup * s.Stride()), s.Stride()};
  for (int64_t begin = 0; begin < s.T; begin += kGroup) {
    Group group(s, begin);
    Scores(s, group, b, q, k_transposed, weights);
    for (int64_t query = begin; query < group.end; ++query) {
      int64_t first = s.FirstKey(query);
      float* row = weights.At(query - begin, 0).data;
      log_sums[(b * s.N + n) * s.T + query] = Softmax(row + first, query - first + 1);
      group.ZeroHidden(s, query, row);
    }
    MultiplyInCache(group.rows(), s.H, group.keys(), 1, weights.At(0, group.first_key), v.At(group.first_key, 0), false, o.At(begin, 0));
  }
}

// Adds what a block of queries gives to the gradients of the keys and values that it sees. Matrices of the block are [block, T].
void AddToKeys(const Shape& s, int64_t begin, int64_t end, Matrix weights, Matrix d_scores, Matrix q, Matrix g, Matrix dk, Matrix dv) {
  weights.transposed = d_scores.transposed = true;
  for (int64_t key = Group(s, begin).first_key; key < end; key += kGroup) {
    int64_t count = std::min(kGroup, s.T - key), first = std::max(begin, key);
    // The last group of queries whose keys begin at these or before.
    int64_t last = s.window > 0 ? std::min(end, (key + s.window + 2 * kGroup - 2) / kGroup * kGroup) : end;
    MultiplyInCache(count, s.H, last - first, 1, d_scores.At(key, first - begin), q.At(first, 0), true, dk.At(key, 0));
    MultiplyInCache(count, s.H, last - first, 1, weights.At(key, first - begin), g.At(first, 0), true, dv.At(key, 0));
  }
}

struct Operands {
  const float *queries, *keys, *values, *output, *log_sums, *gradient;
};

// Gradients of one key/value head and of the query heads that share it.
void Backward(const Shape& s, int64_t b, int64_t kv, const Operands& x, float* d_queries, float* d_keys, float* d_values) {
  Matrix k = s.Head(x.keys, s.K, b, kv), v = s.Head(x.values, s.K, b, kv), dk = s.Head(d_keys, s.K, b, kv), dv = s.Head(d_values, s.K, b, kv);
  Matrix k_transposed = Transposed(s, k, Scratch(Slot::kKeys, s.H * s.Stride())), v_transposed = Transposed(s, v, Scratch(Slot::kValues, s.H * s.Stride()));
  for (int64_t t = 0; t < s.T; ++t) {
    std::fill_n(dk.At(t, 0).data, s.H, 0.f);
    std::fill_n(dv.At(t, 0).data, s.H, 0.f);
  }
  const int64_t length = s.BlockLength();
  Matrix weights{Scratch(Slot::kWeights, length * s.Stride()), s.Stride()}, d_scores{Scratch(Slot::kScoreGradients, length * s.Stride()), s.Stride()};
  for (int64_t n = kv * (s.N / s.K); n < (kv + 1) * (s.N / s.K); ++n) {
    Matrix q = s.Head(x.queries, s.N, b, n), o = s.Head(x.output, s.N, b, n), g = s.Head(x.gradient, s.N, b, n), dq = s.Head(d_queries, s.N, b, n);
    for (int64_t begin = 0; begin < s.T; begin += length) {
      int64_t end = std::min(begin + length, s.T);
      for (int64_t first_query = begin; first_query < end; first_query += kGroup) {
        Group group(s, first_query);
        Matrix w = weights.At(first_query - begin, 0), d = d_scores.At(first_query - begin, 0);
        Scores(s, group, b, q, k_transposed, w);
        MultiplyInCache(group.rows(), Padded(group.keys()), s.H, 1, g.At(first_query, 0), v_transposed.At(0, group.first_key), false,
                        d.At(0, group.first_key));
        for (int64_t query = first_query; query < group.end; ++query) {
          int64_t first = s.FirstKey(query), row = query - first_query;
          float product = InnerProduct(g.At(query, 0).data, o.At(query, 0).data, s.H);
          SoftmaxGradient(w.At(row, first).data, d.At(row, first).data, x.log_sums[(b * s.N + n) * s.T + query], product, s.Scale(),
                          query - first + 1);
          group.ZeroHidden(s, query, w.At(row, 0).data);
          group.ZeroHidden(s, query, d.At(row, 0).data);
        }
        MultiplyInCache(group.rows(), s.H, group.keys(), 1, d.At(0, group.first_key), k.At(group.first_key, 0), false, dq.At(first_query, 0));
      }
      AddToKeys(s, begin, end, weights, d_scores, q, g, dk, dv);
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
