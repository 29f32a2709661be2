#include "reader.h"

#include <cstring>
#include <utility>

#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/properties.h>

#include "columns.h"

namespace argonne {
namespace {

using BatchReader = std::shared_ptr<arrow::RecordBatchReader>;

/// Rows decoded at a time: enough to amortise the calls, few enough that a worker's unit of documents does not pin much text.
constexpr int64_t kBatchRows = 512;

/// The wanted columns of another reader's batches in the layouts of columns.h, without the first `skip` rows.
class TextReader final : public arrow::RecordBatchReader {
 public:
  /// `owner` is whatever the reader needs to outlive it; `score` is −1 where no score is wanted.
  TextReader(BatchReader reader, std::shared_ptr<void> owner, int text, int score, int64_t skip)
      : owner_(std::move(owner)), reader_(std::move(reader)), text_(text), score_(score), skip_(skip) {
    arrow::FieldVector fields{arrow::field("text", text_type(*reader_->schema()->field(text)->type()))};
    if (score >= 0) fields.push_back(arrow::field("score", arrow::float64()));
    schema_ = arrow::schema(fields);
  }

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    std::shared_ptr<arrow::RecordBatch> next;
    do {
      ARROW_RETURN_NOT_OK(reader_->ReadNext(&next));
      if (!next) {
        *batch = nullptr;
        return arrow::Status::OK();
      }
      if (next->num_columns() <= std::max(text_, score_)) return arrow::Status::Invalid("a batch lacks columns of the schema");
      const int64_t skipped = std::min(skip_, next->num_rows());
      skip_ -= skipped;
      next = next->Slice(skipped);
    } while (next->num_rows() == 0);

    ARROW_ASSIGN_OR_RAISE(auto text, text_column(next->column(text_)));
    arrow::ArrayVector columns{text};
    if (score_ >= 0) {
      ARROW_ASSIGN_OR_RAISE(auto score, score_column(next->column(score_)));
      columns.push_back(score);
    }
    *batch = arrow::RecordBatch::Make(schema_, next->num_rows(), columns);
    return arrow::Status::OK();
  }

 private:
  std::shared_ptr<void> owner_;
  BatchReader reader_;
  std::shared_ptr<arrow::Schema> schema_;
  int text_, score_;
  int64_t skip_;
};

enum class Format { parquet, ipc_file, ipc_stream };

arrow::Result<Format> format_of(arrow::io::RandomAccessFile& file, const std::string& path) {
  char magic[6] = {};
  ARROW_ASSIGN_OR_RAISE(const int64_t count, file.ReadAt(0, sizeof magic, magic));
  if (count >= 4 && std::memcmp(magic, "PAR1", 4) == 0) return Format::parquet;
  if (count == 6 && std::memcmp(magic, "ARROW1", 6) == 0) return Format::ipc_file;
  if (count >= 4 && std::memcmp(magic, "\xff\xff\xff\xff", 4) == 0) return Format::ipc_stream;
  return arrow::Status::Invalid("neither a Parquet nor an Arrow IPC file: its ", count == 0 ? "first bytes are missing (it is empty)"
                                                                                           : "first bytes are not theirs");
}

arrow::Result<std::shared_ptr<parquet::arrow::FileReader>> open_parquet(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  // Buffered and not pre-buffered: a column chunk is read through a small window instead of being loaded whole.
  parquet::ReaderProperties reading = parquet::default_reader_properties();
  reading.enable_buffered_stream();
  reading.set_buffer_size(1 << 20);
  parquet::ArrowReaderProperties decoding;
  decoding.set_use_threads(false);
  decoding.set_pre_buffer(false);
  decoding.set_batch_size(kBatchRows);
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(std::move(file), reading));
  ARROW_ASSIGN_OR_RAISE(auto reader, builder.properties(decoding)->Build());
  return std::shared_ptr<parquet::arrow::FileReader>(std::move(reader));
}

