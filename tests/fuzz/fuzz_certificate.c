/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever comes as PEM: requests for a certificate, certificates and authorities, keys. The second half of the
 * input, after a line "--", is the set of authorities that the first half is held against. */
#include "agent/base/pk.h"
#include "agent/base/x509.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
    if (!holds)
        abort();
}

static void read_request(const char *pem)
{
    char name[X509_NAME_BYTES_MAX] = "";
    struct errmsg err = ERRMSG_INIT;
    struct pk *key = NULL;
    char id[17];

    if (x509_read_request(pem, name, &key, &err) == ST_OK)
        must(key && strlen(name) < sizeof name && pk_id(key, id) == ST_OK);
    else
        must(!key && err.text[0]);
    pk_destroy(key);
}

static void read_certificate(const char *pem, const char *authorities)
{
    char name[X509_NAME_BYTES_MAX] = "";
    struct errmsg err = ERRMSG_INIT;
    struct pk *key = NULL;
    int64_t from_s = 0, until_s = 0, end_s = 0;
    enum status st = x509_read(pem, name, &end_s, &err);

    must(st == ST_OK || err.text[0]);
    if (st == ST_OK)
        must(x509_validity(pem, &from_s, &until_s, &err) == ST_OK && until_s == end_s);
    if (x509_public_key(pem, &key, &err) == ST_OK)
        must(key != NULL);
    pk_destroy(key);
    (void)x509_check_issuer(pem, authorities, false, &err);
    (void)x509_check_issuer(pem, authorities, true, &err);
}

static void read_key(const char *pem)
{
    struct errmsg err = ERRMSG_INIT;
    struct pk *key = NULL;

    if (pk_from_public_pem(pem, &key, &err) != ST_OK)
        must(!key);
    pk_destroy(key);
    key = NULL;
    if (pk_from_private_pem(pem, &key, &err) != ST_OK)
        must(!key);
    pk_destroy(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *second;

    must(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    second = strstr(text, "\n--\n");
    if (second) {
        *second = '\0';
        second += 4;
    }
    read_request(text);
    read_certificate(text, second ? second : text);
    read_key(text);
    free(text);
    return 0;
}
