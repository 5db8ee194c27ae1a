/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/root_maker.h"

#include "agent/base/json_writer.h"

#include <stdlib.h>
#include <string.h>

static void must(int holds)
{
    if (!holds)
        abort();
}

void maker_add(struct root *root, enum root_role role, const struct pk *key)
{
    struct signers *signers = &root->roles[role];
    struct signer *signer = &signers->list[signers->count++];
    char pem[PK_PEM_BYTES_MAX];

    must(pk_id(key, signer->id) == ST_OK && pk_public_pem(key, pem, NULL) == ST_OK && strlen(pem) <= SIGNER_PEM_MAX);
    memcpy(signer->pem, pem, strlen(pem) + 1);
}

void maker_drop(struct root *root, enum root_role role, const struct pk *key)
{
    struct signers *signers = &root->roles[role];
    char id[17];

    must(pk_id(key, id) == ST_OK);
    for (int i = 0; i < signers->count; i++) {
        if (strcmp(signers->list[i].id, id) == 0)
            signers->list[i] = signers->list[--signers->count];
    }
}

static char *text_of(struct strbuf *out)
{
    char *text = strdup(strbuf_text(out));

    must(strbuf_status(out) == ST_OK && text != NULL);
    strbuf_free(out);
    return text;
}

char *maker_root(const struct root *root)
{
    struct strbuf out = STRBUF_INIT(ROOT_BYTES_MAX);

    root_write(root, &out);
    return text_of(&out);
}

char *maker_timestamp(const struct timestamp *timestamp)
{
    struct strbuf out = STRBUF_INIT(TIMESTAMP_BYTES_MAX);

    timestamp_write(timestamp, &out);
    return text_of(&out);
}

char *maker_sign(const char *text, const struct pk *const keys[])
{
    struct strbuf out = STRBUF_INIT(SIGNATURES_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);
    struct signature signature;

    jw_array_begin(&w);
    for (; *keys; keys++) {
        must(signers_sign(*keys, text, strlen(text), &signature, NULL) == ST_OK);
        signers_write(&signature, &w);
    }
    jw_array_end(&w);
    return text_of(&out);
}

char *maker_signed(const char *text, const char *signatures)
{
    struct strbuf out = STRBUF_INIT(4 * ROOT_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_object_begin(&w);
    jw_field_text(&w, "text", text);
    jw_field_raw(&w, "signatures", signatures, strlen(signatures));
    jw_object_end(&w);
    return text_of(&out);
}
