// As beside it for the API itself: the profiler extension's header includes this one by its path.
#pragma once
#include "../../../../../../../.deps/tensorflow-cpu/tensorflow/include/xla/backends/profiler/plugin/profiler_c_api.h"
