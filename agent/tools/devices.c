/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl devices list, monitor, record, test-scan: what loyald says of its devices, and a line looked at by itself.
 */
#include "agent/tools/devices.h"

#include "agent/base/clock.h"
#include "agent/base/config.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"
#include "agent/checkup/answer.h"
#include "agent/checkup/fresh.h"
#include "agent/net/loop.h"
#include "agent/tools/status.h"
#include "drivers/port/port_list.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS_DEFAULT = 60, OPEN_MS = 2000 };

/* ---- list ---- */

static void list_one(const cJSON *device)
{
    static const char *const figures[] = {"scans",  "unreadable", "payment_cards", "resent", "confirmed", "unknown",
                                          "failed", "shown",      "substituted",   "drawn",  "opened",    "lost"};

    int64_t now_ms = clock_wall_ms(clock_system());
    char since[FRESH_SPAN_MAX], fresh[FRESH_TEXT_MAX];

    fresh_span(now_ms - answer_number(device, "since_unix_ms"), since);
    fresh_device(device, now_ms, fresh);
    printf("%-9s %-9s %s %s\n", answer_text(device, "name"), answer_text(device, "state"),
           answer_text(device, "family"), answer_text(device, "port"));
    printf("          for %s%s\n", since, fresh);
    if (answer_text(device, "device")[0])
        printf("          says it is %s\n", answer_text(device, "device"));
    if (answer_text(device, "reason")[0])
        printf("          %s\n", answer_text(device, "reason"));
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        int64_t value = 0;

        if (json_int(device, figures[i], 0, JSON_INT_MAX, &value, NULL) == ST_OK && value > 0)
            printf("          %s %" PRId64 "\n", figures[i], value);
    }
}

