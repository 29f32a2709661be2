#include "server.h"

#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

#include "listener.h"

namespace argonne {
namespace {

// Requests are decoded on these threads; one that is long must not keep the others' streams waiting.
constexpr unsigned kThreads = 2;

}  // namespace

Server::Server(const ArgonneHTTPOptions& options)
    : body_limit_(options.body_limit), handle_(options.handle), context_(options.context) {
  const int listener = listen_on(options.host, options.port);
  port_ = bound_port(listener);
  const MHD_AccessHandlerCallback receive = [](void* server, MHD_Connection* connection, const char* url, const char* method, const char*,
                                               const char* bytes, size_t* count, void** slot) {
    return static_cast<Server*>(server)->receive(connection, url, method, bytes, count, slot);
  };
  const MHD_RequestCompletedCallback complete = [](void* server, MHD_Connection*, void** slot, MHD_RequestTerminationCode) {
    static_cast<Server*>(server)->complete(static_cast<std::shared_ptr<Exchange>*>(*slot));
    *slot = nullptr;
  };
  daemon_ = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, port_, nullptr, nullptr, receive, this,
                             MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_NOTIFY_COMPLETED, complete, this, MHD_OPTION_THREAD_POOL_SIZE,
                             kThreads, MHD_OPTION_CONNECTION_LIMIT, options.connection_limit, MHD_OPTION_CONNECTION_TIMEOUT,
                             options.idle_seconds, MHD_OPTION_END);
  if (!daemon_) {
    close(listener);
    throw std::runtime_error("libmicrohttpd could not start");
  }
}

Server::~Server() {
  stop_accepting();
  MHD_stop_daemon(daemon_);
}

void Server::stop_accepting() {
  const int listener = MHD_quiesce_daemon(daemon_);
  if (listener != MHD_INVALID_SOCKET) close(listener);
}

void Server::drain(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  is_draining_ = true;
  // Not under the lock: libmicrohttpd may hold locks of its own, which resuming a connection takes, while it completes a request.
  const auto open = open_;
  lock.unlock();
  for (const auto& exchange : open) exchange->abandon();
  lock.lock();
  is_quiet_.wait_for(lock, patience, [&] { return open_.empty(); });
}

MHD_Result Server::receive(MHD_Connection* connection, const char* url, const char* method, const char* bytes, size_t* count, void** slot) {
  if (!*slot) {
    const auto exchange = open(connection, method, url);
    *slot = new std::shared_ptr<Exchange>(exchange);
    if (!exchange->is_too_large) return MHD_YES;  // The body comes next; one that is known to be too long is answered before.
  }
  const auto& exchange = *static_cast<std::shared_ptr<Exchange>*>(*slot);
  if (*count > 0) {
    // Of a body in chunks that turns out too long, as much again is taken for the sake of a proper answer.
    const size_t length = exchange->body.size() + *count;
    if (length > 2 * body_limit_) return MHD_NO;
    if (length > body_limit_) exchange->is_too_large = true;
    exchange->body.append(bytes, *count);
    *count = 0;
    return MHD_YES;
  }
  if (!exchange->is_handled) hand_over(exchange);
  return exchange->answer();
}

std::shared_ptr<Exchange> Server::open(MHD_Connection* connection, const char* method, const char* url) {
  auto exchange = std::make_shared<Exchange>(connection, method, url);
  const char* length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
  exchange->is_too_large = length && std::strtoull(length, nullptr, 10) > body_limit_;
  const std::lock_guard lock(mutex_);
  open_.insert(exchange);
  return exchange;
}

void Server::hand_over(const std::shared_ptr<Exchange>& exchange) {
  exchange->is_handled = true;
  {
    const std::lock_guard lock(mutex_);
    if (is_draining_) return exchange->abandon();
  }
  if (exchange->is_too_large) exchange->body.clear();
  handle_(context_, reinterpret_cast<ArgonneHTTPRequest*>(new std::shared_ptr<Exchange>(exchange)), exchange->method.c_str(),
          exchange->path.c_str(), reinterpret_cast<const uint8_t*>(exchange->body.data()), exchange->body.size());
}

void Server::complete(std::shared_ptr<Exchange>* exchange) {
  if (!exchange) return;
  (*exchange)->complete();
  {
    const std::lock_guard lock(mutex_);
    open_.erase(*exchange);
    if (open_.empty()) is_quiet_.notify_all();
  }
  delete exchange;
}

}  // namespace argonne
