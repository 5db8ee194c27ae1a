/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/devices_probe.h"

#include "agent/net/loop.h"
#include "drivers/port/port.h"
#include "drivers/printer/language.h"

enum { OPEN_MS = 600, ANSWER_MS = 400 };

struct probe {
    const struct language *language;
    struct escpos_reader reader;
    bool answered;
};

static void on_bytes(void *context, const void *bytes, size_t len, int64_t received_ns)
{
    struct probe *probe = context;
    struct escpos_packet packet;

    (void)received_ns;
    for (size_t i = 0; i < len && probe->language; i++)
        probe->answered = probe->answered || probe->language->push(&probe->reader, ((const uint8_t *)bytes)[i],
                                                                   &packet) == probe->language->answer;
}

static bool is_ready(const struct port *port)
{
    struct port_status status;

    port_status(port, &status);
    return status.state == PORT_READY;
}

static bool ask(struct loop *loop, struct port *port, struct probe *probe, const struct language *language)
{
    uint8_t question[LANGUAGE_QUESTION_BYTES_MAX];
    size_t len = language->ask(1, question);
    int64_t end_ms = loop_now_ms(loop) + ANSWER_MS;

    *probe = (struct probe){.language = language};
    if (port_write(port, question, len, ANSWER_MS, NULL, NULL) != ST_OK)
        return false;
    while (!probe->answered && loop_now_ms(loop) < end_ms)
        loop_step(loop, 50);
    return probe->answered;
}

bool probe_printer(struct loop *loop, const char *uri, enum profile_language *out_language)
{
    struct probe probe = {.language = NULL};
    const struct port_options options = {
        .uri = uri, .loop = loop, .name = "printer?", .on_bytes = on_bytes, .context = &probe};
    int64_t end_ms = loop_now_ms(loop) + OPEN_MS;
    struct port *port = NULL;
    bool found = false;

    if (port_create(&options, &port, NULL) != ST_OK)
        return false;
    while (!is_ready(port) && loop_now_ms(loop) < end_ms)
        loop_step(loop, 50);
    if (is_ready(port) && ask(loop, port, &probe, &escpos_language)) {
        *out_language = PROFILE_ESCPOS;
        found = true;
    } else if (is_ready(port) && ask(loop, port, &probe, &star_language)) {
        *out_language = PROFILE_STAR;
        found = true;
    }
    port_destroy(port);
    return found;
}
