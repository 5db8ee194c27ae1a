/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_code - the code an app shows: "v1.ID.EXPIRES.SIGNATURE", taken apart.
 *
 * ID is the member's number (1 to 64 of A-Z a-z 0-9 _ -), EXPIRES Unix seconds, SIGNATURE the ECDSA P-256 signature
 * over the SHA-256 of all before its dot, as 64 bytes r and s in base64url without padding (as JOSE's ES256 has it).
 */
#ifndef LOYALD_CODES_APP_CODE_H
#define LOYALD_CODES_APP_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { APP_CODE_ID_MAX = 64, APP_CODE_SIGNATURE_CHARACTERS = 86, APP_CODE_BYTES_MAX = 192 };
#define APP_CODE_PREFIX "v1."

struct app_code {
    char id[APP_CODE_ID_MAX + 1];
    int64_t expires_unix_s;
    size_t signed_len;                                 /* of the text: what the signature is over */
    char signature[APP_CODE_SIGNATURE_CHARACTERS + 1]; /* as it stands: who has a key decodes it */
};

/* Says nothing about who signed it. False: no app code, *out_why says what is wrong without the content. */
bool app_code_parse(const char *text, size_t len, struct app_code *out_code, const char **out_why);

#endif
