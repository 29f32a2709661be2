// A thin C++ face of the PJRT C API for the plugin's tests: owned handles, errors as exceptions.
#pragma once

#include <dlfcn.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "xla/pjrt/c/pjrt_c_api.h"
#include "xla/pjrt/c/pjrt_c_api_ffi_extension.h"

namespace pjrt {

inline const PJRT_Api* api = nullptr;

struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <typename Args>
Args Make(size_t size) {
  Args args;
  std::memset(&args, 0, sizeof(args));
  args.struct_size = size;
  return args;
}
#define PJRT_MAKE(name, args) auto args = pjrt::Make<name##_Args>(name##_Args_STRUCT_SIZE)

inline void Check(PJRT_Error* error) {
  if (error == nullptr) return;
  PJRT_MAKE(PJRT_Error_Message, message);
  message.error = error;
  api->PJRT_Error_Message(&message);
  std::string text(message.message, message.message_size);
  PJRT_MAKE(PJRT_Error_GetCode, code);
  code.error = error;
  api->PJRT_Error_GetCode(&code);
  PJRT_MAKE(PJRT_Error_Destroy, destroy);
  destroy.error = error;
  api->PJRT_Error_Destroy(&destroy);
  throw Error(std::to_string(code.code) + ": " + text);
}
// Calls an entry of the table with its argument struct.
#define PJRT_DO(name, args) pjrt::Check(pjrt::api->name(&args))

inline void Load(const char* path) {
  void* library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) throw Error(dlerror());
  api = reinterpret_cast<const PJRT_Api* (*)()>(dlsym(library, "GetPjrtApi"))();
  PJRT_MAKE(PJRT_Plugin_Initialize, args);
  PJRT_DO(PJRT_Plugin_Initialize, args);
}

struct Buffer {
  PJRT_Buffer* handle = nullptr;
  explicit Buffer(PJRT_Buffer* handle) : handle(handle) {}
  Buffer(Buffer&& other) noexcept : handle(std::exchange(other.handle, nullptr)) {}
  ~Buffer() {
    if (handle == nullptr) return;
    PJRT_MAKE(PJRT_Buffer_Destroy, args);
    args.buffer = handle;
    api->PJRT_Buffer_Destroy(&args);
  }
  bool Deleted() const {
    PJRT_MAKE(PJRT_Buffer_IsDeleted, args);
    args.buffer = handle;
    PJRT_DO(PJRT_Buffer_IsDeleted, args);
    return args.is_deleted;
  }
  uintptr_t Address() const {
    PJRT_MAKE(PJRT_Buffer_UnsafePointer, args);
    args.buffer = handle;
    PJRT_DO(PJRT_Buffer_UnsafePointer, args);
    return args.buffer_pointer;
  }
};

// Waits for an event and destroys it, also when it failed.
inline void Await(PJRT_Event* event) {
  PJRT_MAKE(PJRT_Event_Await, await);
  await.event = event;
  PJRT_Error* error = api->PJRT_Event_Await(&await);
  PJRT_MAKE(PJRT_Event_Destroy, destroy);
  destroy.event = event;
  api->PJRT_Event_Destroy(&destroy);
  Check(error);
}

template <typename T>
std::vector<T> Read(const Buffer& buffer) {
  PJRT_MAKE(PJRT_Buffer_ToHostBuffer, args);
  args.src = buffer.handle;
  PJRT_DO(PJRT_Buffer_ToHostBuffer, args);
  std::vector<T> values(args.dst_size / sizeof(T));
  args.dst = values.data();
  PJRT_DO(PJRT_Buffer_ToHostBuffer, args);
  Await(args.event);
  return values;
}

