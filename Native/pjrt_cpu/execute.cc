// Execution. XLA trusts its caller in places (a wrong argument can end the process), so arguments are checked here.
#include "plugin.h"
#include "xla/shape_util.h"

namespace pjrt_cpu {
namespace {

absl::Status CheckArgument(const PJRT_Buffer* argument, const xla::Shape& parameter, const PJRT_Device* device, size_t index) {
  if (argument == nullptr) return Invalid("argument ", index, " is null");
  const xla::PjRtBuffer& buffer = *argument->buffer;
  if (buffer.IsDeleted()) return Invalid("argument ", index, " (", parameter.ToString(), ") was deleted or donated");
  if (buffer.device() != device->device) {
    return Invalid("argument ", index, " is on ", buffer.device()->ToString(), ", the program runs on ", device->device->ToString());
  }
  if (!xla::ShapeUtil::Compatible(buffer.on_device_shape(), parameter)) {
    return Invalid("argument ", index, " is ", buffer.on_device_shape().ToString(), ", the program takes ", parameter.ToString());
  }
  return absl::OkStatus();
}

absl::StatusOr<xla::ExecuteOptions> Options(const PJRT_ExecuteOptions* c_options, size_t parameters) {
  xla::ExecuteOptions options;
  if (c_options == nullptr) return options;
  if (c_options->num_send_ops > 0 || c_options->num_recv_ops > 0) {
    return absl::UnimplementedError("send and receive callbacks are not supported");
  }
  options.launch_id = c_options->launch_id;
  if (c_options->context != nullptr) options.context = &c_options->context->context;
  for (size_t i = 0; i < c_options->num_non_donatable_input_indices; ++i) {
    int64_t index = c_options->non_donatable_input_indices[i];
    if (index < 0 || index >= static_cast<int64_t>(parameters)) {
      return Invalid("non-donatable input ", index, " is none of ", parameters, " arguments");
    }
    options.non_donatable_input_indices.insert(index);
  }
  return options;
}

absl::Status Execute(PJRT_LoadedExecutable_Execute_Args* args) {
  PJRT_LoadedExecutable& loaded = *args->executable;
  std::shared_ptr<xla::PjRtLoadedExecutable> executable = loaded.executable.load();
  if (executable == nullptr) return absl::FailedPreconditionError("the executable was deleted");
  absl::Span<PJRT_Device* const> devices = loaded.devices;
  if (args->execute_device != nullptr && (devices.size() != 1 || devices[0] != args->execute_device)) {
    return Invalid("the program was not compiled for ", args->execute_device->device->ToString(), " alone");
  }
  if (args->num_devices != devices.size()) {
    return Invalid("arguments for ", args->num_devices, " devices were given, the program runs on ", devices.size());
  }
  if (args->num_args != loaded.parameters.size()) {
    return Invalid(args->num_args, " arguments were given, the program takes ", loaded.parameters.size());
  }

  std::vector<std::vector<xla::PjRtBuffer*>> arguments(devices.size());
  for (size_t device = 0; device < devices.size(); ++device) {
    arguments[device].reserve(args->num_args);
    for (size_t i = 0; i < args->num_args; ++i) {
      const PJRT_Buffer* argument = args->argument_lists[device][i];
      TF_RETURN_IF_ERROR(CheckArgument(argument, loaded.parameters[i], devices[device], i));
      arguments[device].push_back(argument->buffer.get());
    }
  }
  TF_ASSIGN_OR_RETURN(xla::ExecuteOptions options, Options(args->options, args->num_args));

  std::optional<std::vector<xla::Future<>>> done;
  if (args->device_complete_events != nullptr) done.emplace();
  TF_ASSIGN_OR_RETURN(auto outputs, executable->Execute(arguments, options, done));

  for (size_t device = 0; device < devices.size(); ++device) {
    for (size_t i = 0; i < outputs[device].size(); ++i) {
      args->output_lists[device][i] = new PJRT_Buffer{loaded.client, std::move(outputs[device][i])};
    }
    if (done.has_value()) args->device_complete_events[device] = new PJRT_Event{std::move((*done)[device])};
  }
  return absl::OkStatus();
}

}  // namespace

void AddExecution(PJRT_Api& api) {
  api.PJRT_LoadedExecutable_Execute = Checked([](PJRT_LoadedExecutable_Execute_Args* args) { return Execute(args); });
  api.PJRT_ExecuteContext_Create = Checked([](PJRT_ExecuteContext_Create_Args* args) { args->context = new PJRT_ExecuteContext; });
  api.PJRT_ExecuteContext_Destroy = Checked([](PJRT_ExecuteContext_Destroy_Args* args) { delete args->context; });
}

}  // namespace pjrt_cpu
