/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/crypto.h"
#include "agent/base/hex.h"
#include "agent/base/x509.h"

#include <criterion/criterion.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A CA and its key made by another tool for this test, its subject of two parts. */
static const char foreign_key_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                                      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPBARAgNXMF2StzFQ\n"
                                      "JeRpwWewrxj0WcCjkn4zbv5LtD6hRANCAASTtNQQkRnSzAgSPM+FVerfe8jKN9JJ\n"
                                      "WhRvw2Vw1jL8V6OSPtaJcobwijk13KuvPRiBVsDNfMGt7eEXwIDD2pzJ\n"
                                      "-----END PRIVATE KEY-----\n";
static const char foreign_ca_pem[] = "-----BEGIN CERTIFICATE-----\n"
                                     "MIIBojCCAUegAwIBAgIUVT6+UJeStubfEWW0kKz7nZg/E4owCgYIKoZIzj0EAwIw\n"
                                     "JTEOMAwGA1UECgwFQ2hhaW4xEzARBgNVBAMMCkZvcmVpZ24gQ0EwIBcNMjYxMTIy\n"
                                     "MDMyNzU2WhgPMjEyNjEwMjkwMzI3NTZaMCUxDjAMBgNVBAoMBUNoYWluMRMwEQYD\n"
                                     "VQQDDApGb3JlaWduIENBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEk7TUEJEZ\n"
                                     "0swIEjzPhVXq33vIyjfSSVoUb8NlcNYy/Fejkj7WiXKG8Io5Ndyrrz0YgVbAzXzB\n"
                                     "re3hF8CAw9qcyaNTMFEwHQYDVR0OBBYEFIZf0V3+w0ANNj8UinvBHomesLEqMB8G\n"
                                     "A1UdIwQYMBaAFIZf0V3+w0ANNj8UinvBHomesLEqMA8GA1UdEwEB/wQFMAMBAf8w\n"
                                     "CgYIKoZIzj0EAwIDSQAwRgIhAOQDb5At0xaGwc8oRoMVbXkBuXFc6WjzGMa4Gs9d\n"
                                     "VmHJAiEA0J1VqkDUNhADoRiwHpkxDAOpmsXmdYJDp690O0NoyYA=\n"
                                     "-----END CERTIFICATE-----\n";

enum { DAY_S = 86400 };
#define START_S INT64_C(1795000000) /* 2026-11-18 */
#define END_S   (START_S + 365 * INT64_C(86400))

/* A chain as the central makes it. */
struct chain {
    struct pk *ca_key, *server_key, *client_key;
    char ca[X509_PEM_BYTES_MAX], server[X509_PEM_BYTES_MAX], client[X509_PEM_BYTES_MAX];
};

static struct pk *new_key(void)
{
    struct pk *key = NULL;

    cr_assert_eq(pk_generate(&key, NULL), ST_OK);
    return key;
}

static void issue(const struct x509_issue *wanted, char *out_pem)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(x509_certificate(wanted, out_pem, &err), ST_OK, "%s", err.text);
}

static struct x509_issue ca_issue(const struct pk *key)
{
    return (struct x509_issue){.subject_key = key,
                               .common_name = "Loyald CA",
                               .issuer_key = key,
                               .not_before_unix_s = START_S,
                               .not_after_unix_s = END_S,
                               .is_ca = true};
}

static struct x509_issue leaf_issue(const struct chain *chain, const struct pk *key, const char *name)
{
    return (struct x509_issue){.subject_key = key,
                               .common_name = name,
                               .issuer_key = chain->ca_key,
                               .issuer_pem = chain->ca,
                               .not_before_unix_s = START_S,
                               .not_after_unix_s = END_S};
}

static void make_chain(struct chain *out_chain, const char *dns_name)
{
    struct x509_issue wanted;

    out_chain->ca_key = new_key();
    out_chain->server_key = new_key();
    out_chain->client_key = new_key();
    wanted = ca_issue(out_chain->ca_key);
    issue(&wanted, out_chain->ca);
    wanted = leaf_issue(out_chain, out_chain->server_key, "central");
    wanted.dns_name = dns_name;
    wanted.is_server = true;
    issue(&wanted, out_chain->server);
    wanted = leaf_issue(out_chain, out_chain->client_key, "till 17");
    issue(&wanted, out_chain->client);
}

