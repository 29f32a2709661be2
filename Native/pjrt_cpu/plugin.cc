// GetPjrtApi: a PJRT plugin over XLA's C++ CPU client, which the tensorflow-cpu wheel holds without a C API of its own.
#include "plugin.h"

#include <cstring>

namespace pjrt_cpu {
namespace {

PJRT_Error* Unimplemented(void*) { return ToC(absl::UnimplementedError("the CPU plugin does not implement this function")); }

// StableHLO of the wheel: the version that it writes and the oldest that it reads.
constexpr int64_t kStablehloCurrent[] = {1, 13, 7};
constexpr int64_t kStablehloMinimum[] = {0, 9, 0};

PJRT_NamedValue Attribute(const char* name, absl::Span<const int64_t> version) {
  PJRT_NamedValue value = {PJRT_NamedValue_STRUCT_SIZE};
  value.name = name;
  value.name_size = strlen(name);
  value.type = PJRT_NamedValue_kInt64List;
  value.int64_array_value = version.data();
  value.value_size = version.size();
  return value;
}

PJRT_Api MakeApi() {
  SetFlagDefaults();
  PJRT_Api api = {PJRT_Api_STRUCT_SIZE, ProfilerExtension(FfiExtension())};
  api.pjrt_api_version = {PJRT_Api_Version_STRUCT_SIZE, nullptr, PJRT_API_MAJOR, PJRT_API_MINOR};
  // Every entry is callable; the ones that the plugin has are set below.
  for (auto* entry = reinterpret_cast<void**>(&api.PJRT_Error_Destroy); entry != reinterpret_cast<void**>(&api + 1); ++entry) {
    *entry = reinterpret_cast<void*>(&Unimplemented);
  }
  api.PJRT_Plugin_Initialize = Checked([](PJRT_Plugin_Initialize_Args*) {});
  api.PJRT_Plugin_Attributes = Checked([](PJRT_Plugin_Attributes_Args* args) {
    static const PJRT_NamedValue attributes[] = {Attribute("stablehlo_current_version", kStablehloCurrent),
                                                 Attribute("stablehlo_minimum_version", kStablehloMinimum)};
    args->attributes = attributes;
    args->num_attributes = std::size(attributes);
  });
  AddErrors(api);
  AddEvents(api);
  AddClient(api);
  AddDevices(api);
  AddBuffers(api);
  AddCompilation(api);
  AddExecutables(api);
  AddExecution(api);
  return api;
}

}  // namespace
}  // namespace pjrt_cpu

extern "C" __attribute__((visibility("default"))) const PJRT_Api* GetPjrtApi() {
  static const PJRT_Api api = pjrt_cpu::MakeApi();
  return &api;
}
