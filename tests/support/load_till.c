/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/load_till.h"

#include "agent/base/crypto.h"

enum status load_till_enrol(struct central *central, const struct load_till *till, const struct pk *key,
                            char out_certificate[X509_PEM_BYTES_MAX], struct errmsg *err)
{
    static const uint8_t zeros[SHA256_BYTES];
    int64_t now_s = clock_wall_ms(clock_system()) / 1000;
    struct x509_issue issue = {.subject_key = key,
                               .common_name = till->dev_hex,
                               .issuer_key = central->ca_key,
                               .issuer_pem = central->ca_pem,
                               .not_before_unix_s = now_s - 60,
                               .not_after_unix_s = now_s + 86400};
    enum status st = x509_certificate(&issue, out_certificate, err);

    if (st != ST_OK)
        return st;
    return STORE_RUN(central->store, STATEMENT_DEVICE_PUT, err, V_TEXT(till->dev_hex), V_TEXT("demo"), V_TEXT("S12"),
                     V_TEXT(till->till), V_BLOB(zeros, CRYPTO_KEY_BYTES), V_INT(0), V_TEXT(till->epoch_hex), V_INT(0),
                     V_BLOB(zeros, SHA256_BYTES), V_TEXT("load"), V_INT(0), V_TEXT(""), V_TEXT(""));
}
