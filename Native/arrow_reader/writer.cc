#include "writer.h"

#include <arrow/table.h>
#include <arrow/util/compression.h>

#include "arrow_reader.h"

namespace argonne {

arrow::Result<std::unique_ptr<TextWriter>> TextWriter::create(const std::string& path, int32_t format, const std::string& column,
                                                              const std::string& compression, int64_t group_rows) {
  ARROW_ASSIGN_OR_RAISE(auto codec, arrow::util::Codec::GetCompressionType(compression));
  auto writer = std::make_unique<TextWriter>();
  writer->group_rows_ = std::max<int64_t>(group_rows, 1);
  // Large strings, so that a row group may hold more than 2 GB of text. Parquet stores both alike.
  writer->schema_ = arrow::schema({arrow::field(column, arrow::large_utf8())});
  ARROW_ASSIGN_OR_RAISE(writer->file_, arrow::io::FileOutputStream::Open(path));
  if (format == ARGONNE_ARROW_PARQUET) {
    // "lz4" is the framed format of IPC; Parquet's is the raw one.
    if (codec == arrow::Compression::LZ4_FRAME) codec = arrow::Compression::LZ4;
    // A dictionary does not pay for documents, all of which differ.
    const auto properties = parquet::WriterProperties::Builder().compression(codec)->disable_dictionary()->build();
    ARROW_ASSIGN_OR_RAISE(writer->parquet_, parquet::arrow::FileWriter::Open(*writer->schema_, arrow::default_memory_pool(), writer->file_,
                                                                             properties));
    return writer;
  }
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  if (codec != arrow::Compression::UNCOMPRESSED) {
    ARROW_ASSIGN_OR_RAISE(options.codec, arrow::util::Codec::Create(codec));
  }
  if (format == ARGONNE_ARROW_IPC_FILE) {
    ARROW_ASSIGN_OR_RAISE(writer->ipc_, arrow::ipc::MakeFileWriter(writer->file_, writer->schema_, options));
  } else {
    ARROW_ASSIGN_OR_RAISE(writer->ipc_, arrow::ipc::MakeStreamWriter(writer->file_, writer->schema_, options));
  }
  return writer;
}

arrow::Status TextWriter::append(std::string_view text) {
  ARROW_RETURN_NOT_OK(rows_.Append(text.data(), static_cast<int64_t>(text.size())));
  return flush_if_full();
}

arrow::Status TextWriter::append_null() {
  ARROW_RETURN_NOT_OK(rows_.AppendNull());
  return flush_if_full();
}

arrow::Status TextWriter::flush_if_full() { return rows_.length() < group_rows_ ? arrow::Status::OK() : flush(); }

arrow::Status TextWriter::flush() {
  const int64_t count = rows_.length();
  if (count == 0) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(auto column, rows_.Finish());
  if (parquet_) return parquet_->WriteTable(*arrow::Table::Make(schema_, {column}), count);
  return ipc_->WriteRecordBatch(*arrow::RecordBatch::Make(schema_, count, {column}));
}

arrow::Status TextWriter::finish() {
  ARROW_RETURN_NOT_OK(flush());
  ARROW_RETURN_NOT_OK(parquet_ ? parquet_->Close() : ipc_->Close());
  return file_->Close();
}

}  // namespace argonne
