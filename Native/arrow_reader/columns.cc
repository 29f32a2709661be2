#include "columns.h"

#include <arrow/builder.h>

namespace argonne {
namespace {

template <typename Strings>
arrow::Result<std::shared_ptr<arrow::Array>> rebuild(const Strings& strings) {
  arrow::LargeStringBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(strings.length()));
  for (int64_t row = 0; row < strings.length(); ++row) {
    ARROW_RETURN_NOT_OK(strings.IsNull(row) ? builder.AppendNull() : builder.Append(strings.GetView(row)));
  }
  return builder.Finish();
}

arrow::Result<std::shared_ptr<arrow::Array>> decode(const arrow::DictionaryArray& column) {
  ARROW_RETURN_NOT_OK(column.ValidateFull());
  ARROW_ASSIGN_OR_RAISE(auto words, text_column(column.dictionary()));
  const auto word = [&](int64_t index) {
    return words->type_id() == arrow::Type::STRING ? static_cast<const arrow::StringArray&>(*words).GetView(index)
                                                   : static_cast<const arrow::LargeStringArray&>(*words).GetView(index);
  };
  arrow::LargeStringBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(column.length()));
  for (int64_t row = 0; row < column.length(); ++row) {
    const bool is_null = column.IsNull(row) || words->IsNull(column.GetValueIndex(row));
    ARROW_RETURN_NOT_OK(is_null ? builder.AppendNull() : builder.Append(word(column.GetValueIndex(row))));
  }
  return builder.Finish();
}

template <typename Numbers>
arrow::Result<std::shared_ptr<arrow::Array>> widen(const arrow::Array& column) {
  const auto& numbers = static_cast<const Numbers&>(column);
  arrow::DoubleBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(numbers.length()));
  for (int64_t row = 0; row < numbers.length(); ++row) {
    if (numbers.IsNull(row)) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(static_cast<double>(numbers.Value(row)));
    }
  }
  return builder.Finish();
}

}  // namespace

std::shared_ptr<arrow::DataType> text_type(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::BINARY ? arrow::utf8() : arrow::large_utf8();
}

arrow::Result<std::shared_ptr<arrow::Array>> text_column(const std::shared_ptr<arrow::Array>& column) {
  // As binary first: a full validation then checks every offset but leaves a document that is not UTF-8 to the filters.
  switch (column->type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY: {
      ARROW_ASSIGN_OR_RAISE(auto bytes, column->View(arrow::binary()));
      ARROW_RETURN_NOT_OK(bytes->ValidateFull());
      return bytes->View(arrow::utf8());
    }
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY: {
      ARROW_ASSIGN_OR_RAISE(auto bytes, column->View(arrow::large_binary()));
      ARROW_RETURN_NOT_OK(bytes->ValidateFull());
      return bytes->View(arrow::large_utf8());
    }
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW: {
      ARROW_ASSIGN_OR_RAISE(auto bytes, column->View(arrow::binary_view()));
      ARROW_RETURN_NOT_OK(bytes->ValidateFull());
      return rebuild(static_cast<const arrow::BinaryViewArray&>(*bytes));
    }
    case arrow::Type::DICTIONARY:
      return decode(static_cast<const arrow::DictionaryArray&>(*column));
    default:
      return arrow::Status::TypeError("the text column holds ", column->type()->ToString(), ", expected strings");
  }
}

arrow::Result<std::shared_ptr<arrow::Array>> score_column(const std::shared_ptr<arrow::Array>& column) {
  switch (column->type_id()) {
    case arrow::Type::DOUBLE:
      return column;
    case arrow::Type::FLOAT:
      return widen<arrow::FloatArray>(*column);
    case arrow::Type::INT64:
      return widen<arrow::Int64Array>(*column);
    case arrow::Type::INT32:
      return widen<arrow::Int32Array>(*column);
    default:
      return arrow::Status::TypeError("the score column holds ", column->type()->ToString(), ", expected numbers");
  }
}

arrow::Status no_such_column(const arrow::Schema& schema) {
  std::string names;
  for (const auto& name : schema.field_names()) names += (names.empty() ? "" : ", ") + name;
  return arrow::Status::KeyError(names);
}

}  // namespace argonne
