// The FFI extension: custom calls that run a handler of the caller's own process.
#include <mutex>

#include "plugin.h"
#include "xla/ffi/api/c_api.h"
#include "xla/pjrt/c/pjrt_c_api_ffi_extension.h"

namespace xla::ffi {
const XLA_FFI_Api* GetXlaFfiApi();  // from xla/ffi/ffi_api.h
}

namespace pjrt_cpu {
namespace {

absl::Status FromFfi(XLA_FFI_Error* error) {
  if (error == nullptr) return absl::OkStatus();
  const XLA_FFI_Api* ffi = xla::ffi::GetXlaFfiApi();
  XLA_FFI_Error_GetMessage_Args message = {XLA_FFI_Error_GetMessage_Args_STRUCT_SIZE, nullptr, error};
  ffi->XLA_FFI_Error_GetMessage(&message);
  absl::Status status = absl::InvalidArgumentError(message.message);
  XLA_FFI_Error_Destroy_Args destroy = {XLA_FFI_Error_Destroy_Args_STRUCT_SIZE, nullptr, error};
  ffi->XLA_FFI_Error_Destroy(&destroy);
  return status;
}

absl::Status RegisterHandler(PJRT_FFI_Register_Handler_Args* args) {
  if (args->handler == nullptr) {
    return Invalid("no handler was given for '", absl::string_view(args->target_name, args->target_name_size), "'");
  }
  XLA_FFI_Handler_Register_Args handler = {XLA_FFI_Handler_Register_Args_STRUCT_SIZE};
  handler.name = {args->target_name, args->target_name_size};
  handler.platform = {args->platform_name, args->platform_name_size};
  handler.bundle.execute = reinterpret_cast<XLA_FFI_Handler*>(args->handler);
  handler.traits = args->traits;
  // XLA's registry is one for the process and has no lock. Clients register all they use before they compile, so lookups meet no insertion.
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  return FromFfi(xla::ffi::GetXlaFfiApi()->XLA_FFI_Handler_Register(&handler));
}

absl::Status RegisterType(PJRT_FFI_Type_Register_Args* args) {
  XLA_FFI_TypeId id = {args->type_id};
  XLA_FFI_TypeInfo info = {XLA_FFI_TypeInfo_STRUCT_SIZE, nullptr, args->type_info == nullptr ? nullptr : args->type_info->deleter};
  XLA_FFI_Type_Register_Args type = {XLA_FFI_Type_Register_Args_STRUCT_SIZE, nullptr, {args->type_name, args->type_name_size}, &id, &info};
  TF_RETURN_IF_ERROR(FromFfi(xla::ffi::GetXlaFfiApi()->XLA_FFI_Type_Register(&type)));
  args->type_id = id.type_id;
  return absl::OkStatus();
}

absl::Status AddUserData(PJRT_FFI_UserData_Add_Args* args) {
  if (args->context == nullptr) return Invalid("user data needs an execute context");
  return args->context->context.ffi_context().Insert(xla::ffi::ExecutionContext::TypeId(args->user_data.type_id), args->user_data.data);
}

}  // namespace

PJRT_Extension_Base* FfiExtension() {
  static PJRT_FFI_Extension extension = {
      {PJRT_FFI_Extension_STRUCT_SIZE, PJRT_Extension_Type_FFI, nullptr},
      Checked([](PJRT_FFI_Type_Register_Args* args) { return RegisterType(args); }),
      Checked([](PJRT_FFI_UserData_Add_Args* args) { return AddUserData(args); }),
      Checked([](PJRT_FFI_Register_Handler_Args* args) { return RegisterHandler(args); }),
  };
  return &extension.base;
}

}  // namespace pjrt_cpu
