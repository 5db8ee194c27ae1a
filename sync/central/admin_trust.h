/* SPDX-License-Identifier: Apache-2.0 */
/* admin_trust - roots of a chain: published, listed. Handlers of the admin server. */
#ifndef LOYALD_CENTRAL_ADMIN_TRUST_H
#define LOYALD_CENTRAL_ADMIN_TRUST_H

struct http_request;

void admin_root_publish(void *context, struct http_request *request);
void admin_root_list(void *context, struct http_request *request);

#endif
