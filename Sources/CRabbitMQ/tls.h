// What librabbitmq 0.11 leaves undone of TLS, done on its SSL_CTX with OpenSSL 3: it verifies the broker only after the
// handshake, when a client certificate has been shown already; it says no reason; it matches no IP addresses; it sends
// the host it connects to as the server's name, whatever name was configured; and it lets OpenSSL ask the terminal for
// the passphrase of a key.
#ifndef CRABBITMQ_TLS_H
#define CRABBITMQ_TLS_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

// What a handshake is told, and what it leaves behind for the words of an error. It must outlive the SSL_CTX.
//
// It hangs on the SSL_CTX, not on a thread-local: these functions are static, and each object file that uses them would
// have a thread-local of its own.
struct crabbitmq_handshake {
  char server_name[256];   // the name to ask for (SNI); empty for none, as an address must not be sent as one
  const char *passphrase;  // of the client's key; only while that is read
  int wants_passphrase;    // whether the key is encrypted
  int has_begun;           // the TCP connection stands
  int verify_error;        // X509_V_ERR_..., or 0
  int verify_depth;        // of the certificate it is about: 0 is the server's own
  int alert;               // the last one the server sent, or 0
  SSL *ssl;                // one reference of ours, once the handshake has begun; the library may have dropped its own
};

static inline struct crabbitmq_handshake *crabbitmq_handshake_of(const SSL *ssl) {
  return (struct crabbitmq_handshake *)SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

// Ends the handshake at the first fault, before the client shows anything of its own.
static inline int crabbitmq_verify(int is_good, X509_STORE_CTX *store) {
  if (!is_good) {
    const SSL *ssl = (const SSL *)X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct crabbitmq_handshake *handshake = crabbitmq_handshake_of(ssl);
    handshake->verify_error = X509_STORE_CTX_get_error(store);
    handshake->verify_depth = X509_STORE_CTX_get_error_depth(store);
  }
  return is_good;
}

static inline void crabbitmq_notice(const SSL *ssl, int where, int value) {
  struct crabbitmq_handshake *handshake = crabbitmq_handshake_of(ssl);
  if (where & SSL_CB_HANDSHAKE_START) {
    handshake->has_begun = 1;
    if (!handshake->ssl && SSL_up_ref((SSL *)ssl)) handshake->ssl = (SSL *)ssl;
    // The last moment at which the name can be set, and the first at which it is ours: librabbitmq, which lets nobody
    // have the SSL, has just set its own.
    (void)SSL_set_tlsext_host_name((SSL *)ssl, handshake->server_name[0] ? handshake->server_name : NULL);
  } else if (where == SSL_CB_READ_ALERT) {
    int description = value & 0xff;
    if (description != SSL3_AD_CLOSE_NOTIFY && description != TLS1_AD_USER_CANCELLED) handshake->alert = description;
  }
}

// Lets go of the connection's SSL.
static inline void crabbitmq_release(struct crabbitmq_handshake *handshake) {
  SSL_free(handshake->ssl);
  handshake->ssl = NULL;
}

// Reads an alert that was left lying, after the library has failed to send and closed its socket: from a duplicate of
// that, which must not block.
static inline void crabbitmq_read_alert(struct crabbitmq_handshake *handshake, int descriptor) {
  char dropped[4096];
  BIO *source, *sink;
  int round;
  if (!handshake->ssl) return;
  source = BIO_new_socket(descriptor, BIO_NOCLOSE);
  // The number of the library's own socket may be somebody else's by now, and nothing has to be written any more.
  sink = BIO_new(BIO_s_mem());
  if (!source || !sink) {
    BIO_free(source);
    BIO_free(sink);
    return;
  }
  SSL_set_bio(handshake->ssl, source, sink);
  // A refusal comes at the start. The bound is for a server that would send for ever.
  for (round = 0; round < 16 && !handshake->alert; round++) {
    if (SSL_read(handshake->ssl, dropped, sizeof dropped) <= 0) break;
  }
}

// OpenSSL's own callback asks the terminal.
static inline int crabbitmq_passphrase(char *buffer, int capacity, int is_writing, void *data) {
  struct crabbitmq_handshake *handshake = (struct crabbitmq_handshake *)data;
  size_t length;
  (void)is_writing;
  handshake->wants_passphrase = 1;
  if (!handshake->passphrase) return -1;
  length = strlen(handshake->passphrase);
  if (length > (size_t)capacity) return -1;
  memcpy(buffer, handshake->passphrase, length);
  return (int)length;
}

// Has the server verified in the handshake, under a name or an address; 0 where that can't be set up.
static inline int crabbitmq_verify_server(SSL_CTX *context, struct crabbitmq_handshake *handshake, const char *name) {
  X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(context);
  SSL_CTX_set_app_data(context, handshake);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, crabbitmq_verify);
  SSL_CTX_set_info_callback(context, crabbitmq_notice);
  SSL_CTX_set_default_passwd_cb(context, crabbitmq_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, handshake);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (!SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION)) return 0;
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, name)) return 1;
  // OpenSSL takes an empty name for "any", and one that starts with a dot for "any below".
  if (!name[0] || name[0] == '.' || strlen(name) >= sizeof handshake->server_name) return 0;
  strcpy(handshake->server_name, name);
  return X509_VERIFY_PARAM_set1_host(parameters, name, 0);
}

// Reads the client's key, with a passphrase or NULL; 1 where it is read, and is not another one of the certificate's kind.
static inline int crabbitmq_use_key(SSL_CTX *context, struct crabbitmq_handshake *handshake, const char *file,
                                    const char *passphrase) {
  int status;
  handshake->passphrase = passphrase;
  status = SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM);
  handshake->passphrase = NULL;
  return status;
}

// Whether an error of OpenSSL's says that certificate and key are no pair.
static inline int crabbitmq_is_mismatch(unsigned long code) {
  return ERR_GET_LIB(code) == ERR_LIB_X509 && (ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH ||
                                               ERR_GET_REASON(code) == X509_R_KEY_TYPE_MISMATCH);
}

// Whether an error of OpenSSL's is this one of its SSL library.
static inline int crabbitmq_is_ssl_reason(unsigned long code, int reason) {
  return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == reason;
}

// The words for an error of OpenSSL's, or NULL.
static inline const char *crabbitmq_reason(unsigned long code) {
  return ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
}

#endif
