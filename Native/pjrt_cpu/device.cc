// Devices, their descriptions and memories: views of objects that the client owns.
#include "memory.h"
#include "plugin.h"

namespace pjrt_cpu {
namespace {

void Return(absl::string_view text, const char*& data, size_t& size) {
  data = text.data();
  size = text.size();
}

}  // namespace

void AddDevices(PJRT_Api& api) {
  api.PJRT_DeviceDescription_Id = Checked([](PJRT_DeviceDescription_Id_Args* args) {
    args->id = args->device_description->description->id();
  });
  api.PJRT_DeviceDescription_ProcessIndex = Checked([](PJRT_DeviceDescription_ProcessIndex_Args* args) {
    args->process_index = args->device_description->description->process_index();
  });
  api.PJRT_DeviceDescription_Attributes = Checked([](PJRT_DeviceDescription_Attributes_Args* args) {
    args->attributes = nullptr;  // a CPU device has none
    args->num_attributes = 0;
  });
  api.PJRT_DeviceDescription_Kind = Checked([](PJRT_DeviceDescription_Kind_Args* args) {
    Return(args->device_description->description->device_kind(), args->device_kind, args->device_kind_size);
  });
  api.PJRT_DeviceDescription_DebugString = Checked([](PJRT_DeviceDescription_DebugString_Args* args) {
    Return(args->device_description->description->DebugString(), args->debug_string, args->debug_string_size);
  });
  api.PJRT_DeviceDescription_ToString = Checked([](PJRT_DeviceDescription_ToString_Args* args) {
    Return(args->device_description->description->ToString(), args->to_string, args->to_string_size);
  });

  api.PJRT_Device_GetDescription = Checked([](PJRT_Device_GetDescription_Args* args) {
    args->device_description = &args->device->description;
  });
  api.PJRT_Device_IsAddressable = Checked([](PJRT_Device_IsAddressable_Args* args) {
    args->is_addressable = args->device->device->IsAddressable();
  });
  api.PJRT_Device_LocalHardwareId = Checked([](PJRT_Device_LocalHardwareId_Args* args) {
    args->local_hardware_id = args->device->device->local_hardware_id().value();
  });
  api.PJRT_Device_AddressableMemories = Checked([](PJRT_Device_AddressableMemories_Args* args) {
    args->memories = args->device->memories.data();
    args->num_memories = args->device->memories.size();
  });
  api.PJRT_Device_DefaultMemory = Checked([](PJRT_Device_DefaultMemory_Args* args) -> absl::Status {
    TF_ASSIGN_OR_RETURN(xla::PjRtMemorySpace * space, args->device->device->default_memory_space());
    for (PJRT_Memory* memory : args->device->memories) {
      if (memory->space == space) args->memory = memory;
    }
    return absl::OkStatus();
  });
  // Of the whole client: its devices share the host's memory.
  api.PJRT_Device_MemoryStats = Checked([](PJRT_Device_MemoryStats_Args* args) {
    const MemoryUse& use = *args->device->memory_use;
    args->bytes_in_use = use.bytes;
    args->peak_bytes_in_use = use.peak_bytes;
    args->peak_bytes_in_use_is_set = true;
    args->num_allocs = use.allocations;
    args->num_allocs_is_set = true;
    args->largest_alloc_size = use.largest_allocation;
    args->largest_alloc_size_is_set = true;
    args->bytes_limit = PhysicalBytes();
    args->bytes_limit_is_set = true;
  });

  api.PJRT_Memory_Id = Checked([](PJRT_Memory_Id_Args* args) { args->id = args->memory->space->id(); });
  api.PJRT_Memory_Kind = Checked([](PJRT_Memory_Kind_Args* args) {
    Return(args->memory->space->kind(), args->kind, args->kind_size);
  });
  api.PJRT_Memory_Kind_Id = Checked([](PJRT_Memory_Kind_Id_Args* args) { args->kind_id = args->memory->space->kind_id(); });
  api.PJRT_Memory_DebugString = Checked([](PJRT_Memory_DebugString_Args* args) {
    Return(args->memory->space->DebugString(), args->debug_string, args->debug_string_size);
  });
  api.PJRT_Memory_ToString = Checked([](PJRT_Memory_ToString_Args* args) {
    Return(args->memory->space->ToString(), args->to_string, args->to_string_size);
  });
  api.PJRT_Memory_AddressableByDevices = Checked([](PJRT_Memory_AddressableByDevices_Args* args) {
    args->devices = args->memory->devices.data();
    args->num_devices = args->memory->devices.size();
  });
}

}  // namespace pjrt_cpu
