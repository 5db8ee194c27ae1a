/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tools/devices_hunt.h"

#include "agent/base/json_writer.h"

enum { ANSWER_BYTES_MAX = 64 * 1024 };

static const char *const families[] = {"ascii", "ssi", "honeywell", "datalogic", "stripe", "em4100", "desk", "pn532"};
static const char *const framings[] = {"auto", "cr", "lf", "tab", "stx", "gap"};
static const char *const ids[] = {"none", "aim", "zebra", "honeywell", "datalogic", "custom"};

/* ---- in words, while it looks ---- */

void scan_say_line(const struct candidate *candidate)
{
    const struct port_found *found = &candidate->found;
    FILE *words = candidate->hunt->words;

    fprintf(words, "%s", candidate->uri);
    if (found->is_usb)
        fprintf(words, "  usb:%04x:%04x%s%s %s %s", found->vendor, found->product, found->serial[0] ? ":" : "", found->serial,
                found->maker, found->title);
    else if (found->driver[0])
        fprintf(words, "  %s", found->driver);
    if (candidate->holder > 0)
        fprintf(words, "  in use by %s, pid %d", candidate->holder_name, (int)candidate->holder);
    fprintf(words, "\n");
}

void scan_say_scanner(const struct hunt *hunt)
{
    const struct scanner_guess *guess = &hunt->guess;

    if (hunt->json)
        return;
    printf("# %s; for /etc/loyald/loyald.conf.d/scanner.conf\n[scanner]\nport = %s\nfamily = %s\n", guess->why,
           hunt->spoke->open, families[guess->family]);
    if (guess->family == SCANNER_ASCII)
        printf("framing = %s\ncode_ids = %s\n", framings[guess->framing], ids[guess->code_ids]);
    (void)fflush(stdout);
}

void scan_say_asked(const struct candidate *candidate)
{
    const struct profile *profile;
    bool known;

    if (candidate->hunt->json)
        return;
    if (!candidate->answered) {
        printf("%s says nothing; a customer display? loyalctl devices test-display %s\n", candidate->uri, candidate->uri);
        return;
    }
    profile = probe_profile(&candidate->printer, &known);
    if (known)
        printf("# %s answers; for /etc/loyald/loyald.conf.d/printer.conf\n", profile->title);
    else if (candidate->printer.model[0])
        printf("# a receipt printer answers that calls itself \"%s\"; loyalctl devices profiles lists those that we "
               "know\n",
               candidate->printer.model);
    else
        printf("# a receipt printer answers; loyalctl devices profiles lists the models, test-print tries one\n");
    printf("[printer]\nport = %s\nprofile = %s\n", candidate->open, profile->name);
}

/* ---- for a program, at the end ---- */

static void write_scanner(const struct hunt *hunt, struct json_writer *w)
{
    jw_field_text(w, "family", families[hunt->guess.family]);
    jw_field_text(w, "framing", framings[hunt->guess.framing]);
    jw_field_text(w, "code_ids", ids[hunt->guess.code_ids]);
    jw_field_text(w, "why", hunt->guess.why);
}

static void write_printer(const struct candidate *candidate, struct json_writer *w)
{
    bool known;
    const struct profile *profile = probe_profile(&candidate->printer, &known);

    jw_field_text(w, "profile", profile->name);
    jw_field_bool(w, "known", known);
    jw_field_text(w, "model", candidate->printer.model);
}

static void write_line(const struct hunt *hunt, const struct candidate *candidate, struct json_writer *w)
{
    const struct port_found *found = &candidate->found;
    bool scanner = candidate == hunt->spoke, printer = candidate->answered;
    char usb[16];

    jw_object_begin(w);
    jw_field_text(w, "line", candidate->uri);
    if (found->is_usb) {
        (void)snprintf(usb, sizeof usb, "%04x:%04x", found->vendor, found->product);
        jw_field_text(w, "usb", usb);
        jw_field_text(w, "serial", found->serial);
        jw_field_text(w, "maker", found->maker);
        jw_field_text(w, "title", found->title);
    } else if (found->driver[0]) {
        jw_field_text(w, "driver", found->driver);
    }
    if (candidate->holder > 0) {
        jw_field_text(w, "in_use_by", candidate->holder_name);
        jw_field_int(w, "pid", candidate->holder);
    }
    jw_field_text(w, "found", scanner ? "scanner" : printer ? "printer" : candidate->asked ? "silence" : "not asked");
    if (scanner || printer)
        jw_field_text(w, "port", candidate->open);
    if (scanner)
        write_scanner(hunt, w);
    else if (printer)
        write_printer(candidate, w);
    jw_object_end(w);
}

int scan_say_all(const struct hunt *hunt, int exit_status)
{
    struct strbuf out = STRBUF_INIT(ANSWER_BYTES_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);

    if (!hunt->json)
        return exit_status;
    jw_object_begin(&w);
    jw_name(&w, "lines");
    jw_array_begin(&w);
    for (size_t i = 0; i < hunt->count; i++)
        write_line(hunt, &hunt->candidates[i], &w);
    jw_array_end(&w);
    jw_object_end(&w);
    return command_print_json(&out, exit_status);
}
