#ifndef QW_COPENSSL_H
#define QW_COPENSSL_H
/* OpenSSL 3, and static inline wrappers (qw_ssl_*) for its macros, which Swift does not import. */
#include <openssl/ssl.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#endif