static void drop_chain(struct chain *chain)
{
    pk_destroy(chain->ca_key);
    pk_destroy(chain->server_key);
    pk_destroy(chain->client_key);
}

static gnutls_x509_crt_t import(const char *pem)
{
    gnutls_datum_t datum = {(unsigned char *)pem, (unsigned)strlen(pem)};
    gnutls_x509_crt_t certificate;

    gnutls_x509_crt_init(&certificate);
    cr_assert_eq(gnutls_x509_crt_import(certificate, &datum, GNUTLS_X509_FMT_PEM), 0);
    return certificate;
}

static time_t fixed_now(time_t *out)
{
    time_t now = START_S + DAY_S;

    if (out)
        *out = now;
    return now;
}

/* What GnuTLS thinks of a leaf under a CA, for a purpose and a host name: 0 is fine. */
static unsigned gnutls_opinion(const char *ca, const char *leaf, const char *purpose, const char *host)
{
    gnutls_x509_crt_t anchor = import(ca), certificate = import(leaf);
    gnutls_x509_trust_list_t list;
    gnutls_typed_vdata_st data[2] = {
        {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose, .size = (unsigned)strlen(purpose)},
        {.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)host, .size = host ? (unsigned)strlen(host) : 0}};
    unsigned opinion = ~0u;

    gnutls_global_set_time_function(fixed_now);
    gnutls_x509_trust_list_init(&list, 0);
    cr_assert_eq(gnutls_x509_trust_list_add_cas(list, &anchor, 1, 0), 1);
    cr_assert_eq(gnutls_x509_trust_list_verify_crt2(list, &certificate, 1, data, host ? 2 : 1, 0, &opinion, NULL), 0);
    gnutls_x509_trust_list_deinit(list, 1); /* the anchor with it */
    gnutls_x509_crt_deinit(certificate);
    return opinion;
}

Test(x509, gnutls_takes_the_chain)
{
    static const char *const hosts[] = {"central.example", "localhost", "127.0.0.1", "::1"};
    struct chain chain;
    size_t i;

    make_chain(&chain, "central.example");
    for (i = 0; i < sizeof hosts / sizeof *hosts; i++)
        cr_expect_eq(gnutls_opinion(chain.ca, chain.server, GNUTLS_KP_TLS_WWW_SERVER, hosts[i]), 0, "%s", hosts[i]);
    cr_expect_eq(gnutls_opinion(chain.ca, chain.client, GNUTLS_KP_TLS_WWW_CLIENT, NULL), 0);

    cr_expect_neq(gnutls_opinion(chain.ca, chain.server, GNUTLS_KP_TLS_WWW_SERVER, "elsewhere.example"), 0);
    cr_expect_neq(gnutls_opinion(chain.ca, chain.server, GNUTLS_KP_TLS_WWW_CLIENT, NULL), 0);
    cr_expect_neq(gnutls_opinion(chain.ca, chain.client, GNUTLS_KP_TLS_WWW_SERVER, NULL), 0);
    cr_expect_neq(gnutls_opinion(chain.server, chain.client, GNUTLS_KP_TLS_WWW_CLIENT, NULL), 0,
                  "a server's certificate vouches for nobody");
    drop_chain(&chain);
}

Test(x509, an_address_is_a_name_too)
{
    struct chain chain;

    make_chain(&chain, "10.1.2.3");
    cr_expect_eq(gnutls_opinion(chain.ca, chain.server, GNUTLS_KP_TLS_WWW_SERVER, "10.1.2.3"), 0);
    cr_expect_neq(gnutls_opinion(chain.ca, chain.server, GNUTLS_KP_TLS_WWW_SERVER, "10.1.2.4"), 0);
    drop_chain(&chain);
    make_chain(&chain, "2001:db8::7");
    cr_expect_eq(gnutls_opinion(chain.ca, chain.server, GNUTLS_KP_TLS_WWW_SERVER, "2001:db8::7"), 0);
    drop_chain(&chain);
    make_chain(&chain, "localhost");
    cr_expect_eq(gnutls_opinion(chain.ca, chain.server, GNUTLS_KP_TLS_WWW_SERVER, "localhost"), 0);
    drop_chain(&chain);
}

