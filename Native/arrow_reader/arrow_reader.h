// What Argonne needs of Apache Arrow C++, as one table of C functions: Parquet and Arrow IPC files come in as record batches over the Arrow
// C data interface, compressed files as plain bytes; a text column goes out. `ArgonneGetArrowAPI` is the library's only exported symbol.
//
// Every function that can fail returns an ARGONNE_ARROW_ status and, unless it is OK, a NUL-terminated message in error[0..<error_size].
// No exception crosses this interface. A handle may be used by one thread at a time.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ArrowSchema;
struct ArrowArrayStream;

enum {
  ARGONNE_ARROW_API_VERSION = 1,

  ARGONNE_ARROW_OK = 0,
  ARGONNE_ARROW_FAILED = 1,
  /// The file has no such column; the message lists the columns that it has.
  ARGONNE_ARROW_NO_COLUMN = 2,

  ARGONNE_ARROW_PARQUET = 0,
  ARGONNE_ARROW_IPC_FILE = 1,
  ARGONNE_ARROW_IPC_STREAM = 2,
};

/// A Parquet row group, or a record batch of an IPC file.
struct ArgonneRowGroup {
  int64_t rows;
  /// Bytes of all columns in memory (0 where the format does not say).
  int64_t bytes;
  /// Bytes of all columns in the file (0 where the format does not say).
  int64_t compressed_bytes;
};

struct ArgonneArrowAPI {
  int32_t version;

  /// Opens a Parquet file, an Arrow IPC file or an Arrow IPC stream (told apart by their first bytes) at row `first_row`. Its batches have
  /// the text column as utf8 or large_utf8 and, where score_column is not NULL, that column as float64. Parquet is decoded a few hundred
  /// rows at a time, so memory is bounded by a row group however large the file is.
  int32_t (*open)(const char* path, const char* text_column, const char* score_column, int64_t first_row, struct ArrowArrayStream* stream,
                  char* error, size_t error_size);

  /// The file's schema, and its row groups: `*group_count` is their number, the first `capacity` of which are written to `groups`.
  int32_t (*describe)(const char* path, struct ArrowSchema* schema, struct ArgonneRowGroup* groups, int64_t capacity, int64_t* group_count,
                      char* error, size_t error_size);

  /// Creates a file with one nullable utf8 column, written in row groups (or record batches) of `group_rows`. `format` is an ARGONNE_ARROW_
  /// format, `compression` a codec by name ("zstd", "snappy", "gzip", "lz4", "brotli" or "uncompressed").
  int32_t (*create)(const char* path, int32_t format, const char* column, const char* compression, int64_t group_rows, void** writer,
                    char* error, size_t error_size);
  /// Appends a row; a NULL text is a null.
  int32_t (*append)(void* writer, const uint8_t* text, int64_t length, char* error, size_t error_size);
  /// Writes what is left and the footer. The writer must be released afterwards all the same.
  int32_t (*finish)(void* writer, char* error, size_t error_size);
  void (*release_writer)(void* writer);

  /// Opens a file for reading, decompressing gzip and zstd on the way (told by their first bytes).
  int32_t (*open_bytes)(const char* path, void** input, char* error, size_t error_size);
  /// Reads up to `capacity` bytes; `*count` is 0 only at the end.
  int32_t (*read_bytes)(void* input, uint8_t* bytes, int64_t capacity, int64_t* count, char* error, size_t error_size);
  void (*release_bytes)(void* input);
};

const struct ArgonneArrowAPI* ArgonneGetArrowAPI(void);

#ifdef __cplusplus
}
#endif
