// The table of functions declared in arrow_reader.h.
#include <arrow/c/bridge.h>

#include "arrow_reader.h"
#include "bytes.h"
#include "reader.h"
#include "status.h"
#include "writer.h"

namespace argonne {
namespace {

int32_t api_open(const char* path, const char* text, const char* score, int64_t first_row, ArrowArrayStream* stream, char* error,
                 size_t error_size) {
  return guarded(error, error_size, [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(auto reader, open_text(path, text, score ? score : "", first_row));
    return arrow::ExportRecordBatchReader(std::move(reader), stream);
  });
}

int32_t api_describe(const char* path, ArrowSchema* schema, ArgonneRowGroup* groups, int64_t capacity, int64_t* group_count, char* error,
                     size_t error_size) {
  return guarded(error, error_size, [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(const Description description, describe(path));
    *group_count = static_cast<int64_t>(description.groups.size());
    for (int64_t index = 0; index < std::min(capacity, *group_count); ++index) groups[index] = description.groups[index];
    return arrow::ExportSchema(*description.schema, schema);
  });
}

int32_t api_create(const char* path, int32_t format, const char* column, const char* compression, int64_t group_rows, void** writer,
                   char* error, size_t error_size) {
  return guarded(error, error_size, [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(auto created, TextWriter::create(path, format, column, compression, group_rows));
    *writer = created.release();
    return arrow::Status::OK();
  });
}

int32_t api_append(void* writer, const uint8_t* text, int64_t length, char* error, size_t error_size) {
  return guarded(error, error_size, [&] {
    auto* file = static_cast<TextWriter*>(writer);
    return text ? file->append({reinterpret_cast<const char*>(text), static_cast<size_t>(length)}) : file->append_null();
  });
}

int32_t api_finish(void* writer, char* error, size_t error_size) {
  return guarded(error, error_size, [&] { return static_cast<TextWriter*>(writer)->finish(); });
}

void api_release_writer(void* writer) { delete static_cast<TextWriter*>(writer); }

int32_t api_open_bytes(const char* path, void** input, char* error, size_t error_size) {
  return guarded(error, error_size, [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(auto opened, ByteInput::open(path));
    *input = opened.release();
    return arrow::Status::OK();
  });
}

int32_t api_read_bytes(void* input, uint8_t* bytes, int64_t capacity, int64_t* count, char* error, size_t error_size) {
  return guarded(error, error_size, [&] { return static_cast<ByteInput*>(input)->stream->Read(capacity, bytes).Value(count); });
}

void api_release_bytes(void* input) { delete static_cast<ByteInput*>(input); }

}  // namespace
}  // namespace argonne

extern "C" __attribute__((visibility("default"))) const ArgonneArrowAPI* ArgonneGetArrowAPI() {
  static const ArgonneArrowAPI api = {
      .version = ARGONNE_ARROW_API_VERSION,
      .open = argonne::api_open,
      .describe = argonne::api_describe,
      .create = argonne::api_create,
      .append = argonne::api_append,
      .finish = argonne::api_finish,
      .release_writer = argonne::api_release_writer,
      .open_bytes = argonne::api_open_bytes,
      .read_bytes = argonne::api_read_bytes,
      .release_bytes = argonne::api_release_bytes,
  };
  return &api;
}
