// Turns Arrow's statuses, and any exception that a library throws, into the statuses of arrow_reader.h.
#pragma once
#include <algorithm>
#include <cstring>
#include <exception>
#include <string>

#include <arrow/status.h>

#include "arrow_reader.h"

namespace argonne {

inline int32_t report(const std::string& message, char* error, size_t error_size, int32_t status = ARGONNE_ARROW_FAILED) {
  if (error_size > 0) {
    const size_t length = std::min(message.size(), error_size - 1);
    std::memcpy(error, message.data(), length);
    error[length] = 0;
  }
  return status;
}

/// Runs `body`, which returns an arrow::Status. A KeyError means that a column is missing.
template <typename Body>
int32_t guarded(char* error, size_t error_size, Body body) {
  try {
    const arrow::Status status = body();
    if (status.ok()) return ARGONNE_ARROW_OK;
    return report(status.message(), error, error_size, status.IsKeyError() ? ARGONNE_ARROW_NO_COLUMN : ARGONNE_ARROW_FAILED);
  } catch (const std::exception& exception) {
    return report(exception.what(), error, error_size);
  } catch (...) {
    return report("an unknown exception", error, error_size);
  }
}

}  // namespace argonne
