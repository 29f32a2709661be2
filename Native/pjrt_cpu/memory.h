// The host memory of a client's buffers and of the temporaries of its programs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "xla/pjrt/plugin/xla_cpu/cpu_memory.h"

namespace pjrt_cpu {

// What a client has allocated. Its virtual devices share it, as they share the host's memory.
struct MemoryUse {
  std::atomic<int64_t> bytes = 0, peak_bytes = 0, allocations = 0, largest_allocation = 0;
};

// Memory that counts in `use` while it lives, on huge pages where it is large.
absl::StatusOr<std::unique_ptr<xla::CpuMemory>> Allocate(std::shared_ptr<MemoryUse> use, size_t size, size_t alignment);

// The memory of the machine.
int64_t PhysicalBytes();

}  // namespace pjrt_cpu
