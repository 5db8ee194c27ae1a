/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/devices_probe.h"

#include "agent/net/loop.h"
#include "drivers/port/port.h"
#include "drivers/printer/language.h"

#include <string.h>
#include <strings.h>

enum { OPEN_MS = 600, ANSWER_MS = 400, IDENTITY_HEAD = 0x5F };

/* GS I 67: the model's name. Epson, ESC/POS command reference, GS I. */
static const uint8_t model_question[] = {0x1D, 'I', 67};

struct probe {
    const struct language *language;
    struct escpos_reader reader;
    bool answered;
    char *model; /* where its name goes; NULL: it is not asked */
};

static void keep_model(struct probe *probe, const struct escpos_packet *packet)
{
    size_t len = packet->len - 1;

    if (packet->bytes[0] != IDENTITY_HEAD || len >= PROBE_MODEL_BYTES_MAX)
        return;
    for (size_t i = 0; i < len; i++) {
        if (packet->bytes[1 + i] < 0x20 || packet->bytes[1 + i] > 0x7E)
            return; /* it is shown to people */
    }
    memcpy(probe->model, packet->bytes + 1, len);
    probe->model[len] = '\0';
    probe->answered = true;
}

static void on_bytes(void *context, const void *bytes, size_t len, int64_t received_ns)
{
    struct probe *probe = context;
    struct escpos_packet packet;

    (void)received_ns;
    for (size_t i = 0; i < len && probe->language; i++) {
        enum escpos_packet_kind kind = probe->language->push(&probe->reader, ((const uint8_t *)bytes)[i], &packet);

        if (probe->model && kind == ESCPOS_BLOCK && packet.len > 0)
            keep_model(probe, &packet);
        else if (!probe->model && kind == probe->language->answer)
            probe->answered = true;
    }
}

static bool is_ready(const struct port *port)
{
    struct port_status status;

    port_status(port, &status);
    return status.state == PORT_READY;
}

static bool ask(struct loop *loop, struct port *port, struct probe *probe, const uint8_t *question, size_t len)
{
    int64_t end_ms = loop_now_ms(loop) + ANSWER_MS;

    if (port_write(port, question, len, ANSWER_MS, NULL, NULL) != ST_OK)
        return false;
    while (!probe->answered && loop_now_ms(loop) < end_ms)
        loop_step(loop, 50);
    return probe->answered;
}

static bool speaks(struct loop *loop, struct port *port, struct probe *probe, const struct language *language)
{
    uint8_t question[LANGUAGE_QUESTION_BYTES_MAX];
    size_t len = language->ask(1, question);

    *probe = (struct probe){.language = language};
    return ask(loop, port, probe, question, len);
}

bool probe_printer(struct loop *loop, const char *uri, struct probe_answer *out_answer)
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
    *out_answer = (struct probe_answer){.language = PROFILE_ESCPOS};
    if (is_ready(port) && speaks(loop, port, &probe, &escpos_language)) {
        probe.answered = false;
        probe.model = out_answer->model;
        (void)ask(loop, port, &probe, model_question, sizeof model_question); /* one that does not say is tried out */
        found = true;
    } else if (is_ready(port) && speaks(loop, port, &probe, &star_language)) {
        out_answer->language = PROFILE_STAR;
        found = true;
    }
    port_destroy(port);
    return found;
}

/* A title is a maker and a model, "Epson TM-T88V". */
static bool is_of_model(const struct profile *profile, const char *model)
{
    size_t len = strlen(model), title = strlen(profile->title);

    return len > 0 && title > len && profile->title[title - len - 1] == ' ' &&
           strcasecmp(profile->title + title - len, model) == 0;
}

const struct profile *probe_profile(const struct probe_answer *answer, bool *out_known)
{
    const struct profile *profile;

    *out_known = true;
    for (size_t i = 0; (profile = profile_at(i)) != NULL; i++) {
        if (profile->language == answer->language && is_of_model(profile, answer->model))
            return profile;
    }
    *out_known = false;
    return answer->language == PROFILE_STAR ? profile_find("star-tsp600") : profile_at(0);
}
