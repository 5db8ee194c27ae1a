/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message_mac - the parts that the MAC of a request or an answer covers, in their one order (docs/protocol.md 4).
 *
 * Pure: it lays out the bytes; the caller runs HMAC-SHA256 over them (agent/base/crypto.h). A part that could hold a
 * zero byte cannot stand before the body, so no two different messages have the same bytes.
 */
#ifndef LOYALD_PROTOCOL_MESSAGE_MAC_H
#define LOYALD_PROTOCOL_MESSAGE_MAC_H

#include "agent/base/strbuf.h"
#include "sync/protocol/operation.h"

#include <stdint.h>

enum { MESSAGE_MAC_PREFIX_MAX = 1024 };

/* Appends all of a request but the body: word, dev, epoch, n, op and args, each with its zero byte. */
void message_mac_request(uint64_t dev, uint64_t epoch, uint64_t n, enum operation op,
                         const struct operation_args *args, struct strbuf *out);
/* Appends all of an answer but the body. */
void message_mac_answer(uint64_t dev, uint64_t epoch, uint64_t n, enum operation op, int http_status,
                        struct strbuf *out);

#endif
