// The listening socket.
#pragma once
#include <cstdint>
#include <string>

namespace argonne {

/// Listens on a host's first address that can be had. Throws std::runtime_error.
int listen_on(const std::string& host, uint16_t port);

/// The port that a socket is bound to.
uint16_t bound_port(int socket);

}  // namespace argonne
