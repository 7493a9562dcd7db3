#include "endpoints/certificate.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>

namespace millrace::endpoints {
namespace {

constexpr long kValid = 10L * 365 * 24 * 3600, kSkew = 3600, kMargin = 30L * 24 * 3600;  // seconds

template <auto free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    free(p);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;

bool extend(X509* cert, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, cert, cert, nullptr, nullptr, 0);
  const Extension one(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return one && X509_add_ext(cert, one.get(), -1) == 1;
}

bool number(X509* cert) {
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1) == 1;
}

bool fill(X509* cert, EVP_PKEY* key, const std::string& name, std::time_t now) {
  X509_NAME* subject = X509_get_subject_name(cert);
  const auto* common = reinterpret_cast<const unsigned char*>("millrace reports");
  return X509_set_version(cert, X509_VERSION_3) == 1 && number(cert) && ASN1_TIME_set(X509_getm_notBefore(cert), now - kSkew) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(cert), now + kValid) != nullptr && X509_set_pubkey(cert, key) == 1 &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common, -1, -1, 0) == 1 && X509_set_issuer_name(cert, subject) == 1 &&
         extend(cert, NID_basic_constraints, "critical,CA:FALSE") && extend(cert, NID_key_usage, "critical,digitalSignature") &&
         extend(cert, NID_ext_key_usage, "serverAuth") && extend(cert, NID_subject_alt_name, "DNS:" + name) &&
         X509_sign(cert, key, EVP_sha256()) > 0;
}

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

// Names of Services and namespaces; anything else would be read as OpenSSL's own syntax.
bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 253 && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string::npos;
}

Bio bytes_of(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

}  // namespace

core::Result<Certificate> make_certificate(const std::string& dns_name, core::Instant now) {
  const Key key(is_name(dns_name) ? EVP_EC_gen("P-256") : nullptr);
  const X509Ptr cert(X509_new());
  const Bio pem(BIO_new(BIO_s_mem())), secret(BIO_new(BIO_s_mem()));
  const bool made = key && cert && pem && secret && fill(cert.get(), key.get(), dns_name, now.time_since_epoch().count()) &&
                    PEM_write_bio_X509(pem.get(), cert.get()) == 1 &&
                    PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (!made) return core::Error{core::ErrorCode::Invalid, "no certificate can be made for \"" + dns_name + "\""};
  return Certificate{.certificate = text_of(pem.get()), .key = text_of(secret.get())};
}

bool is_usable(const Certificate& c, const std::string& dns_name, core::Instant now) {
  const X509Ptr cert(PEM_read_bio_X509(bytes_of(c.certificate).get(), nullptr, nullptr, nullptr));
  const Key key(PEM_read_bio_PrivateKey(bytes_of(c.key).get(), nullptr, nullptr, nullptr));
  if (!cert || !key || X509_check_private_key(cert.get(), key.get()) != 1) return false;
  std::time_t from = now.time_since_epoch().count(), until = from + kMargin;
  return X509_check_host(cert.get(), dns_name.c_str(), dns_name.size(), 0, nullptr) == 1 &&
         X509_cmp_time(X509_get0_notBefore(cert.get()), &from) < 0 && X509_cmp_time(X509_get0_notAfter(cert.get()), &until) > 0;
}

}  // namespace millrace::endpoints
