// What a TLS context of ours trusts and shows. Thread contract: one context, one thread.
#pragma once

#include "core/result.h"
#include "kube/client/identity.h"

struct ssl_ctx_st;  // SSL_CTX of OpenSSL

namespace millrace::kube {

// Replaces the trusted authorities by those of the identity (nobody, when they cannot be read), asks for TLS 1.2 at least, and sets
// the client's certificate. Called for each new connection: files are read again.
core::Result<void> secure(ssl_ctx_st* context, const Identity& identity);

}  // namespace millrace::kube
