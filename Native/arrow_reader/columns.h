// Brings the many ways in which Arrow stores strings and numbers down to the one that the data plane reads.
#pragma once
#include <memory>
#include <string>

#include <arrow/array.h>
#include <arrow/result.h>
#include <arrow/type.h>

namespace argonne {

/// The type that `text_column` gives a column of this type: utf8 where its layout is already that, else large_utf8.
std::shared_ptr<arrow::DataType> text_type(const arrow::DataType& type);

/// A string or binary column of any layout as utf8 or large_utf8, with offsets that are known to stay inside the data.
arrow::Result<std::shared_ptr<arrow::Array>> text_column(const std::shared_ptr<arrow::Array>& column);

/// A floating-point or integer column as float64.
arrow::Result<std::shared_ptr<arrow::Array>> score_column(const std::shared_ptr<arrow::Array>& column);

/// The error of a column that is not there: a KeyError whose message is the list of those that are.
arrow::Status no_such_column(const arrow::Schema& schema);

}  // namespace argonne
