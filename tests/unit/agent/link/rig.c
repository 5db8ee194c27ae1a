/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/agent/link/rig.h"

#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/db/journal.h"
#include "agent/link/link_internal.h"
#include "sync/protocol/message_mac.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum { KEY_BYTE = 9 };

/* ---- the link in the world ---- */

static enum status report_holdings(void *context, const char *incarnation, struct errmsg *err)
{
    return till_report_holdings(((struct world *)context)->till, incarnation, err);
}

static struct till_central plug(struct world *world, void *context)
{
    struct rig *rig = context;
    struct errmsg err = ERRMSG_INIT;
    struct link_options options = {.loop = world->loop,
                                   .clock = &world->clock,
                                   .journal = world->journal,
                                   .cache = world->cache,
                                   .identity = &world->identity,
                                   .rulebook = world->rulebook,
                                   .socket_path = rig->socket_path,
                                   .socket_mode = 0600,
                                   .retry_max_ms = rig->retry_max_ms,
                                   .poll_wait_s = rig->poll_wait_s,
                                   .report_holdings = report_holdings,
                                   .holdings_context = world};

    if (rig->not_enrolled) {
        world->identity.enrolled = false;
        world->identity.chain[0] = '\0';
        rig->not_enrolled = false; /* a restart reads what the journal says */
    } else if (rig->mac_key[0] == KEY_BYTE) {
        memcpy(world->identity.mac_key, rig->mac_key, sizeof rig->mac_key);
    }
    cr_assert_eq(link_create(&options, &rig->link, &err), ST_OK, "%s", err.text);
    return link_central(rig->link);
}

static void unplug(struct world *world, void *context)
{
    struct rig *rig = context;

    (void)world;
    link_destroy(rig->link);
    rig->link = NULL;
}

static void fetch(void *context, const char *sha256_hex, int64_t from, int64_t to)
{
    struct rig *rig = context;

    link_fetch(rig->link, sha256_hex, from, to);
}

static void fetch_root(void *context, int64_t version)
{
    struct rig *rig = context;

    link_fetch_root(rig->link, version);
}

static void begin(struct rig *rig, bool on_disk, bool enrolled)
{
    *rig = (struct rig){.fd = -1, .not_enrolled = !enrolled, .retry_max_ms = RIG_RETRY_MAX_MS, .poll_wait_s = 25};
    (void)snprintf(rig->dir, sizeof rig->dir, "/tmp/loyald-link-XXXXXX");
    cr_assert(mkdtemp(rig->dir) != NULL);
    (void)snprintf(rig->socket_path, sizeof rig->socket_path, "%s/sync.sock", rig->dir);
    memset(rig->mac_key, KEY_BYTE, sizeof rig->mac_key);
    rig->plug = (struct world_plug){plug, unplug, fetch, fetch_root, rig};
    frame_reader_init(&rig->reader);
    world_begin_plugged(&rig->world, on_disk ? rig->dir : NULL, &rig->plug);
    link_start(rig->link);
}

void rig_begin(struct rig *rig, bool on_disk)
{
    begin(rig, on_disk, true);
}

void rig_begin_fresh(struct rig *rig)
{
    begin(rig, true, false);
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *walk)
{
    (void)stat;
    (void)kind;
    (void)walk;
    return remove(path);
}

void rig_hang_up(struct rig *rig)
{
    if (rig->fd >= 0)
        (void)close(rig->fd);
    rig->fd = -1;
    rig->closed = false;
    frame_reader_clear(&rig->reader);
    for (int i = 0; i < RIG_QUESTIONS; i++)
        question_clear(&rig->questions[i]);
}

void rig_end(struct rig *rig)
{
    rig_hang_up(rig);
    world_end(&rig->world);
    (void)nftw(rig->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void rig_restart(struct rig *rig, bool cache_lost)
{
    rig_hang_up(rig);
    world_restart(&rig->world, cache_lost);
    link_start(rig->link);
}

/* ---- acting and looking ---- */

bool rig_is_put(struct rig *rig)
{
    return !rig->link->updates.tree;
}

struct question rig_put(struct rig *rig, const char *body)
{
    struct question q = rig_take(rig, OP_UPDATES), next;

    rig_answer(rig, &q, 200, body);
    next = rig_take(rig, OP_UPDATES);
    rig_until(rig, rig_is_put, "the end of the rows");
    question_clear(&q);
    return next;
}

int64_t rig_position_of(void *context, uint64_t epoch, int64_t seq)
{
    (void)context;
    return epoch == 0xe1 ? seq : 0;
}

void rig_sell(struct rig *rig, const char *sale_id)
{
    cr_assert_eq(world_do(&rig->world, "put", sale_id, WORLD_ONE_LINE, NULL), PROBLEM_NONE);
    cr_assert_eq(world_do(&rig->world, "tender", sale_id, NULL, NULL), PROBLEM_NONE);
    cr_assert_eq(
        world_do(&rig->world, "commit", sale_id, "{\"tenders\":[{\"kind\":\"cash\",\"amount_minor\":10000}]}", NULL),
        PROBLEM_NONE);
}

int64_t rig_acked(const struct rig *rig)
{
    return journal_acked_position(rig->world.journal);
}

void rig_ack(struct rig *rig, struct question *question, int64_t seq, const char *more)
{
    struct journal_head head;
    uint8_t hash[SHA256_BYTES] = {0};
    char hex[SHA256_TEXT], body[512];
    int64_t position;

    journal_head(rig->world.journal, &head);
    if (seq > 0) {
        cr_assert_eq(journal_position(rig->world.journal, head.epoch, seq, &position), ST_OK);
        cr_assert_eq(journal_hash_at(rig->world.journal, position, hash, NULL), ST_OK);
    }
    hex_encode(hash, sizeof hash, hex);
    (void)snprintf(body, sizeof body,
                   "{\"epoch\":\"%016" PRIx64 "\",\"acked\":%" PRId64 ",\"hash\":\"%s\",\"counted\":%" PRId64
                   ",\"incarnation\":\"00000000000000aa\"%s}",
                   head.epoch, seq, hex, seq, more);
    rig_answer(rig, question, 200, body);
}

static struct cJSON *link_tree(const struct rig *rig)
{
    struct strbuf text = STRBUF_INIT(4096);
    struct json_writer w = JSON_WRITER_INIT(&text);
    struct cJSON *root = NULL;

    link_write(rig->link, &w);
    cr_assert_eq(json_parse(text.data, text.len, text.len, &root, NULL), ST_OK);
    strbuf_free(&text);
    return root;
}

static bool link_says(const struct rig *rig, const char *name)
{
    struct cJSON *root = link_tree(rig);
    bool value = false;

    (void)json_bool(root, name, &value, NULL);
    json_free(root);
    return value;
}

bool rig_is_up(const struct rig *rig)
{
    return link_says(rig, "up");
}

bool rig_is_forked(const struct rig *rig)
{
    return link_says(rig, "forked");
}

void rig_link_text(const struct rig *rig, const char *name, char *out_text, size_t size)
{
    struct cJSON *root = link_tree(rig);
    const char *text = "";

    (void)json_text(root, name, size - 1, &text, NULL);
    (void)snprintf(out_text, size, "%s", text);
    json_free(root);
}
