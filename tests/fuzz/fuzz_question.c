/* SPDX-License-Identifier: Apache-2.0 */
/* What loyald-sync reads from the socket of loyald: the header of a question. Of what it takes, nothing can break out
 * of the line or header of HTTP that it goes into. */
#include "agent/base/json.h"
#include "sync/client/client_internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
    if (!holds)
        abort();
}

static int is_plain(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text >= 0x7f)
            return 0;
    }
    return 1;
}

static void look(const struct client_question *asked)
{
    struct strbuf url = STRBUF_INIT(FRAME_HEADER_MAX);

    must(asked->op < OP_COUNT && asked->deadline_ms > 0 && asked->after >= 0);
    must(strlen(asked->n) == 16 && strlen(asked->epoch) == 16 && strlen(asked->mac) <= 64);
    must(is_plain(asked->n) && is_plain(asked->epoch) && is_plain(asked->mac));
    operation_url(asked->op, &asked->args, &url);
    must(strbuf_status(&url) == ST_OK && is_plain(strbuf_text(&url)) && strbuf_text(&url)[0] == '/');
    for (int i = 0; i < OPERATION_ARG_MAX; i++)
        must(is_plain(asked->args.values[i]));
    strbuf_free(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct errmsg err = ERRMSG_INIT;
    struct client_question asked;
    struct cJSON *header = NULL;
    enum status st;

    if (size > FRAME_HEADER_MAX || json_parse((const char *)data, size, FRAME_HEADER_MAX, &header, NULL) != ST_OK)
        return 0;
    st = client_question_read(header, &asked, &err);
    if (st == ST_OK)
        look(&asked);
    else
        must(err.text[0] != '\0');
    json_free(header);
    return 0;
}
