// Matrix products through OpenBLAS and work dealt out on XLA's thread pool.
#include <atomic>
#include <memory>

#include "cblas.h"
#include "kernels.h"

namespace kernels {
namespace {

// XLA's threads call OpenBLAS, so it needs none of its own.
[[maybe_unused]] const bool single_threaded = (scipy_openblas_set_num_threads(1), true);

}  // namespace

void Multiply(int64_t m, int64_t n, int64_t k, float alpha, Matrix a, Matrix b, float beta, Matrix c) {
  scipy_cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans, b.transposed ? CblasTrans : CblasNoTrans, m, n, k, alpha,
                    a.data, a.stride, b.data, b.stride, beta, c.data, c.stride);
}

void ForEach(ffi::ThreadPool& pool, int64_t count, const std::function<void(int64_t)>& task) {
  int64_t helpers = std::min(pool.num_threads(), count) - 1;
  if (helpers < 1) {
    for (int64_t i = 0; i < count; ++i) task(i);
    return;
  }
  // A helper may start after everything is done and this call has returned; then it finds no task left and touches nothing else.
  struct Work {
    const std::function<void(int64_t)>& task;
    const int64_t count;
    std::atomic<int64_t> next = 0;
    std::atomic<int64_t> done = 0;

    void Run() {
      for (int64_t i = next++; i < count; i = next++) {
        task(i);
        if (++done == count) done.notify_all();
      }
    }
  };
  auto work = std::make_shared<Work>(task, count);
  for (int64_t i = 0; i < helpers; ++i) pool.Schedule([work] { work->Run(); });
  work->Run();
  for (int64_t done = work->done; done < count; done = work->done) work->done.wait(done);
}

void MultiplyTogether(ffi::ThreadPool& pool, int64_t m, int64_t n, int64_t k, Matrix a, Matrix b, float beta, Matrix c) {
  // Each part packs all of the operand that is not cut, so parts are few; they are wide enough for full tiles.
  int64_t length = std::max(m, n);
  int64_t width = ((length + pool.num_threads() - 1) / std::max<int64_t>(1, pool.num_threads()) + 15) / 16 * 16;
  ForEach(pool, (length + width - 1) / width, [&](int64_t part) {
    int64_t begin = part * width, size = std::min(width, length - begin);
    if (m >= n) {
      Multiply(size, n, k, 1, a.At(begin, 0), b, beta, c.At(begin, 0));
    } else {
      Multiply(m, size, k, 1, a, b.At(0, begin), beta, c.At(0, begin));
    }
  });
}

float* Scratch(int slot, int64_t count) {
  thread_local std::vector<float> memory[4];
  if (static_cast<int64_t>(memory[slot].size()) < count) memory[slot] = std::vector<float>(count);
  return memory[slot].data();
}

}  // namespace kernels
