// Files of one text column.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include <arrow/array/builder_binary.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <arrow/result.h>
#include <arrow/type.h>
#include <parquet/arrow/writer.h>

namespace argonne {

class TextWriter {
 public:
  /// `format` is one of arrow_reader.h.
  static arrow::Result<std::unique_ptr<TextWriter>> create(const std::string& path, int32_t format, const std::string& column,
                                                           const std::string& compression, int64_t group_rows);
  arrow::Status append(std::string_view text);
  arrow::Status append_null();
  arrow::Status finish();

 private:
  arrow::Status flush_if_full();
  arrow::Status flush();

  std::shared_ptr<arrow::io::FileOutputStream> file_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<parquet::arrow::FileWriter> parquet_;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> ipc_;
  arrow::LargeStringBuilder rows_;
  int64_t group_rows_ = 0;
};

}  // namespace argonne
