/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/client/environment.h"

#include <stdlib.h>

#include <criterion/criterion.h>

Test(environment, loses_what_would_talk_the_libraries_into_something)
{
    static const char *const unwanted[] = {"http_proxy",
                                           "HTTPS_PROXY",
                                           "all_proxy",
                                           "No_Proxy",
                                           "ftp_proxy",
                                           "SSLKEYLOGFILE",
                                           "OPENSSL_CONF",
                                           "SSL_CERT_DIR",
                                           "OPENSSL_MODULES",
                                           "SSL_CERT_FILE",
                                           "OPENSSL_CONF_INCLUDE",
                                           "OPENSSL_ENGINES",
                                           "CTLOG_FILE",
                                           "HOSTALIASES",
                                           "CURL_CA_BUNDLE",
                                           "CURL_HOME",
                                           "RES_OPTIONS",
                                           "LOCALDOMAIN"};
    static const char *const wanted[] = {"CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET",  "PATH", "proxy_of_ours", "_proxy",
                                         "MY_SSL_CERT_FILE",      "SSLKEYLOGFILE_2"};

    for (size_t i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++)
        cr_assert_eq(setenv(unwanted[i], "x", 1), 0);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        cr_assert_eq(setenv(wanted[i], "y", 1), 0);
    environment_clean();
    for (size_t i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++)
        cr_expect_null(getenv(unwanted[i]), "%s", unwanted[i]);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        cr_expect_str_eq(getenv(wanted[i]), "y", "%s", wanted[i]);
}
