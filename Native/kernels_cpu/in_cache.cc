// Products of operands that lie in the cache already, such as a head's queries and keys: nothing is packed, and rows are so few that a caller
// can leave out what a causal mask hides.
#include <cstring>

#include "kernels.h"

namespace kernels {
namespace {

constexpr int64_t kTileRows = 6;

// What the tiles of a product have in common.
struct SmallProduct {
  int64_t k;
  float alpha;
  const float *a, *b;
  int64_t a_row, a_column, b_row;
  float* c;
  int64_t c_row;
  bool adds;
};

// Tiles for one width of vector registers. Everything is inlined into the functions below, which are compiled for their instruction sets.
template <int kLanes>
struct Tiles {
  typedef float Lanes __attribute__((vector_size(4 * kLanes)));

  static inline __attribute__((always_inline)) void Load(const float* data, Lanes& lanes) { std::memcpy(&lanes, data, sizeof lanes); }

  // c[0 … rows)[0 … vectors · kLanes), of which the first `skipped` columns are done already.
  template <int rows, int vectors>
  static inline __attribute__((always_inline)) void Tile(const SmallProduct& p, const float* a, const float* b, float* c, int64_t skipped) {
    Lanes sums[rows][vectors] = {};
    for (int64_t k = 0; k < p.k; ++k) {
      Lanes right[vectors];
      for (int j = 0; j < vectors; ++j) Load(b + k * p.b_row + j * kLanes, right[j]);
      for (int i = 0; i < rows; ++i) {
        float left = a[i * p.a_row + k * p.a_column];
        for (int j = 0; j < vectors; ++j) sums[i][j] += left * right[j];
      }
    }
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < vectors; ++j) {
        float* place = c + i * p.c_row + j * kLanes;
        Lanes sum = sums[i][j] * p.alpha;
        if (skipped > 0) {
          float lanes[kLanes];
          std::memcpy(lanes, &sum, sizeof sum);
          for (int64_t lane = skipped; lane < kLanes; ++lane) place[lane] = (p.adds ? place[lane] : 0) + lanes[lane];
        } else {
          Lanes before = {};
          if (p.adds) Load(place, before);
          sum += before;
          std::memcpy(place, &sum, sizeof sum);
        }
      }
    }
  }

  template <int rows>
  static inline __attribute__((always_inline)) void Columns(const SmallProduct& p, int64_t row, int64_t n) {
    const float* a = p.a + row * p.a_row;
    float* c = p.c + row * p.c_row;
    int64_t j = 0;
    for (; j + 2 * kLanes <= n; j += 2 * kLanes) Tile<rows, 2>(p, a, p.b + j, c + j, 0);
    for (; j + kLanes <= n; j += kLanes) Tile<rows, 1>(p, a, p.b + j, c + j, 0);
    if (j == n) return;
    if (n >= kLanes) {
      // The last columns once more as a whole tile, which overlaps the one before.
      Tile<rows, 1>(p, a, p.b + n - kLanes, c + n - kLanes, kLanes - (n - j));
      return;
    }
    for (int i = 0; i < rows; ++i) {
      for (int64_t column = j; column < n; ++column) {
        float sum = 0;
        for (int64_t k = 0; k < p.k; ++k) sum += a[i * p.a_row + k * p.a_column] * p.b[k * p.b_row + column];
        c[i * p.c_row + column] = (p.adds ? c[i * p.c_row + column] : 0) + p.alpha * sum;
      }
    }
  }

  static inline __attribute__((always_inline)) void Rows(const SmallProduct& p, int64_t m, int64_t n) {
    int64_t row = 0;
    for (; row + kTileRows <= m; row += kTileRows) Columns<kTileRows>(p, row, n);
    for (; row + 2 <= m; row += 2) Columns<2>(p, row, n);
    for (; row < m; ++row) Columns<1>(p, row, n);
  }
};

using Function = void (*)(const SmallProduct&, int64_t m, int64_t n);

__attribute__((target("arch=x86-64-v4"))) void RowsOf16(const SmallProduct& p, int64_t m, int64_t n) { Tiles<16>::Rows(p, m, n); }
__attribute__((target("arch=x86-64-v3"))) void RowsOf8(const SmallProduct& p, int64_t m, int64_t n) { Tiles<8>::Rows(p, m, n); }
void RowsOf4(const SmallProduct& p, int64_t m, int64_t n) { Tiles<4>::Rows(p, m, n); }

Function Best() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return RowsOf16;
  if (__builtin_cpu_supports("x86-64-v3")) return RowsOf8;
  return RowsOf4;
}

const Function multiply_rows = Best();

}  // namespace

void MultiplyInCache(int64_t m, int64_t n, int64_t k, float alpha, Matrix a, Matrix b, bool adds, Matrix c) {
  multiply_rows(SmallProduct{k, alpha, a.data, b.data, a.transposed ? 1 : a.stride, a.transposed ? a.stride : 1, b.stride, c.data, c.stride, adds}, m, n);
}

}  // namespace kernels
