// Keeps the engine's informational messages off standard error, unless TF_CPP_MIN_LOG_LEVEL asks for them (0: all, 3: fatal ones only).
#include <algorithm>
#include <cstdlib>

#include "absl/base/log_severity.h"
#include "absl/log/globals.h"

namespace {

// The first messages come from the engine's static initialisers: FLAGS has the linker run ours before them.
__attribute__((constructor)) void SetLogLevel() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  absl::SetMinLogLevel(static_cast<absl::LogSeverityAtLeast>(level == nullptr ? 1 : std::clamp(std::atoi(level), 0, 3)));
}

}  // namespace
