/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority - who vouches for tills and server: the keys and certificates in the state directory.
 *
 *   ca.key, ca.pem          the authority that issues
 *   ca-old.pem              while two overlap: the one before, still trusted; its key is gone
 *   server.key, server.pem  issued by the older of the two, which every till trusts, until the older one is dropped
 *
 * All that changes something is done with the server stopped, and may be done again after a power cut.
 */
#ifndef LOYALD_CENTRAL_AUTHORITY_H
#define LOYALD_CENTRAL_AUTHORITY_H

#include "agent/base/errmsg.h"
#include "agent/base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct central;

/* The authority and the server's certificate for host ("": localhost), in an empty folder. */
enum status authority_make(const char *state_dir, const char *host, int64_t now_s, struct errmsg *err);
/* Reads them; finishes a rotation that was cut short. */
enum status authority_load(struct central *central, const char *state_dir, struct errmsg *err);
/* A new authority, beside the one there is. ST_CONFLICT while two overlap already. */
enum status authority_rotate(struct central *central, const char *state_dir, struct errmsg *err);
/* The older authority goes; the server gets a certificate of the newer one. ST_CONFLICT when there is none to drop,
 * or when tills would be shut out, unless force. */
enum status authority_drop(struct central *central, const char *state_dir, bool force, struct errmsg *err);
/* Tills in use that do not trust the newer authority yet, or have no certificate of it. */
enum status authority_behind(struct central *central, int64_t *out_tills, struct errmsg *err);

#endif
