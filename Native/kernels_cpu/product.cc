// Matrix products. A tile of the result stays in registers while rows and columns of the operands go by; the caches are blocked for as Goto and
// van de Geijn describe (Anatomy of High-Performance Matrix Multiplication, 2008), but the second operand is packed once for all threads, and
// the first only where it is transposed. Operands that lie in the cache already, such as a head's queries and keys, are not packed at all.
#include <cstring>

#include "kernels.h"

namespace kernels {
namespace {

constexpr int64_t kTileRows = 6;  // with the widest tile, twelve of AVX-512's registers and of AVX2's hold sums
constexpr int64_t kLine = 16;     // numbers in a line of the cache, which packing goes by
constexpr int64_t kPanel = 32;    // columns of the second operand that are packed together

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

// Row r of the first operand, where a tile begins, lies a_tile · r numbers behind the first; the second operand's columns come in panels, row
// after row.
struct PackedProduct {
  int64_t k, n;
  const float* a;
  int64_t a_tile, a_row, a_column;
  const float* b;
  Matrix c;
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

  // The rows [0, m) of a product with packed panels of columns.
  static inline __attribute__((always_inline)) void Panels(const PackedProduct& p, int64_t m, int64_t begin, int64_t end) {
    constexpr int64_t kBlock = 4;  // panels, which stay in the second cache
    for (int64_t block = begin; block < end; block += kBlock) {
      for (int64_t row = 0; row < m; row += kTileRows) {
        for (int64_t panel = block; panel < std::min(block + kBlock, end); ++panel) {
          int64_t count = std::min(kTileRows, m - row), first = panel * kPanel, columns = std::min(kPanel, p.n - first);
          float* c = p.c.At(row, first).data;
          SmallProduct tile{p.k, 1, p.a + row * p.a_tile, p.b + panel * p.k * kPanel, p.a_row, p.a_column, kPanel, c, p.c.stride, p.adds};
          if (columns == kPanel) {
            Rows(tile, count, kPanel);
            continue;
          }
          // Behind the last column the panel is zero, and the result has no room.
          float whole[kTileRows * kPanel];
          tile.c = whole, tile.c_row = kPanel, tile.adds = false;
          Rows(tile, count, kPanel);
          for (int64_t i = 0; i < count; ++i) {
            for (int64_t j = 0; j < columns; ++j) c[i * p.c.stride + j] = (p.adds ? c[i * p.c.stride + j] : 0) + whole[i * kPanel + j];
          }
        }
      }
    }
  }
};

// The tiles' functions, compiled for an instruction set.
struct Functions {
  void (*small)(const SmallProduct&, int64_t m, int64_t n);
  void (*packed)(const PackedProduct&, int64_t m, int64_t begin, int64_t end);
};

#define ARGONNE_TILES(lanes, ...)                                                                                            \
  __VA_ARGS__ void Small##lanes(const SmallProduct& p, int64_t m, int64_t n) { Tiles<lanes>::Rows(p, m, n); }                 \
  __VA_ARGS__ void Packed##lanes(const PackedProduct& p, int64_t m, int64_t begin, int64_t end) { Tiles<lanes>::Panels(p, m, begin, end); }
ARGONNE_TILES(16, __attribute__((target("arch=x86-64-v4"))))
ARGONNE_TILES(8, __attribute__((target("arch=x86-64-v3"))))
ARGONNE_TILES(4)
#undef ARGONNE_TILES

const Functions tiles = [] {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return Functions{Small16, Packed16};
  if (__builtin_cpu_supports("x86-64-v3")) return Functions{Small8, Packed8};
  return Functions{Small4, Packed4};
}();

// Panels [begin, end) of b [depth, n], each its rows one behind the other, zeros behind the last column.
VECTORIZED void PackPanels(Matrix b, int64_t depth, int64_t n, int64_t begin, int64_t end, float* packed) {
  const int64_t whole = std::min(end, n / kPanel);
  for (int64_t k = 0; k < depth; k += kLine) {
    const int64_t lines = std::min(kLine, depth - k);
    for (int64_t panel = begin; panel < whole; ++panel) {
      float* to = packed + (panel * depth + k) * kPanel;
      if (!b.transposed) {
        const float* from = b.At(k, panel * kPanel).data;
        for (int64_t i = 0; i < lines; ++i) {
          // Rows may lie pages apart, where the processor does not look ahead by itself.
          __builtin_prefetch(from + (i + kLine) * b.stride);
          __builtin_prefetch(from + (i + kLine) * b.stride + kLine);
          std::memcpy(to + i * kPanel, from + i * b.stride, kPanel * sizeof(float));
        }
        continue;
      }
      for (int64_t j = 0; j < kPanel; ++j) {
        const float* column = b.At(k, panel * kPanel + j).data;
        for (int64_t i = 0; i < lines; ++i) to[i * kPanel + j] = column[i];
      }
    }
  }
  for (int64_t panel = whole; panel < end; ++panel) {
    float* to = packed + panel * depth * kPanel;
    std::fill_n(to, depth * kPanel, 0.f);
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t j = 0; j < n - panel * kPanel; ++j) to[k * kPanel + j] = *b.At(k, panel * kPanel + j).data;
    }
  }
}

