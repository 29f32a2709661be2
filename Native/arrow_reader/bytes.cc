#include "bytes.h"

#include <cstring>

#include <arrow/io/compressed.h>
#include <arrow/io/file.h>

namespace argonne {

arrow::Result<std::unique_ptr<ByteInput>> ByteInput::open(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  char magic[4] = {};
  ARROW_ASSIGN_OR_RAISE(const int64_t count, file->ReadAt(0, sizeof magic, magic));
  ARROW_RETURN_NOT_OK(file->Seek(0));  // where the file stands after ReadAt is not defined

  auto input = std::make_unique<ByteInput>();
  if (count >= 2 && std::memcmp(magic, "\x1f\x8b", 2) == 0) {
    ARROW_ASSIGN_OR_RAISE(input->codec, arrow::util::Codec::Create(arrow::Compression::GZIP));
  } else if (count == 4 && std::memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0) {
    ARROW_ASSIGN_OR_RAISE(input->codec, arrow::util::Codec::Create(arrow::Compression::ZSTD));
  }
  if (input->codec) {
    ARROW_ASSIGN_OR_RAISE(input->stream, arrow::io::CompressedInputStream::Make(input->codec.get(), file));
  } else {
    input->stream = file;
  }
  return input;
}

}  // namespace argonne
