// Matrix products. A tile of the result stays in registers while rows and columns of the operands go by; the caches are blocked for as Goto and
// van de Geijn describe (Anatomy of High-Performance Matrix Multiplication, 2008), but the first operand is packed only where it is transposed.
// Operands that lie in the cache already, such as a head's queries and keys, are not packed at all.
//
// Threads share nothing that is packed. Where two cores have no cache in common, packing into memory that the other has read took four times as
// long; see Benchmarks/README.md.
#include <cstring>

#include "kernels.h"

namespace kernels {
namespace {

constexpr int64_t kTileRows = 6;  // of a first operand as it lies: with the widest tile twelve registers hold sums
constexpr int64_t kLine = 16;     // numbers in a line of the cache, which packing goes by
constexpr int64_t kPanel = 32;    // columns of the second operand that are packed together
constexpr int64_t kBlock = 4;     // panels that stay in the second cache together: half of it, where they are as long as kDepth
constexpr int64_t kDepth = 1024;  // the longest stretch of both operands that is multiplied at once

// What the tiles of a product have in common.
struct SmallProduct {
  int64_t k;
  float alpha;
  const float *a, *b;
  int64_t a_row, a_column, b_row;
  float* c;
  int64_t c_row;
  bool adds;

  // Two rows, of at least k numbers, that the next tile will read, and which the processor would not look ahead for; null for none.
  const float* ahead = nullptr;
  int64_t ahead_row = 0;
};

// The first operand as tiles read it. Row r, where a tile begins, lies tile · r numbers behind the first.
struct Left {
  const float* data;
  int64_t tile, row, column;

  static Left AsItLies(Matrix a) { return {a.data, a.stride, a.stride, 1}; }

  // In groups of so many rows, each [depth, group].
  static Left Grouped(const float* packed, int64_t depth, int64_t group) { return {packed, depth, 1, group}; }
};

// The second operand's columns come in panels, row after row.
struct PackedProduct {
  int64_t m, n, k;
  Left a;
  const float* b;
  Matrix c;
  bool adds;
};

// Tiles for one width of vector registers. Everything is inlined into the functions below, which are compiled for their instruction sets.
template <int kLanes>
struct Tiles {
  typedef float Lanes __attribute__((vector_size(4 * kLanes)));

  // A transposed first operand is packed in groups of so many rows, which lie side by side in it: a whole or half register of them.
  static constexpr int64_t kGroupRows = kLanes == 16 ? 8 : 4;

  static inline __attribute__((always_inline)) void Load(const float* data, Lanes& lanes) { std::memcpy(&lanes, data, sizeof lanes); }

  // c[0 … rows)[0 … vectors · kLanes), of which the first `skipped` columns are done already.
  template <int rows, int vectors>
  static inline __attribute__((always_inline)) void Tile(const SmallProduct& p, const float* a, const float* b, float* c, int64_t skipped) {
    Lanes sums[rows][vectors] = {};
    auto add = [&](int64_t k) __attribute__((always_inline)) {
      Lanes right[vectors];
      for (int j = 0; j < vectors; ++j) Load(b + k * p.b_row + j * kLanes, right[j]);
      for (int i = 0; i < rows; ++i) {
        float left = a[i * p.a_row + k * p.a_column];
        for (int j = 0; j < vectors; ++j) sums[i][j] += left * right[j];
      }
    };
    int64_t k = 0;
    if (p.ahead != nullptr) {
      for (; k + kLine <= p.k; k += kLine) {
        __builtin_prefetch(p.ahead + k);
        __builtin_prefetch(p.ahead + p.ahead_row + k);
        for (int64_t i = 0; i < kLine; ++i) add(k + i);
      }
    }
    for (; k < p.k; ++k) add(k);
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
    for (; row + 4 <= m; row += 4) Columns<4>(p, row, n);
    for (; row + 2 <= m; row += 2) Columns<2>(p, row, n);
    for (; row < m; ++row) Columns<1>(p, row, n);
  }

