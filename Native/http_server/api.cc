// The table of functions declared in http_server.h.
#include <algorithm>
#include <cstring>
#include <exception>

#include "exchange.h"
#include "http_server.h"
#include "server.h"

namespace argonne {
namespace {

Server* server_of(ArgonneHTTPServer* server) { return reinterpret_cast<Server*>(server); }
std::shared_ptr<Exchange>* reference_of(ArgonneHTTPRequest* request) { return reinterpret_cast<std::shared_ptr<Exchange>*>(request); }
Exchange& exchange_of(ArgonneHTTPRequest* request) { return **reference_of(request); }

ArgonneHTTPServer* api_start(const ArgonneHTTPOptions* options, char* error, size_t error_size) {
  try {
    return reinterpret_cast<ArgonneHTTPServer*>(new Server(*options));
  } catch (const std::exception& exception) {
    if (error_size > 0) {
      const size_t length = std::min(std::strlen(exception.what()), error_size - 1);
      std::memcpy(error, exception.what(), length);
      error[length] = 0;
    }
    return nullptr;
  }
}

uint16_t api_port(ArgonneHTTPServer* server) { return server_of(server)->port(); }

void api_stop_accepting(ArgonneHTTPServer* server) { server_of(server)->stop_accepting(); }

void api_stop(ArgonneHTTPServer* server, uint32_t milliseconds) {
  server_of(server)->stop_accepting();
  server_of(server)->drain(std::chrono::milliseconds(milliseconds));
  delete server_of(server);
}

int32_t api_is_too_large(ArgonneHTTPRequest* request) { return exchange_of(request).is_too_large; }

void api_header(ArgonneHTTPRequest* request, const char* name, const char* value) { exchange_of(request).header(name, value); }

void api_begin(ArgonneHTTPRequest* request, uint32_t status, int64_t length) { exchange_of(request).begin(status, length); }

void api_send(ArgonneHTTPRequest* request, const uint8_t* bytes, size_t count) {
  exchange_of(request).send(reinterpret_cast<const char*>(bytes), count);
}

void api_finish(ArgonneHTTPRequest* request) { exchange_of(request).finish(); }

int32_t api_is_gone(ArgonneHTTPRequest* request) { return exchange_of(request).is_gone(); }

void api_release(ArgonneHTTPRequest* request) {
  exchange_of(request).abandon();
  delete reference_of(request);
}

}  // namespace
}  // namespace argonne

extern "C" __attribute__((visibility("default"))) const ArgonneHTTPAPI* ArgonneGetHTTPAPI() {
  static const ArgonneHTTPAPI api = {
      .version = ARGONNE_HTTP_API_VERSION,
      .start = argonne::api_start,
      .port = argonne::api_port,
      .stop_accepting = argonne::api_stop_accepting,
      .stop = argonne::api_stop,
      .is_too_large = argonne::api_is_too_large,
      .header = argonne::api_header,
      .begin = argonne::api_begin,
      .send = argonne::api_send,
      .finish = argonne::api_finish,
      .is_gone = argonne::api_is_gone,
      .release = argonne::api_release,
  };
  return &api;
}
