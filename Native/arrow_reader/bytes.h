// The bytes of a file, decompressed where it is gzip or zstd.
#pragma once
#include <memory>
#include <string>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/util/compression.h>

namespace argonne {

struct ByteInput {
  /// Declared before the stream, which uses it, so that it goes last.
  std::unique_ptr<arrow::util::Codec> codec;
  std::shared_ptr<arrow::io::InputStream> stream;

  static arrow::Result<std::unique_ptr<ByteInput>> open(const std::string& path);
};

}  // namespace argonne
