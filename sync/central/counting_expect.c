/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/central/counting_expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/central/sheet.h"

struct guesses {
    char (*members)[ID_BYTES];
    const char **views;
    struct sheet_expected_use *uses;
    size_t member_count, use_count;
};

/* What stands between before and the next quote; NULL when before is not there. */
static const char *find_after(const char *at, const char *end, const char *before, size_t *out_len)
{
    size_t len = strlen(before);
    const char *found = memmem(at, (size_t)(end - at), before, len), *quote;

    if (!found)
        return NULL;
    quote = memchr(found + len, '"', (size_t)(end - found) - len);
    *out_len = quote ? (size_t)(quote - found) - len : 0;
    return quote ? found + len : NULL;
}

/* A name with an escape in it is not one of those that are asked for; it will be asked for when it comes up. */
static void guess_uses(struct guesses *guesses, const char *member, const char *at, const char *end)
{
    size_t len;

    for (int i = 0; i < EXPECTED_OF_RECORD && guesses->use_count < EXPECTED_USES_MAX; i++) {
        struct sheet_expected_use *use = &guesses->uses[guesses->use_count];

        at = find_after(at, end, "\"promotion\":\"", &len);
        if (!at)
            return;
        (void)snprintf(use->member, sizeof(use->member), "%s", member);
        use->promotion = at;
        use->len = len;
        guesses->use_count += len > 0 && !memchr(at, '\\', len);
        at += len;
    }
}

static void guess_record(struct guesses *guesses, const char *at, const char *end)
{
    char *member = guesses->members[guesses->member_count];
    size_t len;
    const char *id = find_after(at, end, "\"member\":{\"id\":\"", &len);

    if (!id || len >= ID_BYTES)
        return;
    (void)snprintf(member, ID_BYTES, "%.*s", (int)len, id);
    if (!id_is_valid(member))
        return;
    guesses->views[guesses->member_count++] = member;
    guess_uses(guesses, member, id + len, end);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum status counting_expect(struct central *central, const char *chain, const char *bytes, const size_t *ends,
                            int count, struct errmsg *err)
{
    struct guesses guesses = {calloc((size_t)count + 1, ID_BYTES), calloc((size_t)count + 1, sizeof(char *)),
                              calloc(EXPECTED_USES_MAX + 1, sizeof(struct sheet_expected_use)), 0, 0};
    enum status st = guesses.members && guesses.views && guesses.uses ? ST_OK : ST_NOMEM;
    size_t at = 0;

    for (int i = 0; st == ST_OK && i < count; at = ends[i++])
        guess_record(&guesses, bytes + at, bytes + ends[i]);
    if (st == ST_OK) /* by key, as they lie in the tables */
        qsort(guesses.views, guesses.member_count, sizeof(char *), compare_names);
    if (st == ST_OK && guesses.member_count > 0)
        st = sheets_expect(
            central, chain,
            &(struct sheet_expected){guesses.views, guesses.member_count, guesses.uses, guesses.use_count}, err);
    free(guesses.uses);
    free(guesses.views);
    free(guesses.members);
    return st;
}