  // A product with packed panels of columns, so many rows at a time.
  template <int rows>
  static inline __attribute__((always_inline)) void Panels(const PackedProduct& p) {
    const int64_t end = PartsOf(p.n, kPanel);
    for (int64_t block = 0; block < end; block += kBlock) {
      for (int64_t row = 0; row < p.m; row += rows) {
        for (int64_t panel = block; panel < std::min(block + kBlock, end); ++panel) {
          const int64_t count = std::min<int64_t>(rows, p.m - row), first = panel * kPanel, columns = std::min(kPanel, p.n - first);
          float* c = p.c.At(row, first).data;
          SmallProduct tile{p.k, 1, p.a.data + row * p.a.tile, p.b + panel * p.k * kPanel, p.a.row, p.a.column, kPanel, c, p.c.stride, p.adds};
          if (columns < kPanel) {
            // Behind the last column the panel is zero, and the result has no room.
            float whole[rows * kPanel];
            tile.c = whole, tile.c_row = kPanel, tile.adds = false;
            Rows(tile, count, kPanel);
            for (int64_t i = 0; i < count; ++i) {
              for (int64_t j = 0; j < columns; ++j) c[i * p.c.stride + j] = (p.adds ? c[i * p.c.stride + j] : 0) + whole[i * kPanel + j];
            }
          } else if (count < rows) {
            Rows(tile, count, kPanel);
          } else {
            for (int64_t i = 0; i < rows; ++i) {
              __builtin_prefetch(c + i * p.c.stride, 1);
              __builtin_prefetch(c + i * p.c.stride + kLine, 1);
            }
            // The panels of a block share the lines of the next tile among them.
            const int64_t near = 2 * (panel - block);
            if (near < rows && row + 2 * rows <= p.m) {
              tile.ahead_row = p.a.column == 1 ? p.a.row : p.k;
              tile.ahead = tile.a + rows * p.a.tile + near * tile.ahead_row;
            }
            Columns<rows>(tile, 0, kPanel);
          }
        }
      }
    }
  }
};

// The tiles' functions, compiled for an instruction set, and how many rows of a transposed first operand are packed together for them.
struct Functions {
  void (*small)(const SmallProduct&, int64_t m, int64_t n);
  void (*packed)(const PackedProduct&);
  int64_t group_rows;
};

#define ARGONNE_TILES(lanes, ...)                                                                                   \
  __VA_ARGS__ void Small##lanes(const SmallProduct& p, int64_t m, int64_t n) { Tiles<lanes>::Rows(p, m, n); }        \
  __VA_ARGS__ void Packed##lanes(const PackedProduct& p) {                                                           \
    p.a.column == 1 ? Tiles<lanes>::Panels<kTileRows>(p) : Tiles<lanes>::Panels<Tiles<lanes>::kGroupRows>(p);        \
  }                                                                                                                 \
  constexpr Functions functions##lanes{Small##lanes, Packed##lanes, Tiles<lanes>::kGroupRows};
ARGONNE_TILES(16, __attribute__((target("arch=x86-64-v4"))))
ARGONNE_TILES(8, __attribute__((target("arch=x86-64-v3"))))
ARGONNE_TILES(4)
#undef ARGONNE_TILES

const Functions tiles = [] {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return functions16;
  if (__builtin_cpu_supports("x86-64-v3")) return functions8;
  return functions4;
}();

// The columns of b [depth, n] in panels, each its rows one behind the other, zeros behind the last column.
VECTORIZED void PackPanels(Matrix b, int64_t depth, int64_t n, float* packed) {
  const int64_t whole = n / kPanel;
  for (int64_t k = 0; k < depth; k += kLine) {
    const int64_t lines = std::min(kLine, depth - k);
    for (int64_t panel = 0; panel < whole; ++panel) {
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
  if (whole * kPanel == n) return;
  float* to = packed + whole * depth * kPanel;
  std::fill_n(to, depth * kPanel, 0.f);
  for (int64_t k = 0; k < depth; ++k) {
    for (int64_t j = 0; j < n - whole * kPanel; ++j) to[k * kPanel + j] = *b.At(k, whole * kPanel + j).data;
  }
}

// The rows of a transposed operand [m, depth] in groups, each [depth, rows].
template <int rows>
void PackGroups(Matrix a, int64_t m, int64_t depth, float* packed) {
  // Rows of memory often lie pages apart, where more than eight of them do not stay in the first cache together. A line of it is read at once.
  constexpr int64_t kRows = 8;
  const int64_t whole = m / kLine * kLine;
  for (int64_t k = 0; k < depth; k += kRows) {
    const int64_t end = std::min(k + kRows, depth);
    for (int64_t row = 0; row < whole; row += kLine) {
      for (int64_t i = k; i < end; ++i) {
        const float* from = a.At(row, i).data;
        for (int64_t j = 0; j < kLine; j += rows) std::memcpy(packed + (row + j) * depth + i * rows, from + j, rows * sizeof(float));
      }
    }
    for (int64_t row = whole; row < m; ++row) {
      for (int64_t i = k; i < end; ++i) packed[row / rows * rows * depth + i * rows + row % rows] = *a.At(row, i).data;
    }
  }
}

// The rows that m rows take up when they are packed.
int64_t GroupedRows(int64_t m) { return PartsOf(m, tiles.group_rows) * tiles.group_rows; }

// A transposed operand [m, depth], packed here.
Left PackRows(Matrix a, int64_t m, int64_t depth, float* memory) {
  tiles.group_rows == 8 ? PackGroups<8>(a, m, depth, memory) : PackGroups<4>(a, m, depth, memory);
  return Left::Grouped(memory, depth, tiles.group_rows);
}

// Calls multiply(begin, depth, adds) for stretches of k of about equal length.
template <class Body>
void InStretches(int64_t k, int64_t longest, bool adds, Body multiply) {
  int64_t depth = PartsOf(k, PartsOf(k, longest));
  for (int64_t begin = 0; begin < k; begin += depth) multiply(begin, std::min(depth, k - begin), adds || begin > 0);
}

struct Product {
  int64_t m, n, k;
  Matrix a, b;
  bool adds;
  Matrix c;
};

// Divides the columns of the result, and its rows where those parts are too few for the threads. Each thread packs the columns of a part as it
// comes to them, and the whole first operand before, where that is transposed.
template <class Deal>
void MultiplyByColumns(const Product& p, int64_t threads, Deal deal) {
  const int64_t panels = PartsOf(p.n, kPanel);
  // Several parts a thread even out threads that are held up; a part of fewer panels than three would read too much for what it computes.
  const int64_t width = std::max(PartsOf(panels, 4 * threads), std::min<int64_t>(3, PartsOf(panels, threads))) * kPanel;
  const int64_t column_parts = PartsOf(p.n, width);
  const int64_t rows = p.a.transposed ? p.m : PartsOf(PartsOf(p.m, PartsOf(threads, column_parts)), kTileRows) * kTileRows;
  deal(column_parts * PartsOf(p.m, rows), [=] {
    float* packed = nullptr;
    if (p.a.transposed) {
      packed = Scratch(Slot::kRows, GroupedRows(p.m) * p.k);
      InStretches(p.k, kDepth, false, [&](int64_t k, int64_t depth, bool) { PackRows(p.a.At(0, k), p.m, depth, packed + GroupedRows(p.m) * k); });
    }
    return [=](int64_t part) {
      const int64_t row = part / column_parts * rows, begin = part % column_parts * width, end = std::min(p.n, begin + width);
      InStretches(p.k, kDepth, p.adds, [&](int64_t k, int64_t depth, bool adds) {
        const Left left = p.a.transposed ? Left::Grouped(packed + GroupedRows(p.m) * k, depth, tiles.group_rows) : Left::AsItLies(p.a.At(row, k));
        for (int64_t column = begin; column < end; column += kBlock * kPanel) {
          const int64_t columns = std::min(kBlock * kPanel, end - column);
          float* panels = Scratch(Slot::kPanels, kBlock * kPanel * depth);
          PackPanels(p.b.At(k, column), depth, columns, panels);
          tiles.packed({std::min(rows, p.m - row), columns, depth, left, panels, p.c.At(row, column), adds});
        }
      });
    };
  });
}

// Divides the rows of the result. Each thread packs the whole second operand before, and the rows of a part as it comes to them, where the first
// is transposed.
template <class Deal>
void MultiplyByRows(const Product& p, int64_t threads, Deal deal) {
  const int64_t rows = PartsOf(PartsOf(p.m, 4 * threads), kLine) * kLine, width = PartsOf(p.n, kPanel) * kPanel;
  deal(PartsOf(p.m, rows), [=] {
    float* packed = Scratch(Slot::kPanels, width * p.k);
    InStretches(p.k, kDepth, false, [&](int64_t k, int64_t depth, bool) { PackPanels(p.b.At(k, 0), depth, p.n, packed + width * k); });
    return [=](int64_t part) {
      const int64_t row = part * rows, count = std::min(rows, p.m - row);
      InStretches(p.k, kDepth, p.adds, [&](int64_t k, int64_t depth, bool adds) {
        const Matrix a = p.a.At(row, k);
        const Left left = a.transposed ? PackRows(a, count, depth, Scratch(Slot::kRows, GroupedRows(count) * depth)) : Left::AsItLies(a);
        tiles.packed({count, p.n, depth, left, packed + width * k, p.c.At(row, 0), adds});
      });
    };
  });
}

// deal(count, prepare) calls what prepare() gives for each part of the product; several threads do so together.
template <class Deal>
void MultiplyInParts(const Product& p, int64_t threads, Deal deal) {
  // What each thread packs for itself is the smaller operand. One that lies as it is read is not packed at all; but then each thread would read
  // all of it, and parts of rows are better, where packing the other one costs little beside the products, and little memory.
  constexpr int64_t kManyRows = 1024;       // a thread: packing takes about a hundredth of the time
  constexpr int64_t kMostPacked = 1 << 21;  // numbers: 8 MiB, or a stretch of the smaller operand where that is more
  const bool by_rows = p.a.transposed ? p.m > p.n : p.m >= kManyRows * threads && p.n * std::min(p.k, kDepth) <= kMostPacked;
  if (!p.a.transposed && !by_rows) return MultiplyByColumns(p, threads, deal);
  InStretches(p.k, std::max(kDepth, kMostPacked / (by_rows ? p.n : p.m)), p.adds, [&](int64_t k, int64_t depth, bool adds) {
    Product stretch{p.m, p.n, depth, p.a.At(0, k), p.b.At(k, 0), adds, p.c};
    by_rows ? MultiplyByRows(stretch, threads, deal) : MultiplyByColumns(stretch, threads, deal);
  });
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
  MultiplyInParts({m, n, k, a, b, adds, c}, 1, [](int64_t count, auto prepare) {
    auto multiply = prepare();
    for (int64_t part = 0; part < count; ++part) multiply(part);
  });
}

void MultiplyTogether(ffi::ThreadPool& pool, int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, bool adds, Matrix c) {
  MultiplyInParts({m, n, k, a, b, adds, c}, std::max<int64_t>(1, pool.num_threads()),
                  [&](int64_t count, auto prepare) { ForEachPrepared(pool, count, prepare); });
}

}  // namespace kernels
