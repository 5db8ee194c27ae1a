/* SPDX-License-Identifier: Apache-2.0 */
/* loyald-sync on the far end of the socket, and what the network does to what it carries. */
#include "agent/base/json.h"
#include "agent/base/pk.h"
#include "agent/base/x509.h"
#include "sync/protocol/operation.h"
#include "tests/powercut/must.h"
#include "tests/simulation/sim.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUT_MAX = 8 * 1024 * 1024, DELAY_MS = 400, LATE_MS = 60 * 1000, PARKED_MS = 5000 };

/* ---- what loyald-sync carries ---- */

struct carry {
    struct carry *next; /* of those that wait for their turn */
    struct sim_till *till;
    int generation;
    int64_t id, after; /* after: of the batch before it; 0: none */
    struct sim_request request;
    struct operation_args args;
    char *body; /* owned, of the request; then of the answer */
    size_t len;
    int64_t wait_until_ms;
    int64_t due_ms;    /* then loyald-sync gives it up */
    int64_t looked_at; /* how often the central had changed when it was last asked; 0: not yet */
    int status;
    char mac[65];
    const char *error;
    bool mute;         /* a copy: its answer goes nowhere */
    bool harmed;       /* the answer is not what the central wrote */
    char cert_key[17]; /* of the key that an enrolment asks a certificate for */
};

static void carry_free(struct carry *carry)
{
    free(carry->body);
    free(carry);
}

static struct carry *carry_copy(const struct carry *from)
{
    struct carry *copy = must_alloc(sizeof *copy);

    *copy = *from;
    copy->body = must_alloc(from->len + 1);
    memcpy(copy->body, from->body, from->len);
    copy->request.args = &copy->args;
    return copy;
}

/* ---- turns: one batch is with the central, others wait for what becomes of it ---- */

static void go_up(struct sim_world *world, struct carry *carry);
static void deliver(struct sim_world *world, void *context);

static bool is_under_way(const struct sim_till *till, int64_t id)
{
    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        if (till->with_central[i] == id)
            return true;
    }
    for (const struct carry *at = till->turns; at; at = at->next) {
        if (at->id == id)
            return true;
    }
    return false;
}

static void put_place(struct sim_till *till, int64_t was, int64_t is)
{
    for (int i = 0; i < COURIER_ASKED_MAX; i++) {
        if (till->with_central[i] == was) {
            till->with_central[i] = is;
            return;
        }
    }
    must(was != 0, "room for one more batch");
}

static void start(struct sim_world *world, struct carry *carry)
{
    if (carry->request.op == OP_JOURNAL)
        put_place(carry->till, 0, carry->id);
    go_up(world, carry);
}

static void refuse_turn(struct sim_world *world, struct carry *carry)
{
    carry->error = "busy";
    sim_after(world, 1, deliver, carry);
}

/* Behind one that is under way it waits; behind one that was just taken it goes at once. */
static void take_turn(struct sim_world *world, struct carry *carry)
{
    struct carry **end = &carry->till->turns;

    if (carry->after != 0 && is_under_way(carry->till, carry->after)) {
        while (*end)
            end = &(*end)->next;
        *end = carry;
    } else if (carry->after != 0 && carry->after != carry->till->last_taken) {
        refuse_turn(world, carry);
    } else {
        world->behind += carry->after != 0;
        start(world, carry);
    }
}

/* What waited for this one: it goes up, or back. */
static void next_turn(struct sim_world *world, struct sim_till *till, int64_t id, bool taken)
{
    struct carry **at = &till->turns;

    put_place(till, id, 0);
    till->last_taken = taken ? id : 0;
    while (*at && (*at)->after != id)
        at = &(*at)->next;
    if (*at) {
        struct carry *carry = *at;

        *at = carry->next;
        carry->next = NULL;
        take_turn(world, carry);
    }
}

void carry_forget(struct sim_till *till)
{
    while (till->turns) {
        struct carry *carry = till->turns;

        till->turns = carry->next;
        carry_free(carry);
    }
    memset(till->with_central, 0, sizeof till->with_central);
    till->last_taken = 0;
}

/* ---- down ---- */

