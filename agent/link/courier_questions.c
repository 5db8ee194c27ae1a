/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked over the connection: each question with its number, MAC and deadline, and how it ends. */
#include "agent/link/courier_internal.h"

#include "agent/base/clock.h"
#include "agent/base/hex.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "agent/till/identity.h"
#include "sync/protocol/message_mac.h"

#include <string.h>

/* ---- ends ---- */

int64_t courier_nearest_due(const struct courier *courier)
{
    int64_t nearest = INT64_MAX;

    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        if (courier->asked[i].used && courier->asked[i].due_mono_ms < nearest)
            nearest = courier->asked[i].due_mono_ms;
    }
    return nearest;
}

static void finish(struct asked *one, const struct courier_answer *answer)
{
    courier_answer_fn *fn = one->fn;

    one->used = false; /* first: the callback may ask again */
    fn(one->context, answer);
}

void courier_answer_all(struct courier *courier, enum courier_outcome outcome, const char *text)
{
    struct courier_answer answer = {.outcome = outcome, .text = text, .body = ""};
    struct asked all[COURIER_ASKED_MAX];

    /* Those asked by the callbacks of this round are not of this round. */
    memcpy(all, courier->asked, sizeof all);
    memset(courier->asked, 0, sizeof courier->asked);
    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        if (all[i].used)
            finish(&all[i], &answer);
    }
}

void courier_drop_all(struct courier *courier, const char *text)
{
    courier_answer_all(courier, COURIER_DROPPED, text);
    courier_set_timer(courier);
}

void courier_answer_late(struct courier *courier, int64_t now_mono_ms)
{
    struct courier_answer answer = {.outcome = COURIER_LATE, .text = "no answer in time", .body = ""};

    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        if (courier->asked[i].used && courier->asked[i].due_mono_ms <= now_mono_ms)
            finish(&courier->asked[i], &answer);
    }
}

/* ---- answers ---- */

static bool mac_fits(struct courier *courier, const struct asked *one, int http_status, const struct message *message,
                     const uint8_t mac[CRYPTO_MAC_BYTES], struct strbuf *prefix)
{
    const struct identity *identity = courier->options.identity;
    uint8_t expected[CRYPTO_MAC_BYTES];

    message_mac_answer(identity->dev, identity->epoch, one->n, one->op, http_status, prefix);
    if (strbuf_status(prefix) != ST_OK)
        return false;
    if (one->op == OP_ENROL)
        return true; /* checked by identity_finish with the key that the answer itself agrees */
    crypto_hmac(identity->mac_key,
                (const struct crypto_part[]){{prefix->data, prefix->len}, {message->payload, message->payload_len}},
                2, expected);
    return crypto_equal(expected, mac, sizeof expected);
}

/* loyald-sync's own word; one of a later version is read as the commonest. */
static enum courier_outcome outcome_of(const char *error)
{
    static const struct {
        const char *error;
        enum courier_outcome outcome;
    } known[] = {{"not_enrolled", COURIER_ABSENT},
                 {"deadline", COURIER_LATE},
                 {"busy", COURIER_DROPPED},
                 {"bad_request", COURIER_DROPPED}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].error, error) == 0)
            return known[i].outcome;
    }
    return COURIER_OFFLINE;
}

/* An answer that cannot be trusted is none. One without a MAC is mostly the server's own word that it stops. */
static void distrust(struct courier *courier, const struct asked *one, struct courier_answer *answer)
{
    answer->outcome = COURIER_OFFLINE;
    if (!answer->mac && answer->http_status == 503) {
        answer->text = "the central is stopping or too busy";
        return;
    }
    answer->text = answer->mac ? "the answer is not from our central: its MAC is wrong"
                               : "the answer is not from our central: it bears no MAC";
    if (courier->distrusted != answer->text) /* a copied till would say it with each question */
        log_warn("link-03", "answers are refused, this one op=%s status=%d: %s", operation_spec(one->op)->name,
                 answer->http_status, answer->text);
    courier->distrusted = answer->text;
}

static void read_answer(struct courier *courier, struct asked *one, const struct message *message)
{
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    struct courier_answer answer = {
        .outcome = COURIER_ANSWERED, .body = message->payload, .len = message->payload_len};
    uint8_t mac[CRYPTO_MAC_BYTES];
    int64_t http_status = 0;
    const char *error;

    if (json_text(message->header, "error", 32, &error, NULL) == ST_OK) {
        answer.outcome = outcome_of(error);
        answer.text = error;
        (void)json_text(message->header, "text", 1024, &answer.text, NULL);
        (void)json_int(message->header, "retry_after_ms", 0, 3600000, &answer.retry_after_ms, NULL);
    } else {
        (void)json_int(message->header, "status", 100, 599, &http_status, NULL);
        (void)json_int(message->header, "retry_after_ms", 0, 3600000, &answer.retry_after_ms, NULL);
        answer.http_status = (int)http_status;
        if (json_hex(message->header, "mac", sizeof mac, mac, NULL) == ST_OK)
            answer.mac = mac;
        if (!mac_fits(courier, one, answer.http_status, message, answer.mac ? mac : (const uint8_t[32]){0}, &prefix))
            distrust(courier, one, &answer);
        else
            courier->distrusted = NULL;
        answer.mac_prefix = prefix.data;
        answer.mac_prefix_len = prefix.len;
    }
    finish(one, &answer);
    strbuf_free(&prefix);
}

