// Products of a few rows with a large matrix: what a model does when it writes a token. The time goes into reading the matrix, so each of its
// elements is read once, in order, and nothing is packed.
#include <cstring>

#include "kernels.h"

namespace kernels {
namespace {

constexpr int64_t kLanes = 8;
using Lanes = float __attribute__((vector_size(4 * kLanes)));

inline Lanes Load(const float* data) {
  Lanes lanes;
  std::memcpy(&lanes, data, sizeof lanes);
  return lanes;
}

inline float Sum(Lanes x) {
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

// y[i][j] = x[i] · w[j] for `rows` rows of x and `columns` rows of w, all of length k and one behind the other.
template <int rows, int columns, bool prefetches>
inline __attribute__((always_inline)) void Tile(int64_t k, const float* x, const float* w, float* y, int64_t stride) {
  Lanes sums[rows][columns] = {};
  int64_t at = 0;
  for (; at + kLanes <= k; at += kLanes) {
    Lanes right[columns];
    for (int j = 0; j < columns; ++j) {
      right[j] = Load(w + j * k + at);
      if (prefetches) __builtin_prefetch(w + (columns + j) * k + at);
    }
    for (int i = 0; i < rows; ++i) {
      Lanes left = Load(x + i * k + at);
      for (int j = 0; j < columns; ++j) sums[i][j] += left * right[j];
    }
  }
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      float sum = Sum(sums[i][j]);
      for (int64_t rest = at; rest < k; ++rest) sum += x[i * k + rest] * w[j * k + rest];
      y[i * stride + j] = sum;
    }
  }
}

// All rows of x with `columns` rows of w, which stay in the nearest cache from the first group of rows to the last.
template <int columns>
inline __attribute__((always_inline)) void Rows(int64_t m, int64_t k, const float* x, const float* w, float* y, int64_t stride) {
  int64_t i = 0;
  // Arithmetic takes long enough here that memory would stand idle at the end of each tile, unless it is asked for the next one.
  for (; i + 4 <= m; i += 4) Tile<4, columns, true>(k, x + i * k, w, y + i * stride, stride);
  for (; i < m; ++i) Tile<1, columns, false>(k, x + i * k, w, y + i * stride, stride);
}

// The fewer rows of x there are, the more rows of w are read at the same time: a core gets more from memory through many streams.
VECTORIZED void Part(int64_t m, int64_t n, int64_t k, const float* x, const float* w, float* y, int64_t stride) {
  int64_t j = 0;
  if (m == 1) {
    for (; j + 16 <= n; j += 16) Tile<1, 16, false>(k, x, w + j * k, y + j, stride);
  } else if (m < 4) {
    for (; j + 8 <= n; j += 8) Rows<8>(m, k, x, w + j * k, y + j, stride);
  }
  for (; j + 4 <= n; j += 4) Rows<4>(m, k, x, w + j * k, y + j, stride);
  for (; j < n; ++j) Rows<1>(m, k, x, w + j * k, y + j, stride);
}

}  // namespace

void MultiplyFewRows(ffi::ThreadPool& pool, int64_t m, int64_t n, int64_t k, const float* x, const float* w, float* y) {
  // Several parts a thread even out threads that are held up; a part is worth some ten microseconds.
  int64_t parts = std::max<int64_t>(1, std::min(4 * pool.num_threads(), n * k >> 16));
  int64_t width = PartsOf(PartsOf(n, parts), 16) * 16;
  ForEach(pool, PartsOf(n, width), [&](int64_t part) {
    int64_t begin = part * width;
    Part(m, std::min(width, n - begin), k, x, w + begin * k, y + begin, n);
  });
}

}  // namespace kernels