arrow::Result<BatchReader> open_parquet_text(const std::string& path, const std::string& text, const std::string& score, int64_t first_row) {
  ARROW_ASSIGN_OR_RAISE(auto file, open_parquet(path));
  const auto metadata = file->parquet_reader()->metadata();
  std::vector<int> columns;
  for (const auto& name : {text, score}) {
    if (name.empty()) continue;
    columns.push_back(metadata->schema()->ColumnIndex(name));
    if (columns.back() < 0) {
      std::shared_ptr<arrow::Schema> schema;
      ARROW_RETURN_NOT_OK(file->GetSchema(&schema));
      return no_such_column(*schema);
    }
  }

  std::vector<int> groups;
  int64_t skip = first_row;
  for (int group = 0; group < metadata->num_row_groups(); ++group) {
    const int64_t rows = metadata->RowGroup(group)->num_rows();
    if (groups.empty() && skip >= rows) {
      skip -= rows;
    } else {
      groups.push_back(group);
    }
  }
  ARROW_ASSIGN_OR_RAISE(auto batches, file->GetRecordBatchReader(groups, columns));
  const auto schema = batches->schema();
  return std::make_shared<TextReader>(std::move(batches), file, schema->GetFieldIndex(text), score.empty() ? -1 : schema->GetFieldIndex(score),
                                      skip);
}

/// The batches of an IPC file, in order.
class FileBatches final : public arrow::RecordBatchReader {
 public:
  explicit FileBatches(std::shared_ptr<arrow::ipc::RecordBatchFileReader> file) : file_(std::move(file)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return file_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = nullptr;
    if (next_ == file_->num_record_batches()) return arrow::Status::OK();
    return file_->ReadRecordBatch(next_++).Value(batch);
  }

 private:
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
  int next_ = 0;
};

/// Memory-mapped: batches are then slices of the file, and one of gigabytes costs no more than the pages that are looked at.
arrow::Result<BatchReader> open_ipc(const std::shared_ptr<arrow::io::MemoryMappedFile>& file, Format format) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.use_threads = false;
  if (format == Format::ipc_stream) {
    ARROW_ASSIGN_OR_RAISE(auto stream, arrow::ipc::RecordBatchStreamReader::Open(file, options));
    return stream;
  }
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchFileReader::Open(file, options));
  return std::make_shared<FileBatches>(std::move(reader));
}

}  // namespace

arrow::Result<BatchReader> open_text(const std::string& path, const std::string& text, const std::string& score, int64_t first_row) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::MemoryMappedFile::Open(path, arrow::io::FileMode::READ));
  ARROW_ASSIGN_OR_RAISE(const Format format, format_of(*file, path));
  if (format == Format::parquet) return open_parquet_text(path, text, score, first_row);

  ARROW_ASSIGN_OR_RAISE(auto batches, open_ipc(file, format));
  const auto schema = batches->schema();
  const int text_index = schema->GetFieldIndex(text), score_index = score.empty() ? -1 : schema->GetFieldIndex(score);
  if (text_index < 0 || (score_index < 0 && !score.empty())) return no_such_column(*schema);
  return std::make_shared<TextReader>(std::move(batches), file, text_index, score_index, first_row);
}

arrow::Result<Description> describe(const std::string& path) {
  Description description;
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::MemoryMappedFile::Open(path, arrow::io::FileMode::READ));
  ARROW_ASSIGN_OR_RAISE(const Format format, format_of(*file, path));
  if (format == Format::parquet) {
    ARROW_ASSIGN_OR_RAISE(auto reader, open_parquet(path));
    ARROW_RETURN_NOT_OK(reader->GetSchema(&description.schema));
    const auto metadata = reader->parquet_reader()->metadata();
    for (int index = 0; index < metadata->num_row_groups(); ++index) {
      const auto group = metadata->RowGroup(index);
      description.groups.push_back({group->num_rows(), group->total_byte_size(), group->total_compressed_size()});
    }
    return description;
  }
  ARROW_ASSIGN_OR_RAISE(auto batches, open_ipc(file, format));
  description.schema = batches->schema();
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    ARROW_RETURN_NOT_OK(batches->ReadNext(&batch));
    if (!batch) return description;
    description.groups.push_back({batch->num_rows(), 0, 0});
  }
}

}  // namespace argonne
