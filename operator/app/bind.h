// Addresses to listen on, as options write them: "[::]:8081", ":8081", "127.0.0.1:8081".
#pragma once

#include <string>

#include "endpoints/server.h"

namespace millrace::app {

// Error Invalid names the option.
core::Result<endpoints::ServerOptions> parse_bind(const std::string& option, const std::string& bind);

}  // namespace millrace::app
