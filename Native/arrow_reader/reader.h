// Parquet and Arrow IPC files as streams of (text, score) batches.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "arrow_reader.h"

namespace argonne {

/// `score_column` may be empty.
arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> open_text(const std::string& path, const std::string& text_column,
                                                                   const std::string& score_column, int64_t first_row);

struct Description {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<ArgonneRowGroup> groups;
};

arrow::Result<Description> describe(const std::string& path);

}  // namespace argonne
