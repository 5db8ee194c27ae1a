/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/link/link_internal.h"

#include "agent/base/clock.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/till/identity.h"
#include "agent/till/rulebook.h"
#include "agent/till/trust.h"
#include "sync/protocol/root.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_DEADLINE_MS = 30 * 1000, ANSWER_BYTES_MAX = 256 * 1024 };

/* ---- up or down ---- */

int64_t link_since_unix_ms(const struct link *link)
{
    const struct clock_source *clock = link->options.clock;

    return link->up_known ? clock_wall_ms(clock) - (clock_mono_ms(clock) - link->up_since_mono_ms) : 0;
}

void link_set_up(struct link *link, bool up, const char *reason)
{
    (void)snprintf(link->down_reason, sizeof link->down_reason, "%s",
                   up ? "" : reason); /* the latest is what helps */
    if (up == link->up && (up || link->up_known))
        return;
    link->up = up;
    link->up_known = true;
    link->up_since_mono_ms = clock_mono_ms(link->options.clock);
    if (up) {
        log_info("link-06", "up");
        report_soon(&link->report);
    } else {
        log_warn("link-07", "down, selling goes on: %s", reason);
    }
}

void link_heard(struct link *link, const struct courier_answer *answer)
{
    switch (answer->outcome) {
    case COURIER_ANSWERED:
        link_set_up(link, true, "");
        rulebook_resume(link->options.rulebook);
        trust_resume(rulebook_trust(link->options.rulebook));
        break;
    case COURIER_OFFLINE:
    case COURIER_ABSENT:
    case COURIER_LATE:
        link_set_up(link, false, answer->text);
        break;
    case COURIER_DROPPED:
        break;
    }
}

/* loyald-sync came, went, or saw the central: up is worth a try at once, down is believed. Rules that are wanted do
 * not wait for the answer to a poll, which may be as long as that lasts. */
static void on_link(void *context, bool up, const char *text)
{
    struct link *link = context;

    if (!up) {
        link_set_up(link, false, text);
        return;
    }
    outbox_kick(&link->outbox, true);
    updates_kick(&link->updates, true);
    rulebook_resume(link->options.rulebook);
    trust_resume(rulebook_trust(link->options.rulebook));
}

/* ---- pieces of a bundle ---- */

struct piece_question {
    struct link *link;
    char sha256[SHA256_TEXT];
    int64_t from;
};

static void piece_answered(void *context, const struct courier_answer *answer)
{
    struct piece_question *question = context;
    struct link *link = question->link;
    bool good = answer->outcome == COURIER_ANSWERED && (answer->http_status == 206 || answer->http_status == 200);

    rulebook_piece(link->options.rulebook, question->sha256, question->from, good ? answer->body : NULL,
                   good ? answer->len : 0);
    if (!good &&
        answer->outcome == COURIER_ANSWERED) /* no link_heard: its resuming would ask for the same piece at once */
        link_set_up(link, true, "");
    else if (!good)
        link_heard(link, answer);
    free(question);
}

void link_fetch(struct link *link, const char *sha256_hex, int64_t from, int64_t to)
{
    struct operation_args args = {0};
    struct piece_question *question = malloc(sizeof *question);

    if (!question) {
        rulebook_piece(link->options.rulebook, sha256_hex, from, NULL, 0);
        return;
    }
    *question = (struct piece_question){.link = link, .from = from};
    (void)snprintf(question->sha256, sizeof question->sha256, "%s", sha256_hex);
    (void)snprintf(args.values[0], sizeof args.values[0], "%s", sha256_hex);
    (void)snprintf(args.values[1], sizeof args.values[1], "%" PRId64, from);
    (void)snprintf(args.values[2], sizeof args.values[2], "%" PRId64, to);
    courier_ask(link->courier, OP_BLOB, &args, NULL, 0, PIECE_DEADLINE_MS, piece_answered, question);
}

/* ---- roots ---- */

static void root_answered(void *context, const struct courier_answer *answer)
{
    struct link *link = context;
    struct trust *trust = rulebook_trust(link->options.rulebook);
    bool good = answer->outcome == COURIER_ANSWERED && answer->http_status == 200;
    const struct cJSON *signatures = NULL;
    struct cJSON *root = NULL;
    const char *text = NULL;
    char *list = NULL;

    if (good && json_parse(answer->body, answer->len, ANSWER_BYTES_MAX, &root, NULL) == ST_OK &&
        json_text(root, "text", ROOT_BYTES_MAX, &text, NULL) == ST_OK &&
        json_array(root, "signatures", &signatures, NULL) == ST_OK)
        list = cJSON_PrintUnformatted(signatures);
    if (list)
        trust_root(trust, text, strlen(text), list, strlen(list));
    else
        trust_root(trust, NULL, 0, NULL, 0);
    cJSON_free(list);
    json_free(root);
    if (good || answer->outcome != COURIER_ANSWERED) /* refused: no link_heard, whose resuming would ask at once */
        link_heard(link, answer);
}

void link_fetch_root(struct link *link, int64_t version)
{
    struct operation_args args = {0};

    (void)snprintf(args.values[0], sizeof args.values[0], "%" PRId64, version);
    courier_ask(link->courier, OP_ROOT, &args, NULL, 0, PIECE_DEADLINE_MS, root_answered, link);
}

/* ---- making ---- */

enum status link_create(const struct link_options *options, struct link **out_link, struct errmsg *err)
{
    struct link *link = calloc(1, sizeof *link);
    struct courier_options courier = {.loop = options->loop,
                                      .clock = options->clock,
                                      .identity = options->identity,
                                      .socket_path = options->socket_path,
                                      .socket_mode = options->socket_mode,
                                      .listen_fd = options->listen_fd,
                                      .link_changed = on_link,
                                      .context = link};
    enum status st;

    if (!link)
        return ST_NOMEM;
    link->options = *options;
    (void)snprintf(link->down_reason, sizeof link->down_reason, "not connected yet");
    st = outbox_init(&link->outbox, link);
    if (st == ST_OK)
        st = updates_init(&link->updates, link);
    if (st == ST_OK)
        st = report_init(&link->report, link);
    if (st == ST_OK)
        st = courier_create(&courier, &link->courier, err);
    if (st != ST_OK) {
        link_destroy(link);
        return st;
    }
    *out_link = link;
    return ST_OK;
}

void link_destroy(struct link *link)
{
    if (!link)
        return;
    courier_destroy(link->courier);
    outbox_clear(&link->outbox);
    updates_clear(&link->updates);
    report_clear(&link->report);
    free(link);
}

void link_start(struct link *link)
{
    updates_offer_again(&link->updates);
}

void link_write(const struct link *link, struct json_writer *w)
{
    jw_object_begin(w);
    jw_field_bool(w, "up", link->up);
    if (link->up_known)
        jw_field_int(w, "since_unix_ms", link_since_unix_ms(link));
    if (!link->up)
        jw_field_text(w, "reason", link->down_reason);
    if (report_oldest(link) > 0)
        jw_field_int(w, "oldest_unsynced_unix_ms", report_oldest(link));
    jw_field_text(w, "courier", courier_peer_version(link->courier));
    if (courier_certificate_until(link->courier) > 0)
        jw_field_int(w, "certificate_until_unix_ms", courier_certificate_until(link->courier) * 1000);
    jw_field_bool(w, "forked", link->outbox.forked);
    jw_field_bool(w, "records_gone", link->outbox.gone);
    jw_object_end(w);
}
