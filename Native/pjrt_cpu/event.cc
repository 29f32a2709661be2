// PJRT_Event: a future that becomes ready or fails.
#include "plugin.h"

namespace pjrt_cpu {

void AddEvents(PJRT_Api& api) {
  api.PJRT_Event_Destroy = Checked([](PJRT_Event_Destroy_Args* args) { delete args->event; });
  api.PJRT_Event_IsReady = Checked([](PJRT_Event_IsReady_Args* args) { args->is_ready = args->event->future.IsReady(); });
  api.PJRT_Event_Await = Checked([](PJRT_Event_Await_Args* args) -> absl::Status { return args->event->future.Await(); });
  api.PJRT_Event_Error = Checked([](PJRT_Event_Error_Args* args) -> absl::Status {
    if (!args->event->future.IsReady()) return absl::FailedPreconditionError("the event is not ready yet: await it first");
    return args->event->future.Await();
  });
  api.PJRT_Event_OnReady = Checked([](PJRT_Event_OnReady_Args* args) {
    args->event->future.OnReady([callback = args->callback, user_arg = args->user_arg](absl::Status status) {
      callback(ToC(std::move(status)), user_arg);
    });
  });
}

}  // namespace pjrt_cpu
