// PJRT_Error: a failed absl::Status. Its codes are those of the C API.
#include "plugin.h"

namespace pjrt_cpu {

void AddErrors(PJRT_Api& api) {
  api.PJRT_Error_Destroy = [](PJRT_Error_Destroy_Args* args) { delete args->error; };
  api.PJRT_Error_Message = [](PJRT_Error_Message_Args* args) {
    args->message = args->error->status.message().data();
    args->message_size = args->error->status.message().size();
  };
  api.PJRT_Error_GetCode = Checked([](PJRT_Error_GetCode_Args* args) {
    args->code = static_cast<PJRT_Error_Code>(args->error->status.code());
  });
}

}  // namespace pjrt_cpu
