#include "kube/client/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

namespace millrace::kube {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

core::Error invalid(std::string message) { return {.code = core::ErrorCode::Invalid, .message = std::move(message)}; }

Bio reader(const std::string& pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

// Never asks a terminal for a passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

std::vector<Certificate> certificates(const std::string& pem) {
  std::vector<Certificate> out;
  const Bio bio = reader(pem);
  while (X509* cert = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) out.emplace_back(cert);
  ERR_clear_error();  // the end of the text is reported as an error
  return out;
}

core::Result<void> trust(X509_STORE* store, const Pem& ca) {
  MILLRACE_TRY(pem, load(ca));
  const auto roots = certificates(pem);
  if (roots.empty()) return invalid("certificate-authority holds no certificate");
  for (const Certificate& root : roots) X509_STORE_add_cert(store, root.get());
  return {};
}

core::Result<void> show(SSL_CTX* context, const Identity& identity) {
  MILLRACE_TRY(chain_pem, load(identity.certificate));
  MILLRACE_TRY(key_pem, load(identity.key));
  const auto chain = certificates(chain_pem);
  const Bio bio = reader(key_pem);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (chain.empty() || !key) return invalid("client-certificate or client-key is not readable PEM");
  bool ok = SSL_CTX_use_certificate(context, chain.front().get()) == 1;
  for (std::size_t i = 1; i < chain.size(); ++i) ok = ok && SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
  ok = ok && SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1;
  ERR_clear_error();
  if (!ok) return invalid("client-certificate and client-key do not fit together");
  return {};
}

}  // namespace

core::Result<void> secure(ssl_ctx_st* context, const Identity& identity) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  X509_STORE* store = X509_STORE_new();
  // As Go does: a certificate that the user names is trusted, also when another one has signed it.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_cert_store(context, store);  // owns the store; what the library had loaded from the system is gone
  if (auto trusted = trust(store, identity.ca); !trusted) return trusted;
  if (!identity.certificate.empty()) return show(context, identity);
  return {};
}

}  // namespace millrace::kube
