// The extension headers include the API by this path; the pinned wheel's include folder is on no search path.
#pragma once
#include "../../../../../../.deps/tensorflow-cpu/tensorflow/include/xla/pjrt/c/pjrt_c_api.h"
