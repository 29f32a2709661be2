// What can be asked of a compiled program: outputs, costs, memory, its optimised HLO, its serialised form.
#include "plugin.h"
#include "xla/hlo/ir/hlo_module.h"

struct PJRT_Executable {
  std::shared_ptr<pjrt_cpu::Client> client;
  std::shared_ptr<xla::PjRtLoadedExecutable> executable;
  std::string fingerprint;
  std::vector<PJRT_Buffer_Type> output_types;
  std::vector<int64_t> output_dims;
  std::vector<size_t> output_ranks;

  // Made when first asked for.
  std::mutex mutex;
  std::optional<std::string> hlo, hlo_text;
  std::vector<std::string> cost_names;
  std::vector<PJRT_NamedValue> costs;
};

struct PJRT_SerializedExecutable {
  std::string bytes;
};

namespace pjrt_cpu {
namespace {

absl::StatusOr<std::shared_ptr<xla::PjRtLoadedExecutable>> Alive(PJRT_LoadedExecutable* loaded) {
  std::shared_ptr<xla::PjRtLoadedExecutable> executable = loaded->executable.load();
  if (executable == nullptr) return absl::FailedPreconditionError("the executable was deleted");
  return executable;
}

absl::StatusOr<PJRT_Executable*> Describe(PJRT_LoadedExecutable* loaded) {
  auto described = std::make_unique<PJRT_Executable>();
  TF_ASSIGN_OR_RETURN(described->executable, Alive(loaded));
  described->client = loaded->client;
  TF_ASSIGN_OR_RETURN(described->fingerprint, described->executable->FingerprintExecutable());
  TF_ASSIGN_OR_RETURN(auto types, described->executable->GetOutputElementTypes());
  for (xla::PrimitiveType type : types.at(0)) described->output_types.push_back(ToC(type));
  TF_ASSIGN_OR_RETURN(auto shapes, described->executable->GetOutputDimensions());
  for (const xla::DimensionVector& dims : shapes.at(0)) {
    described->output_dims.insert(described->output_dims.end(), dims.begin(), dims.end());
    described->output_ranks.push_back(dims.size());
  }
  return described.release();
}

absl::Status AnalyseCost(PJRT_Executable& executable) {
  std::lock_guard lock(executable.mutex);
  if (!executable.costs.empty()) return absl::OkStatus();
  TF_ASSIGN_OR_RETURN(auto costs, executable.executable->GetCostAnalysis());
  executable.cost_names.reserve(costs.size());  // the values point into it
  for (const auto& [name, cost] : costs) {
    const float* number = std::get_if<float>(&cost);
    if (number == nullptr) continue;
    executable.cost_names.push_back(name);
    PJRT_NamedValue value = {PJRT_NamedValue_STRUCT_SIZE};
    value.name = executable.cost_names.back().data();
    value.name_size = name.size();
    value.type = PJRT_NamedValue_kFloat;
    value.float_value = *number;
    value.value_size = 1;
    executable.costs.push_back(value);
  }
  return absl::OkStatus();
}

// A serialised HloModuleProto, the C API's "hlo", or where the caller asks for "hlo_text" the same as text to read.
absl::Status OptimizedProgram(PJRT_Executable& executable, PJRT_Program* program) {
  static constexpr absl::string_view kText = "hlo_text", kProto = "hlo";
  bool as_text = program->format != nullptr && absl::string_view(program->format, program->format_size) == kText;
  absl::string_view format = as_text ? kText : kProto;
  std::lock_guard lock(executable.mutex);
  std::optional<std::string>& code = as_text ? executable.hlo_text : executable.hlo;
  if (!code.has_value()) {
    TF_ASSIGN_OR_RETURN(auto modules, executable.executable->GetHloModules());
    code = as_text ? modules.at(0)->ToString() : modules.at(0)->ToProto().SerializeAsString();
  }
  program->format = format.data();
  program->format_size = format.size();
  if (program->code != nullptr) {
    if (program->code_size < code->size()) {
      return Invalid("the program needs ", code->size(), " bytes, there is room for ", program->code_size);
    }
    code->copy(program->code, code->size());
  }
  program->code_size = code->size();
  return absl::OkStatus();
}

}  // namespace

void AddExecutables(PJRT_Api& api) {
  api.PJRT_LoadedExecutable_Destroy = Checked([](PJRT_LoadedExecutable_Destroy_Args* args) { delete args->executable; });
  api.PJRT_LoadedExecutable_Delete = Checked([](PJRT_LoadedExecutable_Delete_Args* args) { args->executable->executable.store(nullptr); });
  api.PJRT_LoadedExecutable_IsDeleted = Checked([](PJRT_LoadedExecutable_IsDeleted_Args* args) {
    args->is_deleted = args->executable->executable.load() == nullptr;
  });
  api.PJRT_LoadedExecutable_AddressableDevices = Checked([](PJRT_LoadedExecutable_AddressableDevices_Args* args) {
    args->addressable_devices = args->executable->devices.data();
    args->num_addressable_devices = args->executable->devices.size();
  });
  api.PJRT_LoadedExecutable_GetExecutable = Checked([](PJRT_LoadedExecutable_GetExecutable_Args* args) -> absl::Status {
    TF_ASSIGN_OR_RETURN(args->executable, Describe(args->loaded_executable));
    return absl::OkStatus();
  });

  api.PJRT_Executable_Destroy = Checked([](PJRT_Executable_Destroy_Args* args) { delete args->executable; });
  api.PJRT_Executable_Name = Checked([](PJRT_Executable_Name_Args* args) {
    absl::string_view name = args->executable->executable->name();
    args->executable_name = name.data();
    args->executable_name_size = name.size();
  });
  api.PJRT_Executable_NumReplicas = Checked([](PJRT_Executable_NumReplicas_Args* args) {
    args->num_replicas = args->executable->executable->num_replicas();
  });
  api.PJRT_Executable_NumPartitions = Checked([](PJRT_Executable_NumPartitions_Args* args) {
    args->num_partitions = args->executable->executable->num_partitions();
  });
  api.PJRT_Executable_NumOutputs = Checked([](PJRT_Executable_NumOutputs_Args* args) {
    args->num_outputs = args->executable->output_types.size();
  });
  api.PJRT_Executable_OutputElementTypes = Checked([](PJRT_Executable_OutputElementTypes_Args* args) {
    args->output_types = args->executable->output_types.data();
    args->num_output_types = args->executable->output_types.size();
  });
  api.PJRT_Executable_OutputDimensions = Checked([](PJRT_Executable_OutputDimensions_Args* args) {
    args->num_outputs = args->executable->output_ranks.size();
    args->dims = args->executable->output_dims.data();
    args->dim_sizes = args->executable->output_ranks.data();
  });
  api.PJRT_Executable_SizeOfGeneratedCodeInBytes = Checked([](PJRT_Executable_SizeOfGeneratedCodeInBytes_Args* args) {
    args->size_in_bytes = args->executable->executable->SizeOfGeneratedCodeInBytes();
  });
  api.PJRT_Executable_Fingerprint = Checked([](PJRT_Executable_Fingerprint_Args* args) {
    args->executable_fingerprint = args->executable->fingerprint.data();
    args->executable_fingerprint_size = args->executable->fingerprint.size();
  });
  api.PJRT_Executable_OptimizedProgram = Checked([](PJRT_Executable_OptimizedProgram_Args* args) {
    return OptimizedProgram(*args->executable, args->program);
  });
  api.PJRT_Executable_GetCostAnalysis = Checked([](PJRT_Executable_GetCostAnalysis_Args* args) -> absl::Status {
    TF_RETURN_IF_ERROR(AnalyseCost(*args->executable));
    args->properties = args->executable->costs.data();
    args->num_properties = args->executable->costs.size();
    return absl::OkStatus();
  });
  api.PJRT_Executable_GetCompiledMemoryStats = Checked([](PJRT_Executable_GetCompiledMemoryStats_Args* args) -> absl::Status {
    TF_ASSIGN_OR_RETURN(xla::CompiledMemoryStats stats, args->executable->executable->GetCompiledMemoryStats());
    args->generated_code_size_in_bytes = stats.generated_code_size_in_bytes;
    args->argument_size_in_bytes = stats.argument_size_in_bytes;
    args->output_size_in_bytes = stats.output_size_in_bytes;
    args->alias_size_in_bytes = stats.alias_size_in_bytes;
    args->temp_size_in_bytes = stats.temp_size_in_bytes;
    args->host_generated_code_size_in_bytes = stats.host_generated_code_size_in_bytes;
    args->host_argument_size_in_bytes = stats.host_argument_size_in_bytes;
    args->host_output_size_in_bytes = stats.host_output_size_in_bytes;
    args->host_alias_size_in_bytes = stats.host_alias_size_in_bytes;
    args->host_temp_size_in_bytes = stats.host_temp_size_in_bytes;
    args->peak_memory_in_bytes = stats.peak_memory_in_bytes;
    args->total_size_in_bytes = stats.total_size_in_bytes;
    return absl::OkStatus();
  });
  api.PJRT_Executable_Serialize = Checked([](PJRT_Executable_Serialize_Args* args) -> absl::Status {
    TF_ASSIGN_OR_RETURN(std::string bytes, args->executable->executable->SerializeExecutable());
    args->serialized_executable = new PJRT_SerializedExecutable{Seal(bytes)};
    args->serialized_bytes = args->serialized_executable->bytes.data();
    args->serialized_bytes_size = args->serialized_executable->bytes.size();
    args->serialized_executable_deleter = [](PJRT_SerializedExecutable* serialized) { delete serialized; };
    return absl::OkStatus();
  });
}

}  // namespace pjrt_cpu
