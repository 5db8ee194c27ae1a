/* SPDX-License-Identifier: Apache-2.0 */
/* admin_office - what the office sets up, over admin.sock: chains, their keys and texts, stores, codes to enrol tills
 * with. Each answers the request; context is the central. */
#ifndef LOYALD_CENTRAL_ADMIN_OFFICE_H
#define LOYALD_CENTRAL_ADMIN_OFFICE_H

#include "agent/net/http_server.h"

http_handler admin_chain_create, admin_key_add, admin_threshold, admin_consent_set, admin_till_code;
http_handler admin_store_create, admin_store_set;

#endif
