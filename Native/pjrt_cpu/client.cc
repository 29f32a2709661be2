// The client: a process's CPU devices, as many virtual ones as the option `device_count` asks for.
#include "memory.h"
#include "plugin.h"
#include "xla/pjrt/plugin/xla_cpu/xla_cpu_pjrt_client.h"

namespace pjrt_cpu {
namespace {

constexpr int64_t kMaxDevices = 1024;

absl::StatusOr<int> DeviceCount(absl::Span<const PJRT_NamedValue> values) {
  int count = 1;
  for (const PJRT_NamedValue& value : values) {
    absl::string_view name(value.name, value.name_size);
    if (name != "device_count") return Invalid("unknown option '", name, "': the CPU client takes only device_count");
    if (value.type != PJRT_NamedValue_kInt64 || value.int64_value < 1 || value.int64_value > kMaxDevices) {
      return Invalid("option device_count must be an int64 from 1 to ", kMaxDevices);
    }
    count = value.int64_value;
  }
  return count;
}

}  // namespace

Client::Client(std::unique_ptr<xla::PjRtClient> client, std::shared_ptr<const MemoryUse> memory_use)
    : client_(std::move(client)), memory_use_(std::move(memory_use)), platform_version_(PlatformVersion()) {
  for (xla::PjRtMemorySpace* space : client_->memory_spaces()) {
    owned_memories_.push_back(std::make_unique<PJRT_Memory>(PJRT_Memory{space}));
    memories_.push_back(owned_memories_.back().get());
  }
  for (xla::PjRtDevice* device : client_->devices()) {
    owned_devices_.push_back(std::make_unique<PJRT_Device>(PJRT_Device{device, {&device->description()}, memory_use_.get()}));
    devices_.push_back(owned_devices_.back().get());
    for (xla::PjRtMemorySpace* space : device->memory_spaces()) devices_.back()->memories.push_back(Find(space));
  }
  for (PJRT_Memory* memory : memories_) {
    for (xla::PjRtDevice* device : memory->space->devices()) memory->devices.push_back(Find(device));
  }
}

PJRT_Device* Client::Find(const xla::PjRtDevice* device) const {
  for (PJRT_Device* candidate : devices_) {
    if (candidate->device == device) return candidate;
  }
  return nullptr;
}

PJRT_Memory* Client::Find(const xla::PjRtMemorySpace* space) const {
  for (PJRT_Memory* candidate : memories_) {
    if (candidate->space == space) return candidate;
  }
  return nullptr;
}

void AddClient(PJRT_Api& api) {
  api.PJRT_Client_Create = Checked([](PJRT_Client_Create_Args* args) -> absl::Status {
    auto use = std::make_shared<MemoryUse>();
    xla::CpuClientOptions options;
    TF_ASSIGN_OR_RETURN(options.cpu_device_count, DeviceCount({args->create_options, args->num_options}));
    options.allocator = [use](size_t size, size_t alignment) { return Allocate(use, size, alignment); };
    TF_ASSIGN_OR_RETURN(std::unique_ptr<xla::PjRtClient> client, xla::GetXlaPjrtCpuClient(std::move(options)));
    args->client = new PJRT_Client{std::make_shared<Client>(std::move(client), std::move(use))};
    return absl::OkStatus();
  });
  api.PJRT_Client_Destroy = Checked([](PJRT_Client_Destroy_Args* args) { delete args->client; });

  api.PJRT_Client_PlatformName = Checked([](PJRT_Client_PlatformName_Args* args) {
    absl::string_view name = (*args->client->client)->platform_name();
    args->platform_name = name.data();
    args->platform_name_size = name.size();
  });
  api.PJRT_Client_PlatformVersion = Checked([](PJRT_Client_PlatformVersion_Args* args) {
    args->platform_version = args->client->client->platform_version().data();
    args->platform_version_size = args->client->client->platform_version().size();
  });
  api.PJRT_Client_ProcessIndex = Checked([](PJRT_Client_ProcessIndex_Args* args) {
    args->process_index = (*args->client->client)->process_index();
  });

  // Every device is addressable: the client has one process.
  api.PJRT_Client_Devices = Checked([](PJRT_Client_Devices_Args* args) {
    args->devices = args->client->client->devices().data();
    args->num_devices = args->client->client->devices().size();
  });
  api.PJRT_Client_AddressableDevices = Checked([](PJRT_Client_AddressableDevices_Args* args) {
    args->addressable_devices = args->client->client->devices().data();
    args->num_addressable_devices = args->client->client->devices().size();
  });
  api.PJRT_Client_AddressableMemories = Checked([](PJRT_Client_AddressableMemories_Args* args) {
    args->addressable_memories = args->client->client->memories().data();
    args->num_addressable_memories = args->client->client->memories().size();
  });
  api.PJRT_Client_LookupDevice = Checked([](PJRT_Client_LookupDevice_Args* args) -> absl::Status {
    Client& client = *args->client->client;
    TF_ASSIGN_OR_RETURN(xla::PjRtDevice * device, client->LookupDevice(xla::PjRtGlobalDeviceId(args->id)));
    args->device = client.Find(device);
    return absl::OkStatus();
  });
  api.PJRT_Client_LookupAddressableDevice = Checked([](PJRT_Client_LookupAddressableDevice_Args* args) -> absl::Status {
    Client& client = *args->client->client;
    TF_ASSIGN_OR_RETURN(xla::PjRtDevice * device, client->LookupAddressableDevice(xla::PjRtLocalDeviceId(args->local_hardware_id)));
    args->addressable_device = client.Find(device);
    return absl::OkStatus();
  });
  api.PJRT_Client_DefaultDeviceAssignment = Checked([](PJRT_Client_DefaultDeviceAssignment_Args* args) -> absl::Status {
    size_t devices = args->client->client->devices().size();
    int64_t wanted = int64_t{args->num_replicas} * args->num_partitions;
    if (args->num_replicas < 1 || args->num_partitions < 1 || wanted > static_cast<int64_t>(devices)) {
      return Invalid(args->num_replicas, " replicas of ", args->num_partitions, " partitions do not fit on ", devices, " devices");
    }
    if (static_cast<int64_t>(args->default_assignment_size) < wanted) {
      return Invalid("the assignment has room for ", args->default_assignment_size, " devices, ", wanted, " are needed");
    }
    TF_ASSIGN_OR_RETURN(xla::DeviceAssignment assignment,
                        (*args->client->client)->GetDefaultDeviceAssignment(args->num_replicas, args->num_partitions));
    for (int replica = 0; replica < args->num_replicas; ++replica) {
      for (int partition = 0; partition < args->num_partitions; ++partition) {
        args->default_assignment[replica * args->num_partitions + partition] = assignment(replica, partition);
      }
    }
    return absl::OkStatus();
  });
}

}  // namespace pjrt_cpu