struct Program {
  PJRT_LoadedExecutable* handle = nullptr;
  size_t outputs = 0;
  explicit Program(PJRT_LoadedExecutable* handle) : handle(handle) {
    PJRT_Executable* executable = Executable();
    PJRT_MAKE(PJRT_Executable_NumOutputs, count);
    count.executable = executable;
    PJRT_DO(PJRT_Executable_NumOutputs, count);
    outputs = count.num_outputs;
    Destroy(executable);
  }
  Program(Program&& other) noexcept : handle(std::exchange(other.handle, nullptr)), outputs(other.outputs) {}
  ~Program() {
    if (handle == nullptr) return;
    PJRT_MAKE(PJRT_LoadedExecutable_Destroy, args);
    args.executable = handle;
    api->PJRT_LoadedExecutable_Destroy(&args);
  }
  PJRT_Executable* Executable() const {
    PJRT_MAKE(PJRT_LoadedExecutable_GetExecutable, args);
    args.loaded_executable = handle;
    PJRT_DO(PJRT_LoadedExecutable_GetExecutable, args);
    return args.executable;
  }
  static void Destroy(PJRT_Executable* executable) {
    PJRT_MAKE(PJRT_Executable_Destroy, args);
    args.executable = executable;
    api->PJRT_Executable_Destroy(&args);
  }

  // Runs on all devices: arguments[device][i] in, outputs[device][i] out, finished on return.
  std::vector<std::vector<Buffer>> Run(const std::vector<std::vector<PJRT_Buffer*>>& arguments) const {
    size_t devices = arguments.size();
    std::vector<PJRT_Buffer* const*> inputs;
    for (auto& list : arguments) inputs.push_back(list.data());
    std::vector<std::vector<PJRT_Buffer*>> results(devices, std::vector<PJRT_Buffer*>(outputs));
    std::vector<PJRT_Buffer**> lists;
    for (auto& list : results) lists.push_back(list.data());
    std::vector<PJRT_Event*> events(devices);
    auto options = Make<PJRT_ExecuteOptions>(PJRT_ExecuteOptions_STRUCT_SIZE);
    PJRT_MAKE(PJRT_LoadedExecutable_Execute, args);
    args.executable = handle;
    args.options = &options;
    args.argument_lists = inputs.data();
    args.num_devices = devices;
    args.num_args = arguments[0].size();
    args.output_lists = lists.data();
    args.device_complete_events = events.data();
    PJRT_DO(PJRT_LoadedExecutable_Execute, args);
    std::vector<std::vector<Buffer>> owned;
    for (auto& list : results) owned.emplace_back(list.begin(), list.end());
    std::string failure;
    for (PJRT_Event* event : events) {
      try {
        Await(event);
      } catch (const Error& error) {
        failure = error.what();
      }
    }
    if (!failure.empty()) throw Error(failure);
    return owned;
  }

  std::string Serialize() const {
    PJRT_Executable* executable = Executable();
    PJRT_MAKE(PJRT_Executable_Serialize, args);
    args.executable = executable;
    PJRT_DO(PJRT_Executable_Serialize, args);
    std::string bytes(args.serialized_bytes, args.serialized_bytes_size);
    args.serialized_executable_deleter(args.serialized_executable);
    Destroy(executable);
    return bytes;
  }

  std::string Hlo() const {
    PJRT_Executable* executable = Executable();
    auto program = Make<PJRT_Program>(PJRT_Program_STRUCT_SIZE);
    program.format = "hlo_text";
    program.format_size = 8;
    PJRT_MAKE(PJRT_Executable_OptimizedProgram, args);
    args.executable = executable;
    args.program = &program;
    PJRT_DO(PJRT_Executable_OptimizedProgram, args);
    std::string text(program.code_size, '\0');
    program.code = text.data();
    PJRT_DO(PJRT_Executable_OptimizedProgram, args);
    Destroy(executable);
    return text;
  }
};

// A length-delimited or varint protobuf field.
inline std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value > 127; value >>= 7) bytes += static_cast<char>(value | 128);
  return bytes + static_cast<char>(value);
}
inline std::string Field(int number, const std::string& bytes) { return Varint(number << 3 | 2) + Varint(bytes.size()) + bytes; }
inline std::string Field(int number, uint64_t value) { return Varint(number << 3) + Varint(value); }

