// What the engine keeps for the whole process: its log level and its flags.
#include <algorithm>
#include <cstdlib>

#include "absl/base/log_severity.h"
#include "absl/log/globals.h"
#include "plugin.h"
#include "xla/debug_options_flags.h"

namespace pjrt_cpu {
namespace {

// Keeps informational messages off standard error, unless TF_CPP_MIN_LOG_LEVEL asks for them (0: all, 3: fatal ones only). The first
// come from the engine's static initialisers: FLAGS has the linker run this before them.
__attribute__((constructor)) void SetLogLevel() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  absl::SetMinLogLevel(static_cast<absl::LogSeverityAtLeast>(level == nullptr ? 1 : std::clamp(std::atoi(level), 0, 3)));
}

// XLA ends the process when a device waits 40 s for the others in a collective, which virtual devices that share a core may well do.
constexpr char kFlags[] =
    "--xla_cpu_collective_call_warn_stuck_timeout_seconds=600 "
    "--xla_cpu_collective_call_terminate_timeout_seconds=86400";

}  // namespace

void SetFlagDefaults() {
  static const char* const kVariable = "XLA_FLAGS";
  const char* value = std::getenv(kVariable);
  std::optional<std::string> given;
  if (value != nullptr) given = value;
  bool names_file = given.has_value() && !given->empty() && given->front() != '-';
  if (names_file) return;
  // A later flag wins. The variable is put back: other plugins and child processes read it too.
  setenv(kVariable, absl::StrCat(kFlags, " ", given.value_or("")).c_str(), /*overwrite=*/1);
  xla::GetDebugOptionsFromFlags();
  if (given.has_value()) {
    setenv(kVariable, given->c_str(), /*overwrite=*/1);
  } else {
    unsetenv(kVariable);
  }
}

}  // namespace pjrt_cpu