/* As loyald-sync sees it: it knows no key, and takes an enrolment's certificate from what can be read. */
static void look_at_answer(struct sim_world *world, struct carry *carry)
{
    bool good;

    if (carry->request.op == OP_ENROL && world->now_ms >= carry->due_ms) /* what comes after it gave up, nobody sees */
        carry->error = "offline";
    good = !carry->error && carry->status == 200 && carry->mac[0];
    if (carry->status == 401 && !carry->error) /* another certificate of this till is good by now */
        carry->error = "tls";
    if (carry->request.op == OP_ENROL && good && !carry->harmed)
        memcpy(carry->till->cert_key, carry->cert_key, sizeof carry->cert_key);
    if (carry->request.op == OP_JOURNAL)
        next_turn(world, carry->till, carry->id, good);
}

static void deliver(struct sim_world *world, void *context)
{
    struct carry *carry = context;
    struct sim_till *till = carry->till;
    struct strbuf header = STRBUF_INIT(FRAME_HEADER_MAX);

    if (!world->ended && till->up && till->open && carry->generation == till->generation && !carry->mute) {
        look_at_answer(world, carry);
        if (carry->error)
            strbuf_printf(&header, "{\"id\":%lld,\"error\":\"%s\",\"text\":\"simulated\",\"retry_after_ms\":0}",
                          (long long)carry->id, carry->error);
        else if (carry->mac[0])
            strbuf_printf(&header, "{\"id\":%lld,\"status\":%d,\"mac\":\"%s\"}", (long long)carry->id, carry->status,
                          carry->mac);
        else
            strbuf_printf(&header, "{\"id\":%lld,\"status\":%d}", (long long)carry->id, carry->status);
        sim_note(world, "answer %d op %d %d %s %zu", (int)(till - world->tills), carry->request.op, carry->status,
                 carry->error ? carry->error : "", carry->len);
        wire_put(till, &header, carry->id, carry->error ? NULL : carry->body, carry->error ? 0 : carry->len);
        loop_tell(till->loop, WIRE_OPEN + (int)(till - world->tills));
    }
    strbuf_free(&header);
    carry_free(carry);
}

static bool fault(struct sim_world *world, int64_t one_in)
{
    bool happens = !world->calm && dice_one_in(&world->dice, one_in);

    world->faults += happens;
    return happens;
}

static int64_t delay(struct sim_world *world)
{
    return fault(world, 30) ? dice_below(&world->dice, LATE_MS) : 1 + dice_below(&world->dice, DELAY_MS);
}

/* The answer is on its way down. */
static void go_down(struct sim_world *world, struct carry *carry)
{
    static const char portal[] = "<html>Please log in</html>";

    if (fault(world, 15) || carry->till->cut_off_until_ms > world->now_ms) {
        carry->error = "offline"; /* lost: loyald-sync gives up */
    } else if (fault(world, 40)) {
        carry->len = carry->len > 0 ? (size_t)dice_below(&world->dice, (int64_t)carry->len) : 0; /* cut short */
        carry->harmed = true;
    } else if (fault(world, 40)) { /* a proxy that lies: all is acked, it says, and signs with nothing */
        memset(carry->mac, 'a', 64);
        carry->status = 200;
    } else if (fault(world, 40)) {
        free(carry->body);
        carry->body = must_alloc(sizeof portal);
        memcpy(carry->body, portal, sizeof portal);
        carry->len = sizeof portal - 1;
        carry->mac[0] = '\0';
        carry->status = 200;
        carry->harmed = true;
    }
    sim_after(world, delay(world), deliver, carry);
}

static void arrive(struct sim_world *world, void *context)
{
    struct carry *carry = context;
    struct strbuf body = STRBUF_INIT(OUTPUT_MAX);
    bool answered;

    if (world->ended) {
        carry_free(carry);
        return;
    }
    carry->request.args = &carry->args;
    carry->request.body = carry->body;
    carry->request.len = carry->len;
    carry->request.may_wait = carry->wait_until_ms > world->now_ms;
    if (!world->central) {
        carry->error = "offline";
        sim_after(world, delay(world), deliver, carry);
        return;
    }
    if (carry->request.may_wait && carry->looked_at == world->changes) { /* parked, and nothing has changed */
        sim_after(world, PARKED_MS, arrive, carry);
        return;
    }
    carry->looked_at = world->changes;
    answered = office_answer(world, &carry->request, &carry->status, carry->mac, &body);
    if (!answered && carry->request.may_wait && world->central) { /* parked: looked at again */
        sim_after(world, PARKED_MS, arrive, carry);
        strbuf_free(&body);
        return;
    }
    if (!answered) {
        carry->error = "offline";
    } else {
        free(carry->body);
        carry->body = must_alloc(body.len + 1);
        memcpy(carry->body, strbuf_text(&body), body.len);
        carry->len = body.len;
    }
    strbuf_free(&body);
    go_down(world, carry);
    office_after(world);
}