// Rows [0, m) of a transposed operand in groups of kTileRows, each [depth, kTileRows].
void PackRows(Matrix a, int64_t depth, int64_t m, float* packed) {
  const int64_t whole = m / kTileRows * kTileRows;
  for (int64_t k = 0; k < depth; k += kLine) {
    const int64_t end = std::min(k + kLine, depth);
    for (int64_t row = 0; row < whole; row += kTileRows) {
      for (int64_t i = k; i < end; ++i) std::memcpy(packed + row * depth + i * kTileRows, a.At(row, i).data, kTileRows * sizeof(float));
    }
    for (int64_t row = whole; row < m; ++row) {
      for (int64_t i = k; i < end; ++i) packed[whole * depth + i * kTileRows + row - whole] = *a.At(row, i).data;
    }
  }
}

// c [m, n] = a [m, k] · packed, for one stretch of k.
void MultiplyRows(int64_t m, int64_t n, int64_t k, Matrix a, const float* packed, int64_t begin, int64_t end, bool adds, Matrix c) {
  PackedProduct p{k, n, a.data, a.stride, a.stride, 1, packed, c, adds};
  if (a.transposed) {
    float* rows = Scratch(Slot::kRows, PartsOf(m, kTileRows) * kTileRows * k);
    PackRows(a, k, m, rows);
    p.a = rows, p.a_tile = k, p.a_row = 1, p.a_column = kTileRows;
  }
  tiles.packed(p, m, begin, end);
}

// Calls multiply(begin, depth, adds) for stretches of k of about equal length.
template <class Body>
void InStretches(int64_t k, bool adds, Body multiply) {
  constexpr int64_t kLongest = 1024;  // a panel of it is 128 KiB, a block of panels half of the second cache
  int64_t depth = PartsOf(k, PartsOf(k, kLongest));
  for (int64_t begin = 0; begin < k; begin += depth) multiply(begin, std::min(depth, k - begin), adds || begin > 0);
}

}  // namespace

VECTORIZED float InnerProduct(const float* a, const float* b, int64_t count) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

void MultiplyInCache(int64_t m, int64_t n, int64_t k, float alpha, Matrix a, Matrix b, bool adds, Matrix c) {
  SmallProduct p{k, alpha, a.data, b.data, a.transposed ? 1 : a.stride, a.transposed ? a.stride : 1, b.stride, c.data, c.stride, adds};
  tiles.small(p, m, n);
}

void Multiply(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, bool adds, Matrix c) {
  InStretches(k, adds, [&](int64_t begin, int64_t depth, bool adds) {
    int64_t panels = PartsOf(n, kPanel);
    float* packed = Scratch(Slot::kPanels, panels * depth * kPanel);
    PackPanels(b.At(begin, 0), depth, n, 0, panels, packed);
    MultiplyRows(m, n, depth, a.At(0, begin), packed, 0, panels, adds, c);
  });
}

void MultiplyTogether(ffi::ThreadPool& pool, int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, bool adds, Matrix c) {
  constexpr int64_t kMostPacked = 1 << 21;  // numbers: 8 MiB
  // Several parts a thread even out threads that are held up. Parts are rows; where those are few, columns are divided too.
  const int64_t wanted = 4 * std::max<int64_t>(1, pool.num_threads());
  const int64_t rows = PartsOf(PartsOf(m, wanted), kTileRows) * kTileRows, row_parts = PartsOf(m, rows);
  InStretches(k, adds, [&](int64_t begin, int64_t depth, bool adds) {
    const int64_t most = kPanel * std::max<int64_t>(1, kMostPacked / (depth * kPanel));
    for (int64_t first = 0; first < n; first += most) {
      const int64_t columns = std::min(most, n - first), panels = PartsOf(columns, kPanel);
      float* packed = Scratch(Slot::kSharedPanels, panels * depth * kPanel);
      const int64_t together = PartsOf(panels, wanted);
      ForEach(pool, PartsOf(panels, together), [&](int64_t part) {
        PackPanels(b.At(begin, first), depth, columns, part * together, std::min(panels, (part + 1) * together), packed);
      });
      const int64_t width = PartsOf(panels, PartsOf(wanted, row_parts)), column_parts = PartsOf(panels, width);
      ForEach(pool, row_parts * column_parts, [&](int64_t part) {
        int64_t row = part / column_parts * rows, panel = part % column_parts * width;
        MultiplyRows(std::min(rows, m - row), columns, depth, a.At(row, begin), packed, panel, std::min(panels, panel + width), adds,
                     c.At(row, first));
      });
    }
  });
}

}  // namespace kernels
