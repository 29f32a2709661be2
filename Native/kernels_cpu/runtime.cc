// Work dealt out on XLA's thread pool, and memory for it.
#include <atomic>
#include <memory>

#include "kernels.h"

namespace kernels {

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

float* Scratch(Slot slot, int64_t count) {
  thread_local std::vector<float> memory[kSlots];
  std::vector<float>& own = memory[static_cast<int>(slot)];
  if (static_cast<int64_t>(own.size()) < count) own = std::vector<float>(count);
  return own.data();
}

}  // namespace kernels
