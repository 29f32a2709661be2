#include "exchange.h"

#include <algorithm>
#include <cstring>

#include <poll.h>

namespace argonne {

void Exchange::header(const char* name, const char* value) {
  const std::lock_guard lock(mutex_);
  if (status_ != 0) return;
  headers_.emplace_back(name, value);
}

void Exchange::begin(unsigned status, int64_t length) {
  const std::lock_guard lock(mutex_);
  if (status_ != 0) return;
  status_ = status;
  length_ = length;
  resume();
}

void Exchange::send(const char* bytes, size_t count) {
  const std::lock_guard lock(mutex_);
  if (!connection_) return;
  pending_.append(bytes, count);
  resume();
}

void Exchange::finish() {
  const std::lock_guard lock(mutex_);
  is_finished_ = true;
  resume();
}

void Exchange::abandon() {
  const std::lock_guard lock(mutex_);
  if (status_ == 0) {
    status_ = MHD_HTTP_SERVICE_UNAVAILABLE;
    length_ = 0;
  }
  is_finished_ = true;
  resume();
}

bool Exchange::is_gone() {
  const std::lock_guard lock(mutex_);
  if (!connection_) return true;
  // libmicrohttpd does not look at suspended connections. The socket is open as long as the connection is not complete.
  const auto* info = MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_CONNECTION_FD);
  pollfd socket{.fd = info->connect_fd, .events = POLLRDHUP, .revents = 0};
  return poll(&socket, 1, 0) > 0 && (socket.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Exchange::resume() {
  if (!is_suspended_) return;
  is_suspended_ = false;
  MHD_resume_connection(connection_);
}

MHD_Result Exchange::answer() {
  {
    const std::lock_guard lock(mutex_);
    if (status_ == 0) {
      is_suspended_ = true;
      MHD_suspend_connection(connection_);
      return MHD_YES;
    }
  }
  // From here on the status, the headers and the length stay as they are. No lock, because libmicrohttpd calls `read` under one of its own.
  constexpr size_t kBlock = 16 << 10;
  MHD_Response* response = MHD_create_response_from_callback(
      length_ < 0 ? MHD_SIZE_UNKNOWN : static_cast<uint64_t>(length_), kBlock,
      [](void* exchange, uint64_t, char* bytes, size_t capacity) { return static_cast<Exchange*>(exchange)->read(bytes, capacity); }, this,
      nullptr);
  if (!response) return MHD_NO;
  for (const auto& [name, value] : headers_) MHD_add_response_header(response, name.c_str(), value.c_str());
  const MHD_Result result = MHD_queue_response(connection_, status_, response);
  MHD_destroy_response(response);
  return result;
}

ssize_t Exchange::read(char* bytes, size_t capacity) {
  const std::lock_guard lock(mutex_);
  const size_t count = std::min(capacity, pending_.size() - sent_);
  if (count > 0) {
    std::memcpy(bytes, pending_.data() + sent_, count);
    sent_ += count;
    if (sent_ == pending_.size()) {
      pending_.clear();
      sent_ = 0;
    }
    return static_cast<ssize_t>(count);
  }
  if (is_finished_) return length_ < 0 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
  is_suspended_ = true;
  MHD_suspend_connection(connection_);
  return 0;
}

void Exchange::complete() {
  const std::lock_guard lock(mutex_);
  connection_ = nullptr;
  is_suspended_ = false;
}

}  // namespace argonne
