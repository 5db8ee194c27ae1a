/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/client/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

extern char **environ;

enum { NAME_BYTES_MAX = 256 };

/* By how they begin: each version of OpenSSL hears more of them (OPENSSL_CONF, _CONF_INCLUDE, _ENGINES, _MODULES...).
 */
static const char *const beginnings[] = {"OPENSSL_", "SSL_", "CURL_"};
/* CTLOG_FILE: OpenSSL; QLOGDIR: libcurl; the last three turn the resolver to other hosts. */
static const char *const names[] = {"SSLKEYLOGFILE", "CTLOG_FILE",  "QLOGDIR",
                                    "HOSTALIASES",   "LOCALDOMAIN", "RES_OPTIONS"};
static const char proxy_end[] = "_proxy"; /* of any scheme, in either case */

static bool is_unwanted(const char *name, size_t len)
{
    size_t end_len = sizeof proxy_end - 1;

    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == len && memcmp(name, names[i], len) == 0)
            return true;
    return len > end_len && strncasecmp(name + len - end_len, proxy_end, end_len) == 0;
}

/* False when there is none left, or its name is longer than any that a library of ours asks for. */
static bool find_unwanted(char out_name[NAME_BYTES_MAX])
{
    for (char **at = environ; at && *at; at++) {
        size_t len = strcspn(*at, "=");

        if (len >= NAME_BYTES_MAX || !is_unwanted(*at, len))
            continue;
        memcpy(out_name, *at, len);
        out_name[len] = '\0';
        return true;
    }
    return false;
}

void environment_clean(void)
{
    char name[NAME_BYTES_MAX];

    while (find_unwanted(name) && unsetenv(name) == 0) /* fails only for what is no name */
        ;
}
