/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may use a route. Certificates are checked with every request, not only with the handshake: libmicrohttpd merely
 * asks for one, and a connection may outlive its certificate.
 */
#include "agent/net/http_internal.h"

#include <string.h>
#include <strings.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "agent/base/crypto.h"
#include "agent/base/hex.h"
#include "agent/base/sha256.h"

static gnutls_session_t session_of(const struct http_request *request)
{
    const union MHD_ConnectionInfo *info;

    if (!request->server->tls)
        return NULL;
    info = MHD_get_connection_info(request->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info ? (gnutls_session_t)info->tls_session : NULL;
}

/* NULL when the certificate holds, else what is wrong with it. */
static const char *certificate_fault(gnutls_session_t session)
{
    gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                     .data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT};
    unsigned faults = 0, count = 0;

    if (!gnutls_certificate_get_peers(session, &count) || count == 0)
        return "this path wants a client certificate; enrol first";
    if (gnutls_certificate_verify_peers(session, &purpose, 1, &faults) != GNUTLS_E_SUCCESS)
        return "the client certificate could not be checked";
    if (faults == 0)
        return NULL;
    if (faults & GNUTLS_CERT_EXPIRED)
        return "the client certificate has expired; enrol again";
    if (faults & GNUTLS_CERT_NOT_ACTIVATED)
        return "the client certificate is not valid yet; check the clocks";
    if (faults & GNUTLS_CERT_PURPOSE_MISMATCH)
        return "the certificate shown is no client certificate";
    return "the client certificate is not of this central's CA; enrol again";
}

static bool read_common_name(gnutls_x509_crt_t certificate, char out_name[HTTP_PEER_BYTES_MAX])
{
    char name[HTTP_PEER_BYTES_MAX];
    size_t len = sizeof name;
    bool good = gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &len) ==
                    GNUTLS_E_SUCCESS &&
                len > 0 && strlen(name) == len; /* a NUL inside would make it another name */

    if (good)
        memcpy(out_name, name, len + 1);
    return good;
}

/* A coordinate as 32 bytes: zeros may stand before it, or be left out. */
static bool put_coordinate(const gnutls_datum_t *number, uint8_t out[32])
{
    unsigned size = number->size, skip = 0;

    while (skip < size && number->data[skip] == 0)
        skip++;
    if (size - skip > 32)
        return false;
    memset(out, 0, 32);
    memcpy(out + 32 - (size - skip), number->data + skip, size - skip);
    return true;
}

/* The name of the key as pk_id gives it: of the uncompressed point. Other curves have none here. */
static bool read_key(gnutls_x509_crt_t certificate, char out_key[17])
{
    gnutls_ecc_curve_t curve;
    gnutls_datum_t x = {0}, y = {0};
    uint8_t point[65] = {4}, digest[SHA256_BYTES];
    bool good = gnutls_x509_crt_get_pk_ecc_raw(certificate, &curve, &x, &y) == GNUTLS_E_SUCCESS &&
                curve == GNUTLS_ECC_CURVE_SECP256R1 && put_coordinate(&x, point + 1) &&
                put_coordinate(&y, point + 33);

    gnutls_free(x.data);
    gnutls_free(y.data);
    if (good) {
        sha256_of(point, sizeof point, digest);
        hex_encode(digest, 8, out_key);
    }
    return good;
}

/* Who the peer is: name and key of its certificate. */
static bool read_peer(gnutls_session_t session, struct http_request *request)
{
    const gnutls_datum_t *chain;
    gnutls_x509_crt_t certificate;
    unsigned count = 0;
    bool good;

    chain = gnutls_certificate_get_peers(session, &count);
    if (!chain || count == 0 || gnutls_x509_crt_init(&certificate) != GNUTLS_E_SUCCESS)
        return false;
    good = gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) == GNUTLS_E_SUCCESS &&
           read_common_name(certificate, request->peer_name);
    if (good)
        (void)read_key(certificate,
                       request->peer_key); /* without one it is "": for whom that matters, it fits none */
    gnutls_x509_crt_deinit(certificate);
    return good;
}

static bool check_certificate(struct http_request *request)
{
    gnutls_session_t session = session_of(request);
    const char *fault;

    if (!session) {
        http_request_refuse(request, 401, "no_certificate",
                            "this path is served over TLS with a client certificate only");
        return false;
    }
    fault = certificate_fault(session);
    if (!fault && !read_peer(session, request))
        fault = "the client certificate has no usable common name; enrol again";
    if (fault)
        http_request_refuse(request, 401, "no_certificate", fault);
    return !fault;
}

/* "127.0.0.1", "localhost" or "[::1]", with or without a port: anything else came by a name that points here
 * (rebinding). */
static bool is_loopback(const char *host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    size_t i, len;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        len = strlen(names[i]);
        if (strncasecmp(host, names[i], len) == 0 && (host[len] == '\0' || host[len] == ':') &&
            strspn(host + len, ":0123456789") == strlen(host + len))
            return true;
    }
    return false;
}

static bool is_loopback_origin(const char *origin)
{
    return strncmp(origin, "http://", 7) == 0 && is_loopback(origin + 7);
}

static bool token_fits(const struct http_request *request)
{
    static const char scheme[] = "Bearer ";
    const char *want = request->server->bearer_token;
    const char *given = http_header(request, "Authorization");

    if (!want || strncasecmp(given, scheme, sizeof scheme - 1) != 0)
        return false;
    given += sizeof scheme - 1;
    return strlen(given) == strlen(want) && crypto_equal(given, want, strlen(want));
}

static bool check_peer(struct http_request *request)
{
    const char *origin = http_header(request, "Origin");

    if (request->server->unix_socket)
        return true;
    if (!is_loopback(http_header(request, "Host")) || (origin[0] && !is_loopback_origin(origin))) {
        http_request_refuse(request, 403, "bad_host",
                            "this address is served to this machine only, as 127.0.0.1 or localhost");
        return false;
    }
    if (!token_fits(request)) {
        http_add_header(request, "WWW-Authenticate", "Bearer");
        http_request_refuse(request, 401, "no_token",
                            "this path wants the header Authorization: Bearer with the token of this machine");
        return false;
    }
    return true;
}

bool http_auth_check(struct http_request *request)
{
    gnutls_session_t session;

    switch (request->route->auth) {
    case HTTP_AUTH_PEER:
        return check_peer(request);
    case HTTP_AUTH_CERTIFICATE:
        return check_certificate(request);
    case HTTP_AUTH_NONE:
        /* The name is there for a client that shows a good certificate all the same. */
        session = session_of(request);
        if (session && !certificate_fault(session))
            (void)read_peer(session, request);
        return true;
    }
    return false; /* http_server_create has refused such a table */
}