/* The shape RFC 5280 asks for, read by somebody else. */
Test(x509, extensions_are_those_of_the_role)
{
    struct chain chain;
    gnutls_x509_crt_t ca, server;
    unsigned critical = 0, is_ca = 0, usage = 0;
    uint8_t subject_id[64], authority_id[64], serial[64], other_serial[64];
    size_t subject_len = sizeof subject_id, authority_len = sizeof authority_id;
    size_t serial_len = sizeof serial, other_len = sizeof other_serial;

    make_chain(&chain, "central.example");
    ca = import(chain.ca);
    server = import(chain.server);
    cr_expect_eq(gnutls_x509_crt_get_version(server), 3);
    cr_expect_gt(gnutls_x509_crt_get_basic_constraints(ca, &critical, &is_ca, NULL), 0);
    cr_expect(critical && is_ca);
    cr_expect_eq(gnutls_x509_crt_get_basic_constraints(server, &critical, &is_ca, NULL), 0);
    cr_expect_not(is_ca);
    cr_expect_eq(gnutls_x509_crt_get_key_usage(ca, &usage, &critical), 0);
    cr_expect_eq(usage, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    cr_expect_eq(gnutls_x509_crt_get_key_usage(server, &usage, &critical), 0);
    cr_expect_eq(usage, GNUTLS_KEY_DIGITAL_SIGNATURE);
    cr_expect_eq(gnutls_x509_crt_get_subject_key_id(ca, subject_id, &subject_len, NULL), 0);
    cr_expect_eq(gnutls_x509_crt_get_authority_key_id(server, authority_id, &authority_len, NULL), 0);
    cr_expect(subject_len == authority_len && memcmp(subject_id, authority_id, subject_len) == 0);
    cr_expect_eq(gnutls_x509_crt_get_serial(ca, serial, &serial_len), 0);
    cr_expect_eq(gnutls_x509_crt_get_serial(server, other_serial, &other_len), 0);
    cr_expect_eq(serial_len, 16);
    cr_expect_eq(other_len, 16);
    cr_expect_neq(memcmp(serial, other_serial, 16), 0);
    cr_expect_eq(gnutls_x509_crt_get_activation_time(server), START_S);
    cr_expect_eq(gnutls_x509_crt_get_expiration_time(server), END_S);
    gnutls_x509_crt_deinit(server);
    gnutls_x509_crt_deinit(ca);
    drop_chain(&chain);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

/* Both TLS libraries we meet must agree; the command is there or the test says nothing. */
Test(x509, openssl_takes_the_chain_and_the_request)
{
    char folder[] = "/tmp/loyald-x509-XXXXXX", command[512], pem[X509_PEM_BYTES_MAX];
    struct chain chain;

    if (system("openssl version >/dev/null 2>&1") != 0)
        cr_skip_test("no openssl command here");
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    make_chain(&chain, "central.example");
    write_text("ca", chain.ca);
    write_text("server", chain.server);
    write_text("client", chain.client);
    cr_assert_eq(x509_request(chain.client_key, "till 17", pem, NULL), ST_OK);
    write_text("request", pem);
#define VERIFY "openssl verify -x509_strict -attime 1795086400 -CAfile ca "
    cr_expect_eq(system(VERIFY "-purpose sslserver -verify_hostname central.example server >/dev/null"), 0);
    cr_expect_eq(system(VERIFY "-purpose sslserver -verify_ip ::1 server >/dev/null"), 0);
    cr_expect_eq(system(VERIFY "-purpose sslclient client >/dev/null"), 0);
    cr_expect_neq(system(VERIFY "-purpose sslserver client >/dev/null 2>&1"), 0);
    cr_expect_eq(system("openssl req -verify -noout -in request >/dev/null 2>&1"), 0);
    drop_chain(&chain);
    cr_expect_eq(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_expect_eq(system(command), 0);
}

Test(x509, reads_name_and_end_of_what_it_wrote)
{
    char pem[X509_PEM_BYTES_MAX], name[X509_NAME_BYTES_MAX] = "";
    struct pk *key = new_key();
    struct x509_issue wanted = ca_issue(key);
    int64_t end = 0;

    wanted.common_name = "Касса 5";
    issue(&wanted, pem);
    cr_expect_eq(x509_read(pem, name, &end, NULL), ST_OK);
    cr_expect_str_eq(name, "Касса 5");
    cr_expect_eq(end, END_S);
    wanted.not_after_unix_s = INT64_C(253402300799); /* 9999-12-31T23:59:59Z */
    issue(&wanted, pem);
    cr_expect_eq(x509_read(pem, name, &end, NULL), ST_OK);
    cr_expect_eq(end, INT64_C(253402300799));
    pk_destroy(key);
}

Test(x509, request_brings_name_and_key_to_the_central)
{
    char pem[X509_PEM_BYTES_MAX], name[X509_NAME_BYTES_MAX] = "", id[17], again[17];
    struct pk *key = new_key(), *read = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(x509_request(key, "till-17", pem, &err), ST_OK, "%s", err.text);
    cr_assert_eq(x509_read_request(pem, name, &read, &err), ST_OK, "%s", err.text);
    cr_expect_str_eq(name, "till-17");
    pk_id(key, id);
    pk_id(read, again);
    cr_expect_str_eq(id, again);
    pk_destroy(read);
    pk_destroy(key);
}

/* Replaces one byte of the DER in a PEM: the one at which text is found, plus offset from there. */
static void tamper(char *pem, const char *text, size_t offset)
{
    gnutls_datum_t input = {(unsigned char *)pem, (unsigned)strlen(pem)}, der, output;
    uint8_t *at;

    cr_assert_eq(gnutls_pem_base64_decode2("CERTIFICATE REQUEST", &input, &der), 0);
    at = memmem(der.data, der.size, text, strlen(text));
    cr_assert_not_null(at);
    at[offset] ^= 1;
    cr_assert_eq(gnutls_pem_base64_encode2("CERTIFICATE REQUEST", &der, &output), 0);
    memcpy(pem, output.data, output.size);
    pem[output.size] = '\0';
    gnutls_free(der.data);
    gnutls_free(output.data);
}

Test(x509, a_request_changed_on_its_way_is_refused)
{
    char pem[X509_PEM_BYTES_MAX], name[X509_NAME_BYTES_MAX] = "untouched";
    struct pk *key = new_key(), *read = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(x509_request(key, "till-17", pem, NULL), ST_OK);
    tamper(pem, "till-17", 6);
    cr_expect_eq(x509_read_request(pem, name, &read, &err), ST_DENIED);
    cr_expect(strstr(err.text, "certificate request: signature"), "%s", err.text);

    cr_assert_eq(x509_request(key, "till-17", pem, NULL), ST_OK);
    tamper(pem, "\x2a\x86\x48\xce\x3d\x04\x03\x02", 7); /* another algorithm: SHA-384 */
    cr_expect_eq(x509_read_request(pem, name, &read, &err), ST_INVALID);
    cr_expect_eq(x509_read_request("", name, &read, &err), ST_INVALID);
    cr_expect_str_eq(name, "untouched");
    cr_expect_null(read);
    pk_destroy(key);
}

Test(x509, names_that_could_be_read_as_more_are_refused)
{
    static const char *const names[] = {"",     "a,O=b",
                                        "a=b",  "a+b",
                                        "a\\b", "a\"b",
                                        "a;b",  "<a",
                                        " a",   "a ",
                                        "#a",   "a\nb",
                                        "\xff", "12345678901234567890123456789012345678901234567890123456789012345"};
    char pem[X509_PEM_BYTES_MAX] = "untouched";
    struct pk *key = new_key();
    struct x509_issue wanted = ca_issue(key);
    struct errmsg err = ERRMSG_INIT;
    size_t i;

    for (i = 0; i < sizeof names / sizeof *names; i++) {
        cr_expect_eq(x509_request(key, names[i], pem, &err), ST_INVALID, "%s", names[i]);
        cr_expect(strstr(err.text, "common name: "), "%s", err.text);
        wanted.common_name = names[i];
        cr_expect_eq(x509_certificate(&wanted, pem, &err), ST_INVALID, "%s", names[i]);
    }
    cr_expect_str_eq(pem, "untouched");
    cr_expect_eq(x509_request(key, "1234567890123456789012345678901234567890123456789012345678901234", pem, &err),
                 ST_OK);
    pk_destroy(key);
}

Test(x509, host_names_and_spans_are_checked)
{
    static const char *const hosts[] = {"", "a b", "a,b", "http://a", "é"};
    char pem[X509_PEM_BYTES_MAX], long_host[300];
    struct pk *key = new_key();
    struct x509_issue wanted = ca_issue(key);
    size_t i;

    for (i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        wanted.dns_name = hosts[i];
        cr_expect_eq(x509_certificate(&wanted, pem, NULL), ST_INVALID, "%s", hosts[i]);
    }
    memset(long_host, 'a', sizeof long_host);
    long_host[254] = '\0';
    wanted.dns_name = long_host;
    cr_expect_eq(x509_certificate(&wanted, pem, NULL), ST_INVALID);
    long_host[253] = '\0';
    cr_expect_eq(x509_certificate(&wanted, pem, NULL), ST_OK);

    wanted = ca_issue(key);
    wanted.not_after_unix_s = wanted.not_before_unix_s;
    cr_expect_eq(x509_certificate(&wanted, pem, NULL), ST_RANGE);
    wanted.not_after_unix_s = INT64_C(253402300800);
    cr_expect_eq(x509_certificate(&wanted, pem, NULL), ST_RANGE);
    wanted = ca_issue(key);
    wanted.not_before_unix_s = 0;
    cr_expect_eq(x509_certificate(&wanted, pem, NULL), ST_RANGE);
    pk_destroy(key);
}

Test(x509, an_issuer_that_cannot_vouch_is_refused)
{
    char pem[X509_PEM_BYTES_MAX];
    struct pk *foreign_key = NULL;
    struct errmsg err = ERRMSG_INIT;
    struct x509_issue wanted;
    struct chain chain;

    make_chain(&chain, "central.example");
    wanted = leaf_issue(&chain, chain.client_key, "till 18");
    wanted.issuer_key = chain.server_key;
    cr_expect_eq(x509_certificate(&wanted, pem, &err), ST_CONFLICT);
    cr_expect_str_eq(err.text, "certificate: issuer: the certificate is of another key than the issuer's");
    wanted.issuer_pem = chain.server;
    cr_expect_eq(x509_certificate(&wanted, pem, &err), ST_DENIED);
    wanted.issuer_pem = "no certificate";
    cr_expect_eq(x509_certificate(&wanted, pem, &err), ST_INVALID);

    cr_assert_eq(pk_from_private_pem(foreign_key_pem, &foreign_key, &err), ST_OK);
    wanted.issuer_key = foreign_key;
    wanted.issuer_pem = foreign_ca_pem;
    cr_expect_eq(x509_certificate(&wanted, pem, &err), ST_UNSUPPORTED, "%s", err.text);
    pk_destroy(foreign_key);
    drop_chain(&chain);
}

Test(x509, garbage_is_no_certificate)
{
    static char huge[70000];
    char name[X509_NAME_BYTES_MAX] = "untouched";
    struct errmsg err = ERRMSG_INIT;
    int64_t end = 7;

    cr_expect_eq(x509_read("", name, &end, &err), ST_INVALID);
    cr_expect(strstr(err.text, "certificate: not a certificate in PEM"), "%s", err.text);
    memset(huge, 'x', sizeof huge - 1);
    cr_expect_eq(x509_read(huge, name, &end, &err), ST_FULL);
    cr_expect_str_eq(name, "untouched");
    cr_expect_eq(end, 7);
}

Test(x509, public_key_is_the_one_certified)
{
    struct pk *own = NULL, *certified = NULL;
    char own_id[17], certified_id[17];
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(pk_from_private_pem(foreign_key_pem, &own, &err), ST_OK, "%s", err.text);
    cr_assert_eq(x509_public_key(foreign_ca_pem, &certified, &err), ST_OK, "%s", err.text);
    cr_expect_eq(pk_id(own, own_id), ST_OK);
    cr_expect_eq(pk_id(certified, certified_id), ST_OK);
    cr_expect_str_eq(own_id, certified_id);
    pk_destroy(certified);
    certified = NULL;
    cr_expect_eq(x509_public_key(foreign_key_pem, &certified, &err), ST_INVALID);
    cr_expect_null(certified);
    pk_destroy(own);
}
