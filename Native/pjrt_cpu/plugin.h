// What the files of the plugin share: the objects behind the opaque C handles, and the wrapper that turns a C++ function
// into a C API entry that returns every failure as a PJRT_Error.
#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "xla/future.h"
#include "xla/layout.h"
#include "xla/pjrt/c/pjrt_c_api.h"
#include "xla/pjrt/pjrt_client.h"
#include "xla/pjrt/pjrt_executable.h"
#include "xla/shape.h"
#include "xla/tsl/platform/errors.h"
#include "xla/tsl/platform/statusor.h"

namespace pjrt_cpu {
struct MemoryUse;
}

struct PJRT_Error {
  absl::Status status;
};

struct PJRT_Event {
  xla::Future<> future;
};

struct PJRT_DeviceDescription {
  const xla::PjRtDeviceDescription* description;
};

struct PJRT_Memory {
  xla::PjRtMemorySpace* space;
  std::vector<PJRT_Device*> devices;
};

struct PJRT_Device {
  xla::PjRtDevice* device;
  PJRT_DeviceDescription description;
  const pjrt_cpu::MemoryUse* memory_use;
  std::vector<PJRT_Memory*> memories;
};

namespace pjrt_cpu {

// The XLA client with the handles of its devices and memories. Buffers and executables share it, so that it outlives them
// in whatever order the caller destroys things.
class Client {
 public:
  Client(std::unique_ptr<xla::PjRtClient> client, std::shared_ptr<const MemoryUse> memory_use);

  xla::PjRtClient* operator->() const { return client_.get(); }
  const std::string& platform_version() const { return platform_version_; }
  const std::vector<PJRT_Device*>& devices() const { return devices_; }
  const std::vector<PJRT_Memory*>& memories() const { return memories_; }
  PJRT_Device* Find(const xla::PjRtDevice* device) const;
  PJRT_Memory* Find(const xla::PjRtMemorySpace* space) const;

 private:
  std::unique_ptr<xla::PjRtClient> client_;
  std::shared_ptr<const MemoryUse> memory_use_;
  std::string platform_version_;
  std::vector<std::unique_ptr<PJRT_Device>> owned_devices_;
  std::vector<std::unique_ptr<PJRT_Memory>> owned_memories_;
  std::vector<PJRT_Device*> devices_;
  std::vector<PJRT_Memory*> memories_;
};

}  // namespace pjrt_cpu

struct PJRT_Client {
  std::shared_ptr<pjrt_cpu::Client> client;
};

struct PJRT_Buffer {
  std::shared_ptr<pjrt_cpu::Client> client;
  std::unique_ptr<xla::PjRtBuffer> buffer;
};

struct PJRT_LoadedExecutable {
  std::shared_ptr<pjrt_cpu::Client> client;
  std::vector<PJRT_Device*> devices;
  std::vector<xla::Shape> parameters;
  std::atomic<std::shared_ptr<xla::PjRtLoadedExecutable>> executable;  // null once deleted
};

struct PJRT_ExecuteContext {
  xla::ExecuteContext context;
};

namespace pjrt_cpu {

// Each fills the entries of one topic.
void AddErrors(PJRT_Api& api);
void AddEvents(PJRT_Api& api);
void AddClient(PJRT_Api& api);
void AddDevices(PJRT_Api& api);
void AddBuffers(PJRT_Api& api);
void AddCompilation(PJRT_Api& api);
void AddExecutables(PJRT_Api& api);
void AddExecution(PJRT_Api& api);
PJRT_Extension_Base* FfiExtension();
PJRT_Extension_Base* ProfilerExtension(PJRT_Extension_Base* next);

// Gives XLA's flags the plugin's defaults; XLA_FLAGS overrides them.
void SetFlagDefaults();

// The engine's version and a fingerprint of this machine's instruction set: compiled code runs where both are the same.
std::string PlatformVersion();

// A compiled program as bytes. What is read back is refused where it was made by another engine, for another machine, or damaged.
std::string Seal(absl::string_view executable);
absl::StatusOr<absl::string_view> Unseal(absl::string_view bytes);

// Element types of the C API and of XLA; an unknown one gives PRIMITIVE_TYPE_INVALID or PJRT_Buffer_Type_INVALID.
xla::PrimitiveType FromC(PJRT_Buffer_Type type);
PJRT_Buffer_Type ToC(xla::PrimitiveType type);

// The shape of an array whose memory is laid out as `layout` says, row-major where it is null.
absl::StatusOr<xla::Shape> ArrayShape(xla::PrimitiveType type, absl::Span<const int64_t> dims, const PJRT_Buffer_MemoryLayout* layout);

template <typename... Parts>
absl::Status Invalid(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

inline PJRT_Error* ToC(absl::Status status) { return status.ok() ? nullptr : new PJRT_Error{std::move(status)}; }

// Makes a C API entry of a captureless lambda that takes the argument struct and returns an absl::Status or nothing. The
// entry refuses a null or short struct and lets no exception out.
template <typename Body, typename Result, typename Args>
struct Entry {
  static PJRT_Error* Call(Args* args) {
    // A caller's size may leave out padding after the last member.
    if (args == nullptr || args->struct_size + alignof(Args) <= sizeof(Args)) {
      return ToC(Invalid("an argument struct of ", args ? args->struct_size : 0, " bytes was passed where the plugin (PJRT API ",
                         PJRT_API_MAJOR, ".", PJRT_API_MINOR, ") expects ", sizeof(Args)));
    }
    try {
      if constexpr (std::is_void_v<Result>) {
        Body()(args);
        return nullptr;
      } else {
        return ToC(Body()(args));
      }
    } catch (const std::bad_alloc&) {
      return ToC(absl::ResourceExhaustedError("out of host memory"));
    } catch (const std::exception& error) {
      return ToC(absl::InternalError(error.what()));
    } catch (...) {
      return ToC(absl::InternalError("an unknown C++ exception was thrown"));
    }
  }
};

template <typename Body, typename Result, typename Args>
auto EntryType(Result (Body::*)(Args*) const) -> Entry<Body, Result, Args>;

template <typename Body>
constexpr auto Checked(Body) {
  return &decltype(EntryType(&Body::operator()))::Call;
}

}  // namespace pjrt_cpu
