// What Argonne needs of an HTTP server, as one table of C functions over libmicrohttpd. `ArgonneGetHTTPAPI` is the library's only exported
// symbol.
//
// A request arrives whole, on one of the server's threads, and is answered from any thread at any time: headers, `begin`, any number of
// `send`s, `finish`. None of these waits for the client; what cannot go out yet is kept. No exception crosses this interface.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ARGONNE_HTTP_API_VERSION = 1 };

typedef struct ArgonneHTTPServer ArgonneHTTPServer;
typedef struct ArgonneHTTPRequest ArgonneHTTPRequest;

struct ArgonneHTTPOptions {
  /// A name or an address.
  const char* host;
  /// 0 for any that is free.
  uint16_t port;
  /// The longest body in bytes; a request with a longer one is answered with 413 and reported by `is_too_large`.
  size_t body_limit;
  /// The greatest number of connections; further ones wait to be accepted.
  uint32_t connection_limit;
  /// Seconds without any traffic after which a connection is closed, while no answer is being waited for.
  uint32_t idle_seconds;
  /// Takes a request that has come; the callee owns it and must `release` it. `method`, `path` and `body` live as long as the request.
  void (*handle)(void* context, ArgonneHTTPRequest* request, const char* method, const char* path, const uint8_t* body, size_t length);
  /// Given to `handle`.
  void* context;
};

struct ArgonneHTTPAPI {
  int32_t version;

  /// Listens and serves. NULL where that fails, with a message in error[0..<error_size].
  ArgonneHTTPServer* (*start)(const struct ArgonneHTTPOptions* options, char* error, size_t error_size);
  /// The port that it listens on.
  uint16_t (*port)(ArgonneHTTPServer* server);
  /// Closes the listening socket; connections that are there go on.
  void (*stop_accepting)(ArgonneHTTPServer* server);
  /// Waits up to `milliseconds` for finished answers to reach their clients, closes all connections and frees the server. Requests that are
  /// not yet released stay usable, to no effect. Must not be called from `handle`.
  void (*stop)(ArgonneHTTPServer* server, uint32_t milliseconds);

  /// Whether the body was longer than the limit; `handle` gets it empty.
  int32_t (*is_too_large)(ArgonneHTTPRequest* request);
  /// Adds a header to the answer. Before `begin`.
  void (*header)(ArgonneHTTPRequest* request, const char* name, const char* value);
  /// Begins the answer; its body has `length` bytes, or any number where that is negative.
  void (*begin)(ArgonneHTTPRequest* request, uint32_t status, int64_t length);
  /// Sends a piece of the body.
  void (*send)(ArgonneHTTPRequest* request, const uint8_t* bytes, size_t count);
  /// Ends the body.
  void (*finish)(ArgonneHTTPRequest* request);
  /// Whether the client has closed its connection.
  int32_t (*is_gone)(ArgonneHTTPRequest* request);
  /// Gives the request back. An answer that was not finished ends here.
  void (*release)(ArgonneHTTPRequest* request);
};

const struct ArgonneHTTPAPI* ArgonneGetHTTPAPI(void);

#ifdef __cplusplus
}
#endif
