#ifndef QW_COPENSSL_H
#define QW_COPENSSL_H
/* OpenSSL 3, and static inline wrappers (qw_ssl_*) for its macros, which Swift does not import. */
#include <openssl/ssl.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

static inline int qw_ssl_ctx_set_min_version(SSL_CTX *ctx, int version) {
  return (int)SSL_CTX_set_min_proto_version(ctx, version);
}
static inline int qw_ssl_ctx_set_max_version(SSL_CTX *ctx, int version) {
  return (int)SSL_CTX_set_max_proto_version(ctx, version);
}
static inline void qw_ssl_ctx_set_stream_modes(SSL_CTX *ctx) {
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}
static inline void qw_ssl_ctx_set_read_ahead(SSL_CTX *ctx) { SSL_CTX_set_read_ahead(ctx, 1); }
static inline void qw_ssl_ctx_refuse_renegotiation(SSL_CTX *ctx) {
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}
static inline int qw_ssl_set_server_name(SSL *ssl, const char *host) {
  return (int)SSL_set_tlsext_host_name(ssl, host);
}
static inline int qw_ssl_set_pointer(SSL *ssl, void *pointer) { return SSL_set_app_data(ssl, pointer); }
static inline void *qw_ssl_get_pointer(const SSL *ssl) { return SSL_get_app_data(ssl); }

/* The session behind a certificate verification in progress. */
static inline SSL *qw_ssl_of_verification(X509_STORE_CTX *store) {
  return (SSL *)X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
}

static inline int qw_ssl_error_library(unsigned long code) { return ERR_GET_LIB(code); }
static inline int qw_ssl_error_reason(unsigned long code) { return ERR_GET_REASON(code); }

/* A source of our own over a socket: see the BIO callbacks in IO. */
static inline int qw_bio_new_type(void) { return BIO_get_new_index() | BIO_TYPE_SOURCE_SINK; }
static inline void qw_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline void qw_bio_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void qw_bio_retry_write(BIO *bio) { BIO_set_retry_write(bio); }
enum { QW_BIO_CTRL_FLUSH = BIO_CTRL_FLUSH, QW_BIO_CTRL_EOF = BIO_CTRL_EOF };
#endif
