// The profiler extension: XLA's own trace of what the processor did, as a serialized tensorflow.profiler.XSpace.
#include "plugin.h"
#include "tsl/profiler/lib/profiler_session.h"
#include "xla/backends/profiler/plugin/profiler_c_api.h"
#include "xla/pjrt/c/pjrt_c_api_profiler_extension.h"

struct PLUGIN_Profiler_Error {
  absl::Status status;
};

struct PLUGIN_Profiler {
  tensorflow::ProfileOptions options;
  std::unique_ptr<tsl::ProfilerSession> session;  // records as long as it lives
  std::string trace;
};

namespace pjrt_cpu {
namespace {

PLUGIN_Profiler_Error* Wrapped(absl::Status status) {
  return status.ok() ? nullptr : new PLUGIN_Profiler_Error{std::move(status)};
}

PLUGIN_Profiler_Error* Create(PLUGIN_Profiler_Create_Args* args) {
  auto profiler = std::make_unique<PLUGIN_Profiler>(PLUGIN_Profiler{tsl::ProfilerSession::DefaultOptions()});
  if (args->options_size > 0 && !profiler->options.ParseFromArray(args->options, static_cast<int>(args->options_size))) {
    return Wrapped(Invalid("the profiler's options are no serialized tensorflow.ProfileOptions"));
  }
  args->profiler = profiler.release();
  return nullptr;
}

PLUGIN_Profiler_Error* Destroy(PLUGIN_Profiler_Destroy_Args* args) {
  delete args->profiler;
  return nullptr;
}

PLUGIN_Profiler_Error* Start(PLUGIN_Profiler_Start_Args* args) {
  args->profiler->session = tsl::ProfilerSession::Create(args->profiler->options);
  // One session in a process records; another that was made meanwhile says so here.
  return Wrapped(args->profiler->session->Status());
}

PLUGIN_Profiler_Error* Stop(PLUGIN_Profiler_Stop_Args* args) {
  if (args->profiler->session == nullptr) return Wrapped(Invalid("the profiler was not started"));
  tensorflow::profiler::XSpace space;
  absl::Status status = args->profiler->session->CollectData(&space);
  args->profiler->session = nullptr;
  if (status.ok() && !space.SerializeToString(&args->profiler->trace)) status = absl::InternalError("the trace cannot be serialized");
  return Wrapped(std::move(status));
}

// The bytes are the profiler's and live as long as it; where the caller brings memory, they are copied there.
PLUGIN_Profiler_Error* CollectData(PLUGIN_Profiler_CollectData_Args* args) {
  std::string& trace = args->profiler->trace;
  if (args->buffer == nullptr) {
    args->buffer = reinterpret_cast<uint8_t*>(trace.data());
  } else {
    std::memcpy(args->buffer, trace.data(), std::min(args->buffer_size_in_bytes, trace.size()));
  }
  args->buffer_size_in_bytes = trace.size();
  return nullptr;
}

}  // namespace

PJRT_Extension_Base* ProfilerExtension(PJRT_Extension_Base* next) {
  static PLUGIN_Profiler_Api profiler = {
      PLUGIN_Profiler_Api_STRUCT_SIZE,
      nullptr,
      [](PLUGIN_Profiler_Error_Destroy_Args* args) { delete args->error; },
      [](PLUGIN_Profiler_Error_Message_Args* args) {
        args->message = args->error->status.message().data();
        args->message_size = args->error->status.message().size();
      },
      [](PLUGIN_Profiler_Error_GetCode_Args* args) -> PLUGIN_Profiler_Error* {
        args->code = args->error->status.raw_code();
        return nullptr;
      },
      Create,
      Destroy,
      Start,
      Stop,
      CollectData,
  };
  static PJRT_Profiler_Extension extension = {{PJRT_Profiler_Extension_STRUCT_SIZE, PJRT_Extension_Type_Profiler, next}, &profiler, 0};
  return &extension.base;
}

}  // namespace pjrt_cpu
