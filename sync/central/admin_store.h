/* SPDX-License-Identifier: Apache-2.0 */
/* admin_store - the office's stores, over admin.sock. Each answers the request; context is the central. */
#ifndef LOYALD_CENTRAL_ADMIN_STORE_H
#define LOYALD_CENTRAL_ADMIN_STORE_H

struct http_request;

void admin_store_create(void *context, struct http_request *request);
void admin_store_set(void *context, struct http_request *request);

#endif
