// A request and its answer, shared by libmicrohttpd's thread, which moves the bytes, and by whoever answers.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <microhttpd.h>

namespace argonne {

/// Both sides hold a reference. While there is nothing to send the connection is suspended, so that no thread spins; what the other side
/// does resumes it. `mutex_` orders the two: a connection is suspended only after a look that found nothing.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(MHD_Connection* connection, std::string method, std::string path)
      : method(std::move(method)), path(std::move(path)), connection_(connection) {}

  const std::string method;
  const std::string path;
  // Written by libmicrohttpd's thread before the request is handed over.
  std::string body;
  bool is_too_large = false;
  bool is_handled = false;

  // The answering side.
  void header(const char* name, const char* value);
  void begin(unsigned status, int64_t length);
  void send(const char* bytes, size_t count);
  void finish();
  /// Ends an answer that was not finished: as a failure of the server's where it had not begun.
  void abandon();
  bool is_gone();

  // libmicrohttpd's side.
  /// Queues the answer where it has begun; suspends the connection where it has not.
  MHD_Result answer();
  /// libmicrohttpd is done with the request.
  void complete();

 private:
  ssize_t read(char* bytes, size_t capacity);
  void resume();

  std::mutex mutex_;
  MHD_Connection* connection_;
  bool is_suspended_ = false;
  std::vector<std::pair<std::string, std::string>> headers_;
  unsigned status_ = 0;
  int64_t length_ = -1;
  std::string pending_;
  size_t sent_ = 0;
  bool is_finished_ = false;
};

}  // namespace argonne
