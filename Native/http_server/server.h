// The server: a listening socket and libmicrohttpd's threads.
#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>

#include <microhttpd.h>

#include "exchange.h"
#include "http_server.h"

namespace argonne {

class Server {
 public:
  /// Throws std::runtime_error.
  explicit Server(const ArgonneHTTPOptions& options);
  ~Server();
  Server(const Server&) = delete;

  uint16_t port() const { return port_; }
  void stop_accepting();
  /// Ends all answers that are not finished and waits for the last bytes to go out.
  void drain(std::chrono::milliseconds patience);

 private:
  std::shared_ptr<Exchange> open(MHD_Connection* connection, const char* method, const char* url);
  void hand_over(const std::shared_ptr<Exchange>& exchange);
  MHD_Result receive(MHD_Connection* connection, const char* url, const char* method, const char* bytes, size_t* count, void** slot);
  void complete(std::shared_ptr<Exchange>* exchange);

  const size_t body_limit_;
  const decltype(ArgonneHTTPOptions::handle) handle_;
  void* const context_;
  uint16_t port_ = 0;
  MHD_Daemon* daemon_ = nullptr;
  std::mutex mutex_;
  std::condition_variable is_quiet_;
  /// Requests that libmicrohttpd works on.
  std::set<std::shared_ptr<Exchange>> open_;
  bool is_draining_ = false;
};

}  // namespace argonne
