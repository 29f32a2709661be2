#include "memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace pjrt_cpu {
namespace {

// Large memory lies on huge pages: one fault in 2 MiB instead of 512.
constexpr size_t kHugePage = 2 << 20;

void Raise(std::atomic<int64_t>& maximum, int64_t value) {
  int64_t seen = maximum.load();
  while (seen < value && !maximum.compare_exchange_weak(seen, value)) {
  }
}

class Memory final : public xla::CpuMemory {
 public:
  Memory(std::shared_ptr<MemoryUse> use, void* base, size_t size, size_t block) : use_(std::move(use)), base_(base), size_(size), block_(block) {
    int64_t total = use_->bytes += block;
    ++use_->allocations;
    Raise(use_->peak_bytes, total);
    Raise(use_->largest_allocation, block);
  }
  ~Memory() override {
    int64_t total = use_->bytes -= block_;
    if (block_ >= kLarge) {
      use_->reserve.Keep(base_, block_, use_->peak_bytes - total);
    } else {
      std::free(base_);
    }
  }

  void* base() const override { return base_; }
  size_t size_bytes() const override { return size_; }

  static constexpr size_t kLarge = 2 * kHugePage;

 private:
  std::shared_ptr<MemoryUse> use_;
  void* base_;
  size_t size_;
  size_t block_;  // what counts: of large memory all that was allocated, size_ or a little more
};

}  // namespace

Reserve::~Reserve() { Shrink(0); }

std::pair<void*, size_t> Reserve::Take(size_t size) {
  std::lock_guard lock(mutex_);
  auto found = blocks_.lower_bound(size);
  if (found == blocks_.end() || found->first > size + size / 8) return {nullptr, 0};
  std::pair<void*, size_t> block(found->second, found->first);
  bytes_ -= found->first;
  blocks_.erase(found);
  return block;
}

void Reserve::Keep(void* base, size_t size, int64_t room) {
  std::lock_guard lock(mutex_);
  if (bytes_ + static_cast<int64_t>(size) > room) return std::free(base);
  blocks_.emplace(size, base);
  bytes_ += size;
}

void Reserve::Shrink(int64_t room) {
  std::lock_guard lock(mutex_);
  while (bytes_ > room && !blocks_.empty()) {
    auto largest = std::prev(blocks_.end());
    std::free(largest->second);
    bytes_ -= largest->first;
    blocks_.erase(largest);
  }
}

absl::StatusOr<std::unique_ptr<xla::CpuMemory>> Allocate(std::shared_ptr<MemoryUse> use, size_t size, size_t alignment) {
  bool large = size >= Memory::kLarge;
  if (large) alignment = std::max(alignment, kHugePage);
  size_t block = std::max<size_t>(size, 1) + alignment - 1;
  block -= block % alignment;
  void* base = nullptr;
  if (large && block >= size) {
    if (auto [kept, kept_size] = use->reserve.Take(block); kept != nullptr) return std::make_unique<Memory>(std::move(use), kept, size, kept_size);
    use->reserve.Shrink(std::max<int64_t>(0, use->peak_bytes - use->bytes - static_cast<int64_t>(block)));
  }
  if (block >= size) base = std::aligned_alloc(alignment, block);
  if (base == nullptr) {
    return absl::ResourceExhaustedError(
        absl::StrCat("out of host memory: ", size, " bytes were asked for, ", use->bytes.load(), " are in use"));
  }
  if (large) madvise(base, block, MADV_HUGEPAGE);
  return std::make_unique<Memory>(std::move(use), base, size, large ? block : size);
}

int64_t PhysicalBytes() { return int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE); }

}  // namespace pjrt_cpu
