/* SPDX-License-Identifier: Apache-2.0 */
/* environment - what loyald-sync must not hear from its environment, taken out before any library reads it. */
#ifndef LOYALD_CLIENT_ENVIRONMENT_H
#define LOYALD_CLIENT_ENVIRONMENT_H

/* Removes every variable that could talk libcurl, OpenSSL or the resolver into other proxies, authorities, engines or
 * hosts, or into a log of session keys. Before the first thread and before libcurl starts. */
void environment_clean(void);

#endif
