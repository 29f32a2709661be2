// Buffers: arrays on a device, and the transfers to and from the host.
#include "plugin.h"
#include "xla/layout_util.h"
#include "xla/literal.h"
#include "xla/shape_util.h"

namespace pjrt_cpu {
namespace {

using Semantics = xla::PjRtClient::HostBufferSemantics;

absl::StatusOr<Semantics> FromC(PJRT_HostBufferSemantics semantics) {
  switch (semantics) {
    case PJRT_HostBufferSemantics_kImmutableOnlyDuringCall:
      return Semantics::kImmutableOnlyDuringCall;
    case PJRT_HostBufferSemantics_kImmutableUntilTransferCompletes:
      return Semantics::kImmutableUntilTransferCompletes;
    case PJRT_HostBufferSemantics_kImmutableZeroCopy:
      return Semantics::kImmutableZeroCopy;
    case PJRT_HostBufferSemantics_kMutableZeroCopy:
      return Semantics::kMutableZeroCopy;
  }
  return Invalid("unknown host buffer semantics ", static_cast<int>(semantics));
}

absl::Status CheckAlive(const PJRT_Buffer* buffer) {
  if (buffer->buffer->IsDeleted()) return Invalid("the buffer ", buffer->buffer->on_device_shape().ToString(), " was deleted or donated");
  return absl::OkStatus();
}

absl::Status BufferFromHostBuffer(PJRT_Client_BufferFromHostBuffer_Args* args) {
  xla::PjRtMemorySpace* space = nullptr;
  if (args->memory != nullptr) {
    space = args->memory->space;
  } else if (args->device != nullptr) {
    TF_ASSIGN_OR_RETURN(space, args->device->device->default_memory_space());
  } else {
    return Invalid("a host buffer needs a device or a memory to go to");
  }
  absl::Span<const int64_t> dims(args->dims, args->num_dims);
  TF_ASSIGN_OR_RETURN(xla::Shape shape, ArrayShape(pjrt_cpu::FromC(args->type), dims, args->device_layout));
  if (args->data == nullptr && xla::ShapeUtil::ElementsIn(shape) > 0) return Invalid("no data was given for ", shape.ToString());
  std::optional<absl::Span<const int64_t>> strides;
  if (args->num_byte_strides > 0) {
    if (args->num_byte_strides != args->num_dims) {
      return Invalid("the host buffer has ", args->num_byte_strides, " strides and ", args->num_dims, " dimensions");
    }
    strides.emplace(args->byte_strides, args->num_byte_strides);
  }
  TF_ASSIGN_OR_RETURN(Semantics semantics, FromC(args->host_buffer_semantics));

  auto [promise, future] = xla::MakePromise<>();
  auto done = [promise = std::move(promise)]() mutable { promise.Set(); };
  TF_ASSIGN_OR_RETURN(std::unique_ptr<xla::PjRtBuffer> buffer,
                      (*args->client->client)->BufferFromHostBuffer(args->data, shape.element_type(), dims, strides, semantics,
                                                                    std::move(done), space, &shape.layout()));
  args->buffer = new PJRT_Buffer{args->client->client, std::move(buffer)};
  args->done_with_host_buffer = new PJRT_Event{std::move(future)};
  return absl::OkStatus();
}

absl::Status ToHostBuffer(PJRT_Buffer_ToHostBuffer_Args* args) {
  TF_RETURN_IF_ERROR(CheckAlive(args->src));
  xla::PjRtBuffer& buffer = *args->src->buffer;
  TF_ASSIGN_OR_RETURN(xla::Shape shape, ArrayShape(buffer.element_type(), buffer.dimensions(), args->host_layout));
  size_t size = xla::ShapeUtil::ByteSizeOf(shape);
  if (args->dst == nullptr) {
    args->dst_size = size;
    return absl::OkStatus();
  }
  if (args->dst_size < size) return Invalid("the host buffer has ", args->dst_size, " bytes, ", shape.ToString(), " needs ", size);
  auto target = std::make_shared<xla::MutableBorrowingLiteral>(static_cast<char*>(args->dst), shape);
  if (xla::LayoutUtil::Equal(shape.layout(), buffer.on_device_shape().layout())) {
    xla::Future<> future = buffer.ToLiteral(target.get());
    future.OnReady([target](const absl::Status&) {});  // the transfer writes through it
    args->event = new PJRT_Event{std::move(future)};
    return absl::OkStatus();
  }
  // XLA copies in the device's order: rearrange when it is done.
  auto staged = std::make_shared<xla::Literal>(buffer.on_device_shape());
  auto [promise, future] = xla::MakePromise<>();
  buffer.ToLiteral(staged.get()).OnReady([target, staged, promise = std::move(promise)](absl::Status status) mutable {
    if (status.ok()) status = target->CopyFrom(*staged);
    promise.Set(std::move(status));
  });
  args->event = new PJRT_Event{std::move(future)};
  return absl::OkStatus();
}

absl::StatusOr<PJRT_Buffer*> Copy(PJRT_Buffer* source, xla::PjRtMemorySpace* space) {
  TF_RETURN_IF_ERROR(CheckAlive(source));
  TF_ASSIGN_OR_RETURN(std::unique_ptr<xla::PjRtBuffer> copy, source->buffer->CopyToMemorySpace(space));
  return new PJRT_Buffer{source->client, std::move(copy)};
}

}  // namespace

void AddBuffers(PJRT_Api& api) {
  api.PJRT_Client_BufferFromHostBuffer = Checked([](PJRT_Client_BufferFromHostBuffer_Args* args) { return BufferFromHostBuffer(args); });
  api.PJRT_Buffer_ToHostBuffer = Checked([](PJRT_Buffer_ToHostBuffer_Args* args) { return ToHostBuffer(args); });
  api.PJRT_Buffer_Destroy = Checked([](PJRT_Buffer_Destroy_Args* args) { delete args->buffer; });
  api.PJRT_Buffer_Delete = Checked([](PJRT_Buffer_Delete_Args* args) { args->buffer->buffer->Delete(); });
  api.PJRT_Buffer_IsDeleted = Checked([](PJRT_Buffer_IsDeleted_Args* args) { args->is_deleted = args->buffer->buffer->IsDeleted(); });

  api.PJRT_Buffer_ElementType = Checked([](PJRT_Buffer_ElementType_Args* args) { args->type = ToC(args->buffer->buffer->element_type()); });
  api.PJRT_Buffer_Dimensions = Checked([](PJRT_Buffer_Dimensions_Args* args) {
    args->dims = args->buffer->buffer->dimensions().data();
    args->num_dims = args->buffer->buffer->dimensions().size();
  });
  // The CPU neither pads nor bounds dimensions.
  api.PJRT_Buffer_UnpaddedDimensions = Checked([](PJRT_Buffer_UnpaddedDimensions_Args* args) {
    args->unpadded_dims = args->buffer->buffer->dimensions().data();
    args->num_dims = args->buffer->buffer->dimensions().size();
  });
  api.PJRT_Buffer_OnDeviceSizeInBytes = Checked([](PJRT_Buffer_OnDeviceSizeInBytes_Args* args) -> absl::Status {
    TF_ASSIGN_OR_RETURN(args->on_device_size_in_bytes, args->buffer->buffer->GetOnDeviceSizeInBytes());
    return absl::OkStatus();
  });
  api.PJRT_Buffer_Device = Checked([](PJRT_Buffer_Device_Args* args) {
    args->device = args->buffer->client->Find(args->buffer->buffer->device());
  });
  api.PJRT_Buffer_Memory = Checked([](PJRT_Buffer_Memory_Args* args) {
    args->memory = args->buffer->client->Find(args->buffer->buffer->memory_space());
  });
  api.PJRT_Buffer_IsOnCpu = Checked([](PJRT_Buffer_IsOnCpu_Args* args) { args->is_on_cpu = args->buffer->buffer->IsOnCpu(); });

  api.PJRT_Buffer_CopyToDevice = Checked([](PJRT_Buffer_CopyToDevice_Args* args) -> absl::Status {
    TF_ASSIGN_OR_RETURN(xla::PjRtMemorySpace * space, args->dst_device->device->default_memory_space());
    TF_ASSIGN_OR_RETURN(args->dst_buffer, Copy(args->buffer, space));
    return absl::OkStatus();
  });
  api.PJRT_Buffer_CopyToMemory = Checked([](PJRT_Buffer_CopyToMemory_Args* args) -> absl::Status {
    TF_ASSIGN_OR_RETURN(args->dst_buffer, Copy(args->buffer, args->dst_memory->space));
    return absl::OkStatus();
  });
  api.PJRT_Buffer_ReadyEvent = Checked([](PJRT_Buffer_ReadyEvent_Args* args) {
    args->event = new PJRT_Event{args->buffer->buffer->GetReadyFuture()};
  });
  api.PJRT_Buffer_UnsafePointer = Checked([](PJRT_Buffer_UnsafePointer_Args* args) -> absl::Status {
    TF_RETURN_IF_ERROR(CheckAlive(args->buffer));
    TF_ASSIGN_OR_RETURN(args->buffer_pointer, (*args->buffer->client)->UnsafeBufferPointer(args->buffer->buffer.get()));
    return absl::OkStatus();
  });
}

}  // namespace pjrt_cpu
