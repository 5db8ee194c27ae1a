/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trust - by what tills know rules to be the office's and to be today's: the roots that the office signed off line,
 * and the timestamp that this central signs anew each day. docs/protocol.md 9.
 *
 * A root is checked here as a till would; then its keys of rules are the chain's. The timestamp follows by itself
 * whenever what is in force changes. Its version is the time in seconds, so that a central put back from a backup
 * does not say less than tills have seen.
 */
#ifndef LOYALD_CENTRAL_TRUST_H
#define LOYALD_CENTRAL_TRUST_H

#include "agent/base/json_writer.h"
#include "sync/central/device.h"
#include "sync/protocol/root.h"

enum { TRUST_SIGN_EVERY_S = 24 * 60 * 60 };

/* The keys of timestamps in the state directory; the first is made when there is none. Their public halves lie beside
 * them, for the office to take into a root. */
enum status trust_keys_load(struct central *central, const char *state_dir, struct errmsg *err);
/* A key to follow the one in use, which goes once every chain's root names the new one; the server is stopped.
 * ST_CONFLICT while one waits already. */
enum status trust_key_rotate(struct central *central, const char *state_dir, char out_path[4096], struct errmsg *err);

/* What became of a root. */
struct trust_published {
    int64_t version;
    bool withdrawn; /* rules that its keys did not sign: the office publishes them anew */
};
/* signed_json is {"text","signatures"}, of that chain. ST_DENIED, ST_CONFLICT, ST_INVALID say in words what was
 * refused. */
enum status trust_publish(struct central *central, const char *chain, const char *signed_json, size_t len,
                          struct trust_published *out_published, struct errmsg *err);

/* Inside a transaction: signs a new timestamp where what is in force changed, or a day passed. */
enum status trust_refresh(struct central *central, const char *chain, struct errmsg *err);
/* The same for each chain, in transactions of its own. */
enum status trust_refresh_all(struct central *central, struct errmsg *err);

/* 0: the chain has no root. */
enum status trust_root_version(struct central *central, const char *chain, int64_t *out_version, struct errmsg *err);
/* Who may sign the chain's rules: the newest root's keys of rules, or those the office added where there is no root,
 * which are those that tills were told at their enrolment. */
enum status trust_load_chain_keys(struct central *central, const char *chain, struct signers *out_signers,
                                  struct errmsg *err);
/* "root":{"text","signatures"} of the newest; nothing when there is none. */
enum status trust_write_root(struct central *central, const char *chain, struct json_writer *w, struct errmsg *err);
/* "timestamp":{"text","signatures"} when it is news: signed by a change after `after` up to `reached`. */
enum status trust_write_timestamp(struct central *central, const char *chain, int64_t after, int64_t reached,
                                  struct json_writer *w, struct errmsg *err);
/* {"text","signatures"} of a root of the till's chain. */
void trust_answer_root(struct central *central, const struct device *device, const char *version,
                       struct answer *answer);
/* {"roots":[...]}, newest first. */
enum status trust_list(struct central *central, struct json_writer *w, struct errmsg *err);

#endif