int command_devices_list(const struct command_call *call)
{
    struct strbuf answer = STRBUF_INIT(ASK_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *health = NULL;
    const cJSON *devices = NULL, *device;
    int code = command_ask(call, "GET", "/v1/health", NULL, 0, &answer);

    if (code == 0 && json_parse(strbuf_text(&answer), answer.len, ASK_ANSWER_MAX, &health, &err) == ST_OK)
        devices = cJSON_GetObjectItemCaseSensitive(health, "devices");
    if (code == 0 && call->json && devices) {
        char *json = cJSON_PrintUnformatted(devices);

        printf("%s\n", json ? json : "[]");
        cJSON_free(json);
    } else if (code == 0) {
        cJSON_ArrayForEach(device, devices) list_one(device);
        if (cJSON_GetArraySize(devices) == 0)
            printf("no devices are configured; loyalctl devices scan finds them\n");
    }
    json_free(health);
    strbuf_free(&answer);
    return command_finish(code == 0 ? (int)status_of(call, (const char *const[]){"devices", NULL}) : code);
}

/* ---- a line by itself ---- */

struct watching {
    const struct command_call *call;
    struct loop *loop;
    FILE *file; /* of a capture; NULL: on the screen */
    bool in_hex;
    int scans;
    bool stopped;
};

static void on_stop(void *context)
{
    ((struct watching *)context)->stopped = true;
}

static void write_all(const struct watching *watching, const struct strbuf *out)
{
    FILE *file = watching->file ? watching->file : stdout;

    (void)fputs(strbuf_text(out), file);
    (void)fflush(file);
}

/* What was read, as an object a line; of a payment card its bytes are not there to be told. */
static void write_heard(const struct watching *watching, const uint8_t *bytes, size_t len, const char *result)
{
    struct strbuf out = STRBUF_INIT(CAPTURE_BYTES_MAX * 4);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_object_begin(&w);
    if (watching->in_hex && len > 0)
        jw_field_hex(&w, "bytes", bytes, len);
    if (result[0]) {
        jw_name(&w, "result");
        jw_text_n(&w, result, strcspn(result, "\n"));
    }
    jw_object_end(&w);
    if (out.len > strlen("{}"))
        (void)command_print_json(&out, 0);
    strbuf_free(&out);
}

static void on_heard(void *context, struct tap *tap, const uint8_t *bytes, size_t len, const char *result, bool pause)
{
    struct watching *watching = context;
    struct strbuf out = STRBUF_INIT(CAPTURE_BYTES_MAX * 4);
    bool card = strcmp(result, "card\n") == 0;

    (void)tap;
    if (watching->call->json && !watching->file) {
        watching->scans += strncmp(result, "scan ", 5) == 0;
        write_heard(watching, bytes, len, result);
        return;
    }
    if (watching->in_hex && len > 0)
        capture_write_bytes(bytes, len, &out);
    if (watching->file && card)
        strbuf_puts(&out, "# a payment card was dropped here\n");
    else if (result[0])
        strbuf_printf(&out, "%s%s", watching->file ? "= " : "", result);
    if (watching->file && pause && len > 0)
        strbuf_puts(&out, "gap\n");
    write_all(watching, &out);
    strbuf_free(&out);
    watching->scans += strncmp(result, "scan ", 5) == 0;
    if (watching->file && result[0])
        fprintf(stderr, "%s", result);
}

static void on_sent(void *context, const uint8_t *bytes, size_t len)
{
    struct watching *watching = context;
    struct strbuf out = STRBUF_INIT(4096);

    if (watching->in_hex && !(watching->call->json && !watching->file)) {
        strbuf_puts(&out, "> ");
        capture_write_bytes(bytes, len, &out);
        write_all(watching, &out);
    }
    strbuf_free(&out);
}

/* --family, --framing and --code-ids; false when one is wrong, which is said then. */
static bool read_settings(const struct command_call *call, struct tap_options *out_options)
{
    const struct {
        const char *name, *value, *choices;
        int at;
    } words[] = {
        {"family", call->family, SCANNER_FAMILY_CHOICES, 0},
        {"framing", call->framing, SCANNER_FRAMING_CHOICES, 0},
        {"code-ids", call->code_ids, "none|aim|zebra|honeywell|datalogic", 1},
    };
    int found[3];

    for (size_t i = 0; i < 3; i++) {
        found[i] = words[i].value ? config_choice(words[i].choices, words[i].value) : words[i].at;
        if (found[i] < 0) {
            command_say("--%s %s: must be one of %s", words[i].name, words[i].value, words[i].choices);
            return false;
        }
    }
    out_options->settings.family = (enum scanner_family_id)found[0];
    out_options->framing = (enum scanner_framing)found[1];
    out_options->settings.code_ids = (enum scanner_code_ids)found[2];
    return true;
}

int64_t devices_seconds(const struct command_call *call, int64_t otherwise)
{
    int64_t seconds = call->seconds ? strtoll(call->seconds, NULL, 10) : otherwise;

    return seconds < 1 ? 1 : seconds > 24 * 3600 ? 24 * 3600 : seconds;
}

static void say_closed(struct tap *tap, const char *uri)
{
    const char *path = strchr(uri, '/');
    char name[PORT_LIST_TEXT_MAX], only[PORT_PATH_BYTES_MAX];
    pid_t pid;

    command_say("%s", tap_reason(tap));
    (void)snprintf(only, sizeof only, "%.*s", path ? (int)strcspn(path, "?") : 0, path ? path : "");
    if (port_holder(only, &pid, name))
        command_say("%s has it open, pid %d%s", name, (int)pid,
                    strcmp(name, "loyald") == 0 ? "; systemctl stop loyald first" : "");
}

static int watch(struct watching *watching, struct tap_options *options, int64_t seconds, int scans_max)
{
    struct errmsg err = ERRMSG_INIT;
    struct tap *tap = NULL;
    int64_t begun_ms, end_ms;
    enum status st = loop_create(&watching->loop, &err);

    options->loop = watching->loop;
    if (st == ST_OK)
        st = loop_on_stop_signal(watching->loop, on_stop, watching, &err);
    if (st == ST_OK)
        st = tap_create(options, &tap, &err);
    if (st != ST_OK) {
        command_say("%s", err.text[0] ? err.text : status_text(st));
        loop_destroy(watching->loop);
        return EXIT_USAGE;
    }
    begun_ms = loop_now_ms(watching->loop);
    end_ms = begun_ms + seconds * 1000;
    while (!watching->stopped && loop_now_ms(watching->loop) < end_ms &&
           (scans_max == 0 || watching->scans < scans_max)) {
        loop_step(watching->loop, 100);
        if (!tap_is_open(tap) && loop_now_ms(watching->loop) - begun_ms > OPEN_MS && tap_reason(tap)[0]) {
            say_closed(tap, options->uri);
            tap_destroy(tap);
            loop_destroy(watching->loop);
            return EXIT_REFUSED;
        }
    }
    tap_destroy(tap);
    loop_destroy(watching->loop);
    return 0;
}

int command_devices_monitor(const struct command_call *call)
{
    struct watching watching = {.call = call, .in_hex = call->hex};
    struct tap_options options = {
        .uri = call->words[0], .on_heard = on_heard, .on_sent = on_sent, .context = &watching};

    if (!read_settings(call, &options))
        return EXIT_USAGE;
    return command_finish(watch(&watching, &options, devices_seconds(call, 24 * 3600), 0));
}

int command_devices_test_scan(const struct command_call *call)
{
    struct watching watching = {.call = call};
    struct tap_options options = {.uri = call->words[0], .on_heard = on_heard, .context = &watching};
    int code;

    if (!read_settings(call, &options))
        return EXIT_USAGE;
    fprintf(stderr, "scan any code now\n");
    code = watch(&watching, &options, devices_seconds(call, SECONDS_DEFAULT), 1);
    if (code == 0 && watching.scans == 0) {
        command_say("nothing was read; loyalctl devices scan %s tries other speeds", call->words[0]);
        code = EXIT_REFUSED;
    }
    return command_finish(code);
}

int command_devices_record(const struct command_call *call)
{
    struct watching watching = {.call = call, .in_hex = true};
    struct tap_options options = {
        .uri = call->words[0], .on_heard = on_heard, .on_sent = on_sent, .context = &watching};
    static const char *const families[] = {"ascii",  "ssi",    "honeywell", "datalogic",
                                           "stripe", "em4100", "desk",      "pn532"};
    int code;

    if (!read_settings(call, &options))
        return EXIT_USAGE;
    watching.file = fopen(call->words[1], "wxe"); /* an earlier one is not written over */
    if (!watching.file) {
        command_say("%s: cannot be made; is there a file of that name already?", call->words[1]);
        return EXIT_REFUSED;
    }
    fprintf(watching.file,
            "# Recorded from a real device: write here which, and that no member's code is in it.\n"
            "! family=%s framing=%s code_ids=%s\n",
            families[options.settings.family], call->framing ? call->framing : "auto",
            call->code_ids ? call->code_ids : "aim");
    fprintf(stderr, "recording to %s; end with Ctrl-C\n", call->words[1]);
    code = watch(&watching, &options, devices_seconds(call, 24 * 3600), 0);
    if (fclose(watching.file) != 0) {
        command_say("%s: could not be written", call->words[1]);
        code = EXIT_REFUSED;
    }
    if (call->json)
        printf("{\"scans\":%d}\n", watching.scans);
    else
        fprintf(stderr, "%d scans; copy it to tests/devices to make it a test\n", watching.scans);
    return command_finish(code);
}
