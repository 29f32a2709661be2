// The C ABIs that Argonne calls, from the headers in the pinned wheels.
#pragma once
#if __has_include("../../../.deps/tensorflow-cpu/tensorflow/include/xla/pjrt/c/pjrt_c_api.h")
#include "../../../.deps/tensorflow-cpu/tensorflow/include/xla/pjrt/c/pjrt_c_api.h"
#include "../../../.deps/tensorflow-cpu/tensorflow/include/xla/pjrt/c/pjrt_c_api_ffi_extension.h"
#include "../../../.deps/pyarrow/pyarrow/include/arrow/c/abi.h"
#else
#error "the pinned headers are missing: run `make deps` first"
#endif