void courier_take_answer(struct courier *courier, const struct message *message)
{
    int64_t id;

    if (json_int(message->header, "id", 0, JSON_INT_MAX, &id, NULL) != ST_OK)
        return; /* a word of a later version */
    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        if (courier->asked[i].used && courier->asked[i].id == id) {
            read_answer(courier, &courier->asked[i], message);
            courier_set_timer(courier);
            return;
        }
    }
    /* An answer past its deadline: whoever asked has gone on. */
}

/* ---- asking ---- */

/* What is asked; views. */
struct wanted {
    enum operation op;
    const struct operation_args *args;
    const char *body;
    size_t len;
    int64_t deadline_ms;
    courier_answer_fn *fn;
    void *context;
};

static void write_request(struct courier *courier, const struct asked *one, const struct wanted *wanted,
                          int64_t after, struct strbuf *out)
{
    const struct operation_spec *spec = operation_spec(one->op);
    const struct identity *identity = courier->options.identity;
    struct strbuf prefix = STRBUF_INIT(MESSAGE_MAC_PREFIX_MAX);
    struct json_writer w = JSON_WRITER_INIT(out);
    uint8_t mac[CRYPTO_MAC_BYTES];
    char hex[17];

    jw_object_begin(&w);
    jw_field_int(&w, "id", one->id);
    jw_field_text(&w, "op", spec->name);
    jw_name(&w, "arg");
    jw_object_begin(&w);
    for (int i = 0; i < OPERATION_ARG_MAX && spec->args[i]; i++) {
        if (wanted->args->values[i][0] != '\0')
            jw_field_text(&w, spec->args[i], wanted->args->values[i]);
    }
    jw_object_end(&w);
    hex_from_u64(one->n, hex);
    jw_field_text(&w, "n", hex);
    hex_from_u64(identity->epoch, hex);
    jw_field_text(&w, "epoch", hex);
    if (spec->certificate) {
        message_mac_request(identity->dev, identity->epoch, one->n, one->op, wanted->args, &prefix);
        crypto_hmac(identity->mac_key,
                    (const struct crypto_part[]){{prefix.data, prefix.len}, {wanted->body, wanted->len}}, 2, mac);
        jw_field_hex(&w, "mac", mac, sizeof mac);
    }
    jw_field_int(&w, "deadline_ms", wanted->deadline_ms);
    if (after > 0)
        jw_field_int(&w, "after", after);
    jw_object_end(&w);
    strbuf_free(&prefix);
}

static struct asked *free_place(struct courier *courier)
{
    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        if (!courier->asked[i].used)
            return &courier->asked[i];
    }
    return NULL;
}

static void refuse(const struct courier *courier, const struct wanted *wanted)
{
    struct courier_answer refusal = {.outcome = COURIER_ABSENT, .text = "loyald-sync is not running", .body = ""};

    if (courier->greeted) {
        refusal.outcome = COURIER_DROPPED;
        refusal.text =
            wanted->len > MESSAGE_PAYLOAD_MAX ? "longer than a message may be" : "too many questions are under way";
    }
    wanted->fn(wanted->context, &refusal);
}

/* after: the id of the question it is carried behind, 0: of none. */
static void ask(struct courier *courier, const struct wanted *wanted, int64_t after, int64_t due_in_ms)
{
    struct strbuf header = STRBUF_INIT(FRAME_HEADER_MAX);
    struct asked *one = free_place(courier);

    if (!one || !courier->greeted || wanted->len > MESSAGE_PAYLOAD_MAX) {
        refuse(courier, wanted);
        return;
    }
    *one = (struct asked){.used = true,
                          .id = ++courier->next_id,
                          .n = ++courier->next_n,
                          .op = wanted->op,
                          .due_mono_ms = clock_mono_ms(courier->options.clock) + due_in_ms + COURIER_GRACE_MS,
                          .fn = wanted->fn,
                          .context = wanted->context};
    write_request(courier, one, wanted, after, &header);
    courier_set_timer(courier);
    courier_send(courier, &header, one->id, wanted->body, wanted->len);
    strbuf_free(&header);
}

void courier_ask(struct courier *courier, enum operation op, const struct operation_args *args, const char *body,
                 size_t len, int64_t deadline_ms, courier_answer_fn *fn, void *context)
{
    static const struct operation_args none;
    const struct wanted wanted = {op, args ? args : &none, body ? body : "", len, deadline_ms, fn, context};

    ask(courier, &wanted, 0, deadline_ms);
}

int courier_behind_max(const struct courier *courier)
{
    return (int)courier->behind_max;
}

/* Each of those before it may take its whole time on the line. */
void courier_ask_behind(struct courier *courier, enum operation op, const char *body, size_t len, int64_t deadline_ms,
                        courier_answer_fn *fn, void *context)
{
    static const struct operation_args none;
    const struct wanted wanted = {op, &none, body, len, deadline_ms, fn, context};
    int64_t after = 0, turns = 1;

    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        const struct asked *one = &courier->asked[i];

        if (!one->used || one->op != op)
            continue;
        turns++;
        after = one->id > after ? one->id : after;
    }
    ask(courier, &wanted, after, turns * deadline_ms);
}