// A CompileOptionsProto for `replicas` devices, with XLA options as strings.
inline std::string CompileOptions(int replicas, const std::vector<std::pair<std::string, std::string>>& overrides = {}) {
  std::string ids;
  for (int i = 0; i < replicas; ++i) ids += Varint(i);
  std::string assignment = Field(1, replicas) + Field(2, uint64_t{1}) + Field(3, Field(1, ids));
  std::string options = Field(3, Field(4, replicas) + Field(5, uint64_t{1}) + Field(9, assignment));
  for (auto& [name, value] : overrides) options += Field(7, Field(1, name) + Field(2, Field(1, value)));
  return options;
}

struct Client {
  PJRT_Client* handle = nullptr;
  std::vector<PJRT_Device*> devices;
  explicit Client(int64_t device_count) {
    auto option = Make<PJRT_NamedValue>(PJRT_NamedValue_STRUCT_SIZE);
    option.name = "device_count";
    option.name_size = std::strlen(option.name);
    option.type = PJRT_NamedValue_kInt64;
    option.int64_value = device_count;
    option.value_size = 1;
    PJRT_MAKE(PJRT_Client_Create, args);
    args.create_options = &option;
    args.num_options = 1;
    PJRT_DO(PJRT_Client_Create, args);
    handle = args.client;
    PJRT_MAKE(PJRT_Client_AddressableDevices, list);
    list.client = handle;
    PJRT_DO(PJRT_Client_AddressableDevices, list);
    devices.assign(list.addressable_devices, list.addressable_devices + list.num_addressable_devices);
  }
  Client(const Client&) = delete;
  ~Client() {
    PJRT_MAKE(PJRT_Client_Destroy, args);
    args.client = handle;
    api->PJRT_Client_Destroy(&args);
  }

  int64_t BytesInUse() const {
    PJRT_MAKE(PJRT_Device_MemoryStats, args);
    args.device = devices[0];
    PJRT_DO(PJRT_Device_MemoryStats, args);
    return args.bytes_in_use;
  }

  Program Compile(std::string code, const std::string& options = CompileOptions(1), const std::string& format = "mlir") const {
    auto program = Make<PJRT_Program>(PJRT_Program_STRUCT_SIZE);
    program.code = code.data();
    program.code_size = code.size();
    program.format = format.data();
    program.format_size = format.size();
    PJRT_MAKE(PJRT_Client_Compile, args);
    args.client = handle;
    args.program = &program;
    args.compile_options = options.data();
    args.compile_options_size = options.size();
    PJRT_DO(PJRT_Client_Compile, args);
    return Program(args.executable);
  }

  Program Deserialize(const std::string& bytes) const {
    PJRT_MAKE(PJRT_Executable_DeserializeAndLoad, args);
    args.client = handle;
    args.serialized_executable = bytes.data();
    args.serialized_executable_size = bytes.size();
    PJRT_DO(PJRT_Executable_DeserializeAndLoad, args);
    return Program(args.loaded_executable);
  }

  template <typename T>
  Buffer Put(const std::vector<T>& values, std::vector<int64_t> dims, PJRT_Buffer_Type type = PJRT_Buffer_Type_F32, int device = 0) const {
    PJRT_MAKE(PJRT_Client_BufferFromHostBuffer, args);
    args.client = handle;
    args.data = values.data();
    args.type = type;
    args.dims = dims.data();
    args.num_dims = dims.size();
    args.host_buffer_semantics = PJRT_HostBufferSemantics_kImmutableOnlyDuringCall;
    args.device = devices.at(device);
    PJRT_DO(PJRT_Client_BufferFromHostBuffer, args);
    Buffer buffer(args.buffer);
    Await(args.done_with_host_buffer);
    return buffer;
  }
};

}  // namespace pjrt
