// The C ABIs that Argonne calls: those of the headers in the pinned wheels, and of its own native libraries.
#pragma once
#if __has_include("../../../.deps/tensorflow-cpu/tensorflow/include/xla/pjrt/c/pjrt_c_api.h")
#include "../../../.deps/tensorflow-cpu/tensorflow/include/xla/pjrt/c/pjrt_c_api.h"
#include "../../../.deps/tensorflow-cpu/tensorflow/include/xla/pjrt/c/pjrt_c_api_ffi_extension.h"
#include "../../../.deps/tensorflow-cpu/tensorflow/include/xla/pjrt/c/pjrt_c_api_profiler_extension.h"
#include "../../../.deps/pyarrow/pyarrow/include/arrow/c/abi.h"
#include "../../../Native/arrow_reader/arrow_reader.h"
#include "../../../Native/http_server/http_server.h"
#else
#error "the pinned headers are missing: run `make deps` first"
#endif
