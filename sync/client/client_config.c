/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/client/client_config.h"

#include <stddef.h>

#define FIELD(name) offsetof(struct client_config, name)

const struct option_spec client_config_options[] = {
    {"central", "url", OPTION_TEXT, FIELD(url), 0, 255, NULL, "",
     "Address of the central, https://host:port; without it the till works alone."},
    {"central", "ca_file", OPTION_TEXT, FIELD(ca_file), 0, 0, NULL, "",
     "PEM file of the central's CA, trusted for enrolling; afterwards the one received then is used."},
    {"central", "proxy", OPTION_TEXT, FIELD(proxy), 0, 255, NULL, "",
     "Proxy on the way to the central, http://host:port; the environment's proxies are never used."},
    {"central", "connect_timeout_ms", OPTION_INT, FIELD(connect_timeout_ms), 100, 60000, NULL, "5000",
     "How long connecting and the TLS handshake may take."},
    {"central", "renew_spread_s", OPTION_INT, FIELD(renew_spread_s), 0, 86400, NULL, "3600",
     "Over what time the tills of a chain spread the renewal after their central changed its authority."},
    {"daemon", "socket", OPTION_TEXT, FIELD(socket), 1, 107, NULL, "/run/loyald/sync.sock",
     "Socket on which loyald listens for loyald-sync."},
    {"daemon", "log_level", OPTION_ENUM, FIELD(log_level), 0, 0, "error|warn|info|debug", "info",
     "Least weight of what is logged."},
    {NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL},
};
