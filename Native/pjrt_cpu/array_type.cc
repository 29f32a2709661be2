// Element types and layouts between the C API and XLA.
#include <algorithm>
#include <numeric>

#include "plugin.h"
#include "xla/layout_util.h"
#include "xla/primitive_util.h"
#include "xla/shape_util.h"

namespace pjrt_cpu {
namespace {

constexpr std::pair<PJRT_Buffer_Type, xla::PrimitiveType> kElementTypes[] = {
    {PJRT_Buffer_Type_PRED, xla::PRED},
    {PJRT_Buffer_Type_S2, xla::S2},
    {PJRT_Buffer_Type_S4, xla::S4},
    {PJRT_Buffer_Type_S8, xla::S8},
    {PJRT_Buffer_Type_S16, xla::S16},
    {PJRT_Buffer_Type_S32, xla::S32},
    {PJRT_Buffer_Type_S64, xla::S64},
    {PJRT_Buffer_Type_U2, xla::U2},
    {PJRT_Buffer_Type_U4, xla::U4},
    {PJRT_Buffer_Type_U8, xla::U8},
    {PJRT_Buffer_Type_U16, xla::U16},
    {PJRT_Buffer_Type_U32, xla::U32},
    {PJRT_Buffer_Type_U64, xla::U64},
    {PJRT_Buffer_Type_F16, xla::F16},
    {PJRT_Buffer_Type_F32, xla::F32},
    {PJRT_Buffer_Type_F64, xla::F64},
    {PJRT_Buffer_Type_BF16, xla::BF16},
    {PJRT_Buffer_Type_C64, xla::C64},
    {PJRT_Buffer_Type_C128, xla::C128},
    {PJRT_Buffer_Type_F4E2M1FN, xla::F4E2M1FN},
    {PJRT_Buffer_Type_F8E3M4, xla::F8E3M4},
    {PJRT_Buffer_Type_F8E4M3, xla::F8E4M3},
    {PJRT_Buffer_Type_F8E4M3FN, xla::F8E4M3FN},
    {PJRT_Buffer_Type_F8E4M3B11FNUZ, xla::F8E4M3B11FNUZ},
    {PJRT_Buffer_Type_F8E4M3FNUZ, xla::F8E4M3FNUZ},
    {PJRT_Buffer_Type_F8E5M2, xla::F8E5M2},
    {PJRT_Buffer_Type_F8E5M2FNUZ, xla::F8E5M2FNUZ},
    {PJRT_Buffer_Type_F8E8M0FNU, xla::F8E8M0FNU},
    {PJRT_Buffer_Type_TOKEN, xla::TOKEN},
};

// The dimensions from the fastest varying to the slowest, where the strides are those of a dense array.
absl::StatusOr<std::vector<int64_t>> MinorToMajor(absl::Span<const int64_t> byte_strides, const xla::Shape& shape) {
  std::vector<int64_t> order(byte_strides.size());
  std::iota(order.rbegin(), order.rend(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return byte_strides[a] < byte_strides[b]; });
  int64_t dense = xla::primitive_util::ByteWidth(shape.element_type());
  for (int64_t dimension : order) {
    int64_t size = shape.dimensions(dimension);
    if (size > 1 && byte_strides[dimension] != dense) return Invalid("the strides are not those of a dense array of ", shape.ToString());
    dense *= std::max<int64_t>(size, 1);
  }
  return order;
}

}  // namespace

xla::PrimitiveType FromC(PJRT_Buffer_Type type) {
  for (auto [c, cpp] : kElementTypes) {
    if (c == type) return cpp;
  }
  return xla::PRIMITIVE_TYPE_INVALID;
}

PJRT_Buffer_Type ToC(xla::PrimitiveType type) {
  for (auto [c, cpp] : kElementTypes) {
    if (cpp == type) return c;
  }
  return PJRT_Buffer_Type_INVALID;
}

absl::StatusOr<xla::Shape> ArrayShape(xla::PrimitiveType type, absl::Span<const int64_t> dims, const PJRT_Buffer_MemoryLayout* layout) {
  if (!xla::primitive_util::IsArrayType(type)) return Invalid("the element type is none that an array can have");
  TF_ASSIGN_OR_RETURN(xla::Shape shape, xla::ShapeUtil::MakeValidatedShape(type, dims));
  if (layout == nullptr) return shape;  // row-major
  std::vector<int64_t> order;
  if (layout->type == PJRT_Buffer_MemoryLayout_Type_Tiled) {
    if (layout->tiled.num_tiles != 0) return Invalid("tiled layouts do not exist on the CPU");
    order.assign(layout->tiled.minor_to_major, layout->tiled.minor_to_major + layout->tiled.minor_to_major_size);
  } else {
    if (layout->strides.num_byte_strides != dims.size()) {
      return Invalid("the layout has ", layout->strides.num_byte_strides, " strides, the array ", dims.size(), " dimensions");
    }
    TF_ASSIGN_OR_RETURN(order, MinorToMajor({layout->strides.byte_strides, dims.size()}, shape));
  }
  *shape.mutable_layout() = xla::LayoutUtil::MakeLayout(order);
  TF_RETURN_IF_ERROR(xla::LayoutUtil::ValidateLayoutInShape(shape));
  return shape;
}

}  // namespace pjrt_cpu
