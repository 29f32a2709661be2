// What the kernels share: matrix products, work dealt out among threads, and vectorised mathematics.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "xla/ffi/api/ffi.h"

// A function with a version for each instruction set; the loader takes the best that the processor has.
#define VECTORIZED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

namespace kernels {

namespace ffi = xla::ffi;
using Floats = ffi::Buffer<ffi::F32>;
using Integers = ffi::Buffer<ffi::S32>;

// A matrix within a larger row-major array: its first element and the distance between rows.
struct Matrix {
  float* data;
  int64_t stride;
  bool transposed = false;

  // The part that begins at this row and column of the matrix as it is multiplied.
  Matrix At(int64_t row, int64_t column) const {
    return {data + (transposed ? column * stride + row : row * stride + column), stride, transposed};
  }
};

inline Matrix Read(const float* data, int64_t stride, bool transposed = false) { return {const_cast<float*>(data), stride, transposed}; }

// c [m, n] = a [m, k] · b [k, n], or c + a · b where it adds, on the calling thread. c is not transposed.
void Multiply(int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, bool adds, Matrix c);

// The same on all threads of the pool.
void MultiplyTogether(ffi::ThreadPool& pool, int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, bool adds, Matrix c);

// c = alpha · a · b, or c + alpha · a · b, for operands that lie in the cache. b is not transposed either.
void MultiplyInCache(int64_t m, int64_t n, int64_t k, float alpha, Matrix a, Matrix b, bool adds, Matrix c);

// Σ a · b.
float InnerProduct(const float* a, const float* b, int64_t count);

// y [m, n] = x [m, k] · wᵀ with w [n, k], for at most kFewRows rows of x.
constexpr int64_t kFewRows = 16;
void MultiplyFewRows(ffi::ThreadPool& pool, int64_t m, int64_t n, int64_t k, const float* x, const float* w, float* y);

// How many parts of a length make up a whole, the last one perhaps shorter.
inline int64_t PartsOf(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

using Task = std::function<void(int64_t)>;

// Calls task(0) … task(count − 1) on the threads of XLA's pool, the calling one included, and returns when all are done.
//
// It waits only for tasks that a thread is running already, so calls that hold all threads of the pool cannot block each other.
void ForEach(ffi::ThreadPool& pool, int64_t count, const Task& task);

// The same, with a task of each thread's own, which prepare() makes when the thread takes its first number.
void ForEachPrepared(ffi::ThreadPool& pool, int64_t count, const std::function<Task()>& prepare);

// What a thread's memory is for; each use keeps its own.
enum class Slot { kKeys, kValues, kWeights, kScoreGradients, kRows, kPanels, kPartialSums };
constexpr int kSlots = 7;

// Memory of the calling thread for at least this many numbers; valid until the thread's next call with the same slot.
float* Scratch(Slot slot, int64_t count);

// e^x for x ≤ 88 within two units in the last place; 0 below −87. Cody and Waite's reduction, then the Taylor polynomial of degree 6.
inline float Exp(float x) {
  float n = std::rint(x * 1.44269504f);
  float r = std::fma(n, -0.693145752f, x);
  r = std::fma(n, -1.42860677e-6f, r);
  float p = 1.f / 720;
  p = std::fma(p, r, 1.f / 120);
  p = std::fma(p, r, 1.f / 24);
  p = std::fma(p, r, 1.f / 6);
  p = std::fma(p, r, 0.5f);
  p = std::fma(p, r, 1.f);
  p = std::fma(p, r, 1.f);
  int32_t bits = (static_cast<int32_t>(std::max(n, -127.f)) + 127) << 23;
  float scale = __builtin_bit_cast(float, bits);
  return x < -87.f ? 0.f : p * scale;
}

}  // namespace kernels
