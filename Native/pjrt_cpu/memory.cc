#include "memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace pjrt_cpu {
namespace {

// A program's temporaries come fresh from the kernel at every run. On huge pages that costs one fault in 2 MiB instead of 512.
constexpr size_t kHugePage = 2 << 20;

void Raise(std::atomic<int64_t>& maximum, int64_t value) {
  int64_t seen = maximum.load();
  while (seen < value && !maximum.compare_exchange_weak(seen, value)) {
  }
}

class Memory final : public xla::CpuMemory {
 public:
  Memory(std::shared_ptr<MemoryUse> use, void* base, size_t size) : use_(std::move(use)), base_(base), size_(size) {
    int64_t total = use_->bytes += size;
    ++use_->allocations;
    Raise(use_->peak_bytes, total);
    Raise(use_->largest_allocation, size);
  }
  ~Memory() override {
    std::free(base_);
    use_->bytes -= size_;
  }

  void* base() const override { return base_; }
  size_t size_bytes() const override { return size_; }

 private:
  std::shared_ptr<MemoryUse> use_;
  void* base_;
  size_t size_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<xla::CpuMemory>> Allocate(std::shared_ptr<MemoryUse> use, size_t size, size_t alignment) {
  bool huge = size >= 2 * kHugePage;
  if (huge) alignment = std::max(alignment, kHugePage);
  size_t rounded = std::max<size_t>(size, 1) + alignment - 1;
  rounded -= rounded % alignment;
  void* base = rounded < size ? nullptr : std::aligned_alloc(alignment, rounded);
  if (base == nullptr) {
    return absl::ResourceExhaustedError(
        absl::StrCat("out of host memory: ", size, " bytes were asked for, ", use->bytes.load(), " are in use"));
  }
  if (huge) madvise(base, rounded, MADV_HUGEPAGE);
  return std::make_unique<Memory>(std::move(use), base, size);
}

int64_t PhysicalBytes() { return int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE); }

}  // namespace pjrt_cpu