static void go_up(struct sim_world *world, struct carry *carry)
{
    if (fault(world, 15) || carry->till->cut_off_until_ms > world->now_ms) {
        carry->error = "offline";
        sim_after(world, 1 + dice_below(&world->dice, 5000), deliver, carry);
        return;
    }
    if (fault(world, 12)) { /* twice, and one of them late: what came after it may overtake it */
        struct carry *copy = carry_copy(carry);

        copy->mute = true;
        copy->wait_until_ms = 0;
        sim_after(world, dice_below(&world->dice, LATE_MS), arrive, copy);
    }
    if (fault(world, 40) && carry->len > 0)
        carry->len = (size_t)dice_below(&world->dice, (int64_t)carry->len);
    sim_after(world, delay(world), arrive, carry);
}

/* As loyald-sync does it at enrolment, with a key of its own. */
static void add_csr(struct carry *carry)
{
    struct cJSON *root = cJSON_ParseWithLength(carry->body, carry->len);
    char pem[X509_PEM_BYTES_MAX];
    struct pk *key = NULL;
    char *text;

    must(pk_generate(&key, NULL) == ST_OK && x509_request(key, carry->till->dev, pem, NULL) == ST_OK, "a request");
    must(cJSON_AddStringToObject(root, "csr", pem) != NULL, "memory");
    if (!cJSON_HasObjectItem(root, "version"))
        must(cJSON_AddStringToObject(root, "version", "0") != NULL, "memory");
    must(pk_id(key, carry->cert_key) == ST_OK, "a key's name");
    text = cJSON_PrintUnformatted(root);
    free(carry->body);
    carry->len = strlen(text);
    carry->body = must_alloc(carry->len + 1);
    memcpy(carry->body, text, carry->len);
    cJSON_free(text);
    cJSON_Delete(root);
    pk_destroy(key);
}

static void copy_text(const struct cJSON *header, const char *name, char *out, size_t size)
{
    const char *text = "";

    (void)json_text(header, name, size - 1, &text, NULL);
    (void)snprintf(out, size, "%s", text);
}

void carry_take(struct sim_world *world, struct sim_till *till, const struct message *message)
{
    struct carry *carry = must_alloc(sizeof *carry);
    const struct cJSON *args = NULL;
    enum operation op = OP_COUNT;
    const char *name = "";

    *carry = (struct carry){.till = till, .generation = till->generation};
    (void)json_text(message->header, "op", 32, &name, NULL);
    must(operation_by_name(name, &op) == ST_OK, "an operation that is known");
    (void)json_int(message->header, "id", 0, JSON_INT_MAX, &carry->id, NULL);
    (void)json_int(message->header, "after", 0, JSON_INT_MAX, &carry->after, NULL);
    carry->request.op = (int)op;
    (void)json_int(message->header, "deadline_ms", 0, JSON_INT_MAX, &carry->due_ms, NULL);
    carry->due_ms += world->now_ms;
    memcpy(carry->request.text.dev, till->dev, sizeof till->dev);
    memcpy(carry->request.text.cert_key, till->cert_key, sizeof till->cert_key);
    copy_text(message->header, "epoch", carry->request.text.epoch, 17);
    copy_text(message->header, "n", carry->request.text.n, 17);
    copy_text(message->header, "mac", carry->request.text.mac, 65);
    if (json_object(message->header, "arg", &args, NULL) == ST_OK) {
        for (int i = 0; i < OPERATION_ARG_MAX && operation_spec(op)->args[i]; i++)
            copy_text(args, operation_spec(op)->args[i], carry->args.values[i], sizeof carry->args.values[i]);
    }
    carry->len = message->payload_len;
    carry->body = must_alloc(carry->len + 1);
    if (carry->len > 0)
        memcpy(carry->body, message->payload, carry->len);
    if (op == OP_UPDATES)
        carry->wait_until_ms = world->now_ms + 1000 * strtol(carry->args.values[1], NULL, 10);
    if (op == OP_ENROL)
        add_csr(carry);
    sim_note(world, "ask %d op %d %zu", (int)(till - world->tills), (int)op, carry->len);
    take_turn(world, carry);
}
