/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of a certificate, where mbedTLS 2.28 writes none or writes them otherwise than RFC 5280 wants. */
#include <arpa/inet.h>
#include <string.h>

#include <mbedtls/asn1write.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include "agent/base/x509_internal.h"

enum { SAN_BYTES_MAX = 512 };

/* One GeneralName, written backwards like all DER of mbedTLS. */
static int put_general_name(unsigned char **at, unsigned char *start, unsigned char tag, const void *bytes,
                            size_t len)
{
    int total = mbedtls_asn1_write_raw_buffer(at, start, bytes, len);
    int code;

    if (total < 0)
        return total;
    code = mbedtls_asn1_write_len(at, start, len);
    if (code < 0)
        return code;
    total += code;
    code = mbedtls_asn1_write_tag(at, start, MBEDTLS_ASN1_CONTEXT_SPECIFIC | tag);
    return code < 0 ? code : total + code;
}

enum { GENERAL_NAME_DNS = 2, GENERAL_NAME_IP = 7 };

/* mbedTLS 2.28 writes no subject alternative names: ours are the name given (an address counts as such), then
 * localhost and the two loopback addresses, so that a central is also tried on its own machine. */
static int set_alternative_names(mbedtls_x509write_cert *writer, const char *dns_name)
{
    static const uint8_t loopback4[4] = {127, 0, 0, 1};
    static const uint8_t loopback6[16] = {[15] = 1};
    uint8_t der[SAN_BYTES_MAX], address[16];
    unsigned char *at = der + sizeof der;
    size_t address_len = 0;
    int len;

    if (inet_pton(AF_INET, dns_name, address) == 1)
        address_len = 4;
    else if (inet_pton(AF_INET6, dns_name, address) == 1)
        address_len = 16;

    len = put_general_name(&at, der, GENERAL_NAME_IP, loopback6, sizeof loopback6);
    if (len >= 0)
        len = put_general_name(&at, der, GENERAL_NAME_IP, loopback4, sizeof loopback4);
    if (len >= 0)
        len = put_general_name(&at, der, GENERAL_NAME_DNS, "localhost", strlen("localhost"));
    if (len >= 0 && address_len > 0)
        len = put_general_name(&at, der, GENERAL_NAME_IP, address, address_len);
    else if (len >= 0 && strcmp(dns_name, "localhost") != 0)
        len = put_general_name(&at, der, GENERAL_NAME_DNS, dns_name, strlen(dns_name));
    if (len >= 0)
        len = mbedtls_asn1_write_len(&at, der, (size_t)(der + sizeof der - at));
    if (len >= 0)
        len = mbedtls_asn1_write_tag(&at, der, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
    if (len < 0)
        return len;
    return mbedtls_x509write_crt_set_extension(writer, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                               MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, at,
                                               (size_t)(der + sizeof der - at));
}

/* By hand, since mbedTLS 2.28 leaves basicConstraints of a CA uncritical against RFC 5280, and has no EKU writer. */
static int set_basic_constraints(mbedtls_x509write_cert *writer, bool is_ca)
{
    static const uint8_t ca[] = {0x30, 0x03, 0x01, 0x01, 0xff};
    static const uint8_t leaf[] = {0x30, 0x00};

    return mbedtls_x509write_crt_set_extension(writer, MBEDTLS_OID_BASIC_CONSTRAINTS,
                                               MBEDTLS_OID_SIZE(MBEDTLS_OID_BASIC_CONSTRAINTS), 1, is_ca ? ca : leaf,
                                               is_ca ? sizeof ca : sizeof leaf);
}

static int set_extended_key_usage(mbedtls_x509write_cert *writer, bool is_server)
{
    /* SEQUENCE { OID id-kp-serverAuth (…3.1) or id-kp-clientAuth (…3.2) } */
    uint8_t usage[] = {0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, is_server ? 1 : 2};

    return mbedtls_x509write_crt_set_extension(writer, MBEDTLS_OID_EXTENDED_KEY_USAGE,
                                               MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE), 0, usage,
                                               sizeof usage);
}

int x509_set_extensions(mbedtls_x509write_cert *writer, const struct x509_issue *issue)
{
    int code = set_basic_constraints(writer, issue->is_ca);

    if (code == 0)
        code = mbedtls_x509write_crt_set_key_usage(writer, issue->is_ca ? MBEDTLS_X509_KU_KEY_CERT_SIGN |
                                                                              MBEDTLS_X509_KU_CRL_SIGN
                                                                        : MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    if (code == 0 && !issue->is_ca)
        code = set_extended_key_usage(writer, issue->is_server);
    if (code == 0 && issue->dns_name)
        code = set_alternative_names(writer, issue->dns_name);
    if (code == 0)
        code = mbedtls_x509write_crt_set_subject_key_identifier(writer);
    if (code == 0)
        code = mbedtls_x509write_crt_set_authority_key_identifier(writer);
    return code;
}
