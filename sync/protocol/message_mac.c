/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/protocol/message_mac.h"

#include "agent/base/hex.h"

static void put_part(struct strbuf *out, const char *text)
{
    strbuf_puts(out, text);
    strbuf_putc(out, '\0');
}

static void put_u64(struct strbuf *out, uint64_t value)
{
    char text[17];

    hex_from_u64(value, text);
    put_part(out, text);
}

static void put_head(const char *word, uint64_t dev, uint64_t epoch, uint64_t n, enum operation op,
                     struct strbuf *out)
{
    put_part(out, word);
    put_u64(out, dev);
    put_u64(out, epoch);
    put_u64(out, n);
    put_part(out, operation_spec(op)->name);
}

void message_mac_request(uint64_t dev, uint64_t epoch, uint64_t n, enum operation op,
                         const struct operation_args *args, struct strbuf *out)
{
    put_head("loyald-request-1", dev, epoch, n, op, out);
    for (int i = 0; i < OPERATION_ARG_MAX && operation_spec(op)->args[i]; i++) {
        if (i > 0)
            strbuf_putc(out, ' ');
        strbuf_puts(out, args->values[i]);
    }
    strbuf_putc(out, '\0');
}

void message_mac_answer(uint64_t dev, uint64_t epoch, uint64_t n, enum operation op, int http_status,
                        struct strbuf *out)
{
    put_head("loyald-answer-1", dev, epoch, n, op, out);
    strbuf_put_int(out, http_status);
    strbuf_putc(out, '\0');
}
