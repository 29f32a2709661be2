// The host memory of a client's buffers and of the temporaries of its programs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "absl/status/statusor.h"
#include "xla/pjrt/plugin/xla_cpu/cpu_memory.h"

namespace pjrt_cpu {

// Large blocks that were given back, kept for the next run of a program, whose temporaries have the same sizes: the kernel zeroes fresh
// memory, which takes a tenth of a small model's training step.
class Reserve {
 public:
  ~Reserve();

  // A kept block of this size or a little more, and its size; null where there is none.
  std::pair<void*, size_t> Take(size_t size);

  // Keeps a block that was got from aligned_alloc, or frees it where more than `room` bytes would be kept then.
  void Keep(void* base, size_t size, int64_t room);

  // Frees kept blocks, the largest first, until at most `room` bytes are kept.
  void Shrink(int64_t room);

 private:
  std::mutex mutex_;
  std::multimap<size_t, void*> blocks_;
  int64_t bytes_ = 0;
};

// What a client has allocated. Its virtual devices share it, as they share the host's memory. What is in use and what is kept together
// never pass the greatest use there was.
struct MemoryUse {
  std::atomic<int64_t> bytes = 0, peak_bytes = 0, allocations = 0, largest_allocation = 0;
  Reserve reserve;
};

// Memory that counts in `use` while it lives, on huge pages where it is large.
absl::StatusOr<std::unique_ptr<xla::CpuMemory>> Allocate(std::shared_ptr<MemoryUse> use, size_t size, size_t alignment);

// The memory of the machine.
int64_t PhysicalBytes();

}  // namespace pjrt_cpu
