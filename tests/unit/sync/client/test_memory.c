/* SPDX-License-Identifier: Apache-2.0 */
/* A start for which memory is short: nothing that is on disk is lost by it, and the next start finds all. The memory
 * of the whole process is ours here, mbedTLS's too. */
#include "peers.h"
#include "sync/client/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "agent/base/json_writer.h"

enum { EACH_UP_TO = 48 };

/* ---- the C library's memory, of which the nth piece is not given ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

static int64_t asked, refused_at; /* pieces so far, and which is refused; 0: none is, and nothing is counted */
static bool for_good;             /* and all after it */

static bool is_refused(void)
{
    if (refused_at == 0)
        return false;
    asked++;
    return for_good ? asked >= refused_at : asked == refused_at;
}

void *malloc(size_t size)
{
    return is_refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return is_refused() ? NULL : __libc_realloc(memory, size);
}

/* ---- starts ---- */

static struct scratch scratch;
static struct party ca, till, other;

static void setup(void)
{
    scratch_make(&scratch);
    party_make(&ca, "Test CA", NULL, false, -3600, 86400);
    party_make(&till, TEST_DEV, &ca, false, -3600, 86400);
    party_make(&other, TEST_DEV, &ca, false, -3600, 43200);
}

static void teardown(void)
{
    party_free(&ca);
    party_free(&till);
    party_free(&other);
    scratch_remove(&scratch);
}

TestSuite(identity_memory, .init = setup, .fini = teardown, .timeout = 60);

static void put_whole(const char *name, const struct party *party)
{
    struct strbuf text = STRBUF_INIT(65536);
    char authorities[2 * X509_PEM_BYTES_MAX];
    struct json_writer w = JSON_WRITER_INIT(&text);

    snprintf(authorities, sizeof authorities, "%s%s", ca.pem, ca.pem); /* two, as while the chain changes over */
    jw_object_begin(&w);
    jw_field_text(&w, "key", party->key_pem);
    jw_field_text(&w, "certificate", party->pem);
    jw_field_text(&w, "ca", authorities);
    jw_object_end(&w);
    write_text(scratch.state, name, strbuf_text(&text));
    strbuf_free(&text);
}

/* One start, of which the nth piece of memory is refused; 0: none is. */
static enum status start(struct identity *identity, int64_t nth)
{
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    asked = 0;
    refused_at = nth;
    st = identity_open(identity, scratch.state, "", &err);
    refused_at = 0;
    cr_expect(st == ST_OK || err.text[0], "said why");
    return st;
}

static void starve_at(int64_t nth, void (*lay_out)(void), bool (*is_right)(const struct identity *identity))
{
    struct identity identity = {0};

    lay_out();
    if (start(&identity, nth) == ST_OK)
        cr_assert(is_right(&identity), "it went on with less, piece %" PRId64, nth);
    identity_close(&identity);
    cr_assert_eq(start(&identity, 0), ST_OK);
    cr_assert(is_right(&identity), "lost for want of piece %" PRId64, nth);
    identity_close(&identity);
}

/* With each of the first and last pieces refused, and ever fewer of those between: tens of thousands, nearly all of
 * them numbers of an elliptic curve. */
static void starve(void (*lay_out)(void), bool (*is_right)(const struct identity *identity))
{
    struct identity identity = {0};
    int64_t pieces;

    lay_out();
    cr_assert_eq(start(&identity, INT64_MAX), ST_OK);
    pieces = asked;
    identity_close(&identity);
    cr_expect_gt(pieces, 100, "they are counted");
    for (int64_t nth = 1; nth <= pieces; nth += nth < EACH_UP_TO ? 1 : nth / 3) {
        starve_at(nth, lay_out, is_right);
        starve_at(pieces + 1 - nth, lay_out, is_right);
    }
}

static void starve_both(void (*lay_out)(void), bool (*is_right)(const struct identity *identity))
{
    for_good = false;
    starve(lay_out, is_right);
    for_good = true;
    starve(lay_out, is_right);
}

static void lay_out_pending(void)
{
    scratch_enrol(&scratch, &till, &ca);
    put_whole("pending.json", &other);
}

static bool is_other(const struct identity *identity)
{
    return identity->cert_pem && strcmp(identity->cert_pem, other.pem) == 0;
}

Test(identity_memory, an_enrolment_that_was_not_finished_stays_until_it_is)
{
    starve_both(lay_out_pending, is_other);
}

static void lay_out_unproven(void)
{
    scratch_enrol(&scratch, &till, &ca);
    put_whole("unproven.json", &other);
}

static bool has_next(const struct identity *identity)
{
    return identity->cert_pem && strcmp(identity->cert_pem, till.pem) == 0 && identity->next_cert_pem &&
           strcmp(identity->next_cert_pem, other.pem) == 0;
}

static void remove_unproven(void)
{
    struct identity identity = {0};

    cr_assert_eq(start(&identity, 0), ST_OK);
    identity_drop_next(&identity);
    identity_close(&identity);
}

Test(identity_memory, a_renewed_set_stays_until_it_is_proved)
{
    starve_both(lay_out_unproven, has_next);
    remove_unproven();
}

static void lay_out_three(void)
{
    scratch_enrol(&scratch, &till, &ca);
}

static bool is_till(const struct identity *identity)
{
    return identity->cert_pem && strcmp(identity->cert_pem, till.pem) == 0;
}

/* Or a till would say that it is not enrolled, and somebody would enrol it anew. */
Test(identity_memory, an_enrolled_till_does_not_count_as_not_enrolled)
{
    starve_both(lay_out_three, is_till);
}
