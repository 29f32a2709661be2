// Work dealt out on XLA's thread pool, and memory for it.
#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

#include "kernels.h"

namespace kernels {

void ForEachPrepared(ffi::ThreadPool& pool, int64_t count, const std::function<Task()>& prepare) {
  // A helper may start after everything is done and this call has returned; then it finds no task left and touches nothing else.
  struct Work {
    const std::function<Task()>& prepare;
    const int64_t count;
    std::atomic<int64_t> next = 0;
    std::atomic<int64_t> done = 0;

    void Run() {
      Task task;
      for (int64_t i = next++; i < count; i = next++) {
        if (!task) task = prepare();
        task(i);
        if (++done == count) done.notify_all();
      }
    }
  };
  auto work = std::make_shared<Work>(prepare, count);
  for (int64_t helper = 1; helper < std::min(pool.num_threads(), count); ++helper) pool.Schedule([work] { work->Run(); });
  work->Run();
  for (int64_t done = work->done; done < count; done = work->done) work->done.wait(done);
}

void ForEach(ffi::ThreadPool& pool, int64_t count, const Task& task) {
  ForEachPrepared(pool, count, [&] { return task; });
}

float* Scratch(Slot slot, int64_t count) {
  struct Memory {
    float* data = nullptr;
    int64_t count = 0;
    ~Memory() { std::free(data); }
  };
  thread_local Memory memory[kSlots];
  Memory& own = memory[static_cast<int>(slot)];
  if (own.count < count) {
    // Vector loads must not straddle lines of the cache; large memory lies on huge pages.
    constexpr int64_t kLine = 64, kHugePage = 2 << 20;
    const int64_t size = count * sizeof(float), alignment = size >= kHugePage / 4 ? kHugePage : kLine;
    const int64_t whole = PartsOf(size, alignment) * alignment;
    std::free(own.data);
    own.count = 0;
    own.data = static_cast<float*>(std::aligned_alloc(alignment, whole));
    if (own.data == nullptr) throw std::bad_alloc();
    if (alignment == kHugePage) madvise(own.data, whole, MADV_HUGEPAGE);
    own.count = count;
  }
  return own.data;
}

}  // namespace kernels
