// Compilation of StableHLO, and compiled programs read back from bytes.
#include "plugin.h"
#include "absl/log/globals.h"
#include "xla/hlo/builder/xla_computation.h"
#include "xla/hlo/ir/hlo_module.h"
#include "xla/pjrt/proto/compile_options.pb.h"
#include "xla/service/computation_layout.h"

namespace xla {
// From xla/pjrt/mlir_to_hlo.h, whose other declarations need MLIR's headers.
absl::Status ParseMlirModuleStringAndConvertToXlaComputation(absl::string_view module, XlaComputation& computation, bool use_tuple_args,
                                                             bool return_tuple);
}  // namespace xla

namespace pjrt_cpu {
namespace {

absl::StatusOr<xla::CompileOptions> Options(absl::string_view serialized, const Client& client) {
  xla::CompileOptionsProto proto;
  if (!proto.ParseFromArray(serialized.data(), serialized.size())) return Invalid("the compile options are not a CompileOptionsProto");
  TF_ASSIGN_OR_RETURN(xla::CompileOptions options, xla::CompileOptions::FromProto(proto));
  if (options.parameter_is_tupled_arguments) return Invalid("parameter_is_tupled_arguments is not supported: pass arguments singly");
  if (options.compile_portable_executable) return Invalid("compile_portable_executable is not supported: name the program's devices");
  const xla::ExecutableBuildOptions& build = options.executable_build_options;
  int64_t replicas = build.num_replicas(), partitions = build.num_partitions(), devices = client.devices().size();
  if (replicas < 1 || partitions < 1 || replicas * partitions > devices) {
    return Invalid(replicas, " replicas of ", partitions, " partitions do not fit on ", devices, " devices");
  }
  if (build.has_device_assignment()) {
    const xla::DeviceAssignment& assignment = build.device_assignment();
    if (assignment.replica_count() != replicas || assignment.computation_count() != partitions) {
      return Invalid("the device assignment is for ", assignment.replica_count(), " replicas of ", assignment.computation_count(),
                     " partitions, the options for ", replicas, " of ", partitions);
    }
    std::vector<bool> used(devices);
    for (int64_t id : assignment) {
      if (id < 0 || id >= devices) return Invalid("the device assignment names device ", id, ", there are ", devices);
      if (used[id]) return Invalid("the device assignment names device ", id, " twice");
      used[id] = true;
    }
  }
  return options;
}

absl::StatusOr<PJRT_LoadedExecutable*> Wrap(std::shared_ptr<Client> client, std::unique_ptr<xla::PjRtLoadedExecutable> executable) {
  auto loaded = std::make_unique<PJRT_LoadedExecutable>();
  TF_ASSIGN_OR_RETURN(std::vector<std::shared_ptr<xla::HloModule>> modules, executable->GetHloModules());
  const xla::ComputationLayout& layout = modules.at(0)->entry_computation_layout();
  for (int i = 0; i < layout.parameter_count(); ++i) loaded->parameters.push_back(layout.parameter_shape(i));
  for (xla::PjRtDevice* device : executable->addressable_devices()) loaded->devices.push_back(client->Find(device));
  loaded->client = std::move(client);
  loaded->executable = std::shared_ptr<xla::PjRtLoadedExecutable>(std::move(executable));
  return loaded.release();
}

// XLA logs an error for every tuning hint in the code that is no feature of the machine; Unseal has compared the machines.
absl::StatusOr<std::unique_ptr<xla::PjRtLoadedExecutable>> Load(const Client& client, absl::string_view bytes,
                                                                std::optional<xla::CompileOptions> options) {
  static std::mutex mutex;  // guards the log level
  std::lock_guard lock(mutex);
  absl::LogSeverityAtLeast level = absl::MinLogLevel();
  absl::SetMinLogLevel(absl::LogSeverityAtLeast::kFatal);
  auto executable = client->LoadSerializedExecutable(bytes, std::move(options), xla::LoadOptions());
  absl::SetMinLogLevel(level);
  return executable;
}

}  // namespace

void AddCompilation(PJRT_Api& api) {
  api.PJRT_Client_Compile = Checked([](PJRT_Client_Compile_Args* args) -> absl::Status {
    absl::string_view format(args->program->format, args->program->format_size);
    if (format != "mlir") return Invalid("program format '", format, "' is not supported: pass StableHLO as 'mlir'");
    Client& client = *args->client->client;
    TF_ASSIGN_OR_RETURN(xla::CompileOptions options, Options({args->compile_options, args->compile_options_size}, client));
    xla::XlaComputation computation;
    TF_RETURN_IF_ERROR(xla::ParseMlirModuleStringAndConvertToXlaComputation({args->program->code, args->program->code_size}, computation,
                                                                            /*use_tuple_args=*/false, /*return_tuple=*/false));
    TF_ASSIGN_OR_RETURN(auto executable, client->CompileAndLoad(computation, std::move(options)));
    TF_ASSIGN_OR_RETURN(args->executable, Wrap(args->client->client, std::move(executable)));
    return absl::OkStatus();
  });

  api.PJRT_Executable_DeserializeAndLoad = Checked([](PJRT_Executable_DeserializeAndLoad_Args* args) -> absl::Status {
    Client& client = *args->client->client;
    std::optional<xla::CompileOptions> options;
    if (args->overridden_serialized_compile_options != nullptr) {
      absl::string_view overriding(args->overridden_serialized_compile_options, args->overridden_serialized_compile_options_size);
      TF_ASSIGN_OR_RETURN(options, Options(overriding, client));
    }
    TF_ASSIGN_OR_RETURN(absl::string_view bytes, Unseal({args->serialized_executable, args->serialized_executable_size}));
    TF_ASSIGN_OR_RETURN(auto executable, Load(client, bytes, std::move(options)));
    TF_ASSIGN_OR_RETURN(args->loaded_executable, Wrap(args->client->client, std::move(executable)));
    return absl::OkStatus();
  });
}

}  // namespace pjrt_cpu
