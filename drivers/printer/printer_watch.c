/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/printer_watch.h"

#include "agent/net/loop.h"
#include "drivers/port/port.h"
#include "drivers/printer/language.h"

static void watch_move(struct printer_watch *watch, enum watch_state to, int64_t timer_ms)
{
    watch->state = to;
    if (timer_ms > 0)
        loop_timer_set(watch->timer, timer_ms, 0);
    else
        loop_timer_stop(watch->timer);
}

/* A write that fails is a missed answer like any other. */
static void ask_next(struct printer_watch *watch, int64_t answer_ms)
{
    uint8_t question[LANGUAGE_QUESTION_BYTES_MAX];
    size_t len = watch->language->ask(++watch->asked, question);

    (void)port_write(watch->port, question, len, answer_ms, NULL, NULL);
    watch_move(watch, WATCH_ASKING, answer_ms);
}

static void begin_round(struct printer_watch *watch)
{
    watch->asked = 0;
    watch->pulse = false;
    watch->coming = (struct escpos_condition){0};
    if (watch->language->question_count > 0) {
        ask_next(watch, WATCH_ANSWER_MS);
        return;
    }
    watch->heard = true;
    watch_move(watch, WATCH_RESTING, 0);
    watch->round_done(watch->context, true);
}

static void on_timer(void *context)
{
    struct printer_watch *watch = context;

    switch (watch->state) {
    case WATCH_OFF:
        return;
    case WATCH_ASKING:
        watch->missed = true;
        watch_move(watch, WATCH_MUTE, WATCH_SILENT_MS);
        watch->round_done(watch->context, false);
        return;
    case WATCH_SETTLING:
        watch->missed = false;
        watch->held = 0;
        begin_round(watch);
        return;
    case WATCH_RESTING:
    case WATCH_MUTE:
        begin_round(watch);
        return;
    }
}

enum status watch_create(struct printer_watch *watch, struct errmsg *err)
{
    enum status st = loop_timer_create(watch->loop, on_timer, watch, &watch->timer);

    if (st != ST_OK)
        errmsg_set(err, "timer: %s", status_text(st));
    return st;
}

void watch_destroy(struct printer_watch *watch)
{
    loop_timer_destroy(watch->timer);
    watch->timer = NULL;
}

void watch_open(struct printer_watch *watch, struct port *port)
{
    watch->port = port;
    watch->missed = watch->heard = false;
    watch->held = 0;
    watch->condition = (struct escpos_condition){0};
    begin_round(watch);
}

void watch_close(struct printer_watch *watch)
{
    watch_move(watch, WATCH_OFF, 0);
}

void watch_hold(struct printer_watch *watch)
{
    if (watch->state == WATCH_OFF)
        return;
    watch->held += watch->state == WATCH_ASKING;
    watch_move(watch, watch->missed ? WATCH_MUTE : WATCH_RESTING, 0);
}

void watch_pulse(struct printer_watch *watch, int64_t extra_ms)
{
    if (watch->state == WATCH_OFF)
        return;
    watch->asked = 0;
    watch->pulse = true;
    ask_next(watch, WATCH_ANSWER_MS + extra_ms);
}

void watch_ask(struct printer_watch *watch)
{
    if (watch->state == WATCH_OFF || watch->state == WATCH_SETTLING)
        return;
    if (watch->state == WATCH_ASKING) {
        /* The answers of this round may be older than the question's reason: it is begun again, after its answer. */
        if (watch->asked > 1)
            watch->asked = -1;
        return;
    }
    begin_round(watch);
}

static void on_answer(struct printer_watch *watch, const struct escpos_packet *packet)
{
    if (watch->asked <= 0) { /* to be begun again */
        begin_round(watch);
        return;
    }
    if (watch->pulse) {
        watch->language->learn(&watch->condition, watch->asked, packet);
        watch_move(watch, WATCH_RESTING, 0);
        watch->round_done(watch->context, true);
        return;
    }
    watch->language->learn(&watch->coming, watch->asked, packet);
    if (watch->asked < watch->language->question_count) {
        ask_next(watch, WATCH_ANSWER_MS);
        return;
    }
    watch->condition = watch->coming;
    watch_move(watch, WATCH_RESTING, watch->busy ? WATCH_BUSY_MS * watch->asked : WATCH_IDLE_MS);
    watch->round_done(watch->context, true);
}

void watch_packet(struct printer_watch *watch, const struct escpos_packet *packet)
{
    if (watch->state == WATCH_OFF)
        return;
    watch->heard = true;
    if (packet->kind == ESCPOS_ASB || packet->kind == ESCPOS_STAR) /* told by itself, or as good as that */
        watch->language->learn(&watch->condition, 0, packet);
    if (watch->missed) {
        watch_move(watch, WATCH_SETTLING, WATCH_SETTLE_MS);
        return;
    }
    if (packet->kind != watch->language->answer)
        return;
    if (watch->held > 0)
        watch->held--;
    else if (watch->state == WATCH_ASKING)
        on_answer(watch, packet);
}
