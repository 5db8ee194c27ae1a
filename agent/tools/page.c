/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl page: where the cashier page is, or the status page. The address holds the token: with --file it goes into a file of this user
 * alone, for a browser to be started with, since everybody may read the arguments of a process. */
#include "agent/tools/command.h"

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/json_writer.h"

#include <stdio.h>
#include <string.h>

enum { ADDRESS_MAX = 512 };

/* The one page's address into the other's: the token stays behind the '#'. */
static void to_status_page(const char *address, char out_address[ADDRESS_MAX + 8])
{
    const char *token = strchr(address, '#');
    size_t len = token ? (size_t)(token - address) : strlen(address);

    (void)snprintf(out_address, ADDRESS_MAX + 8, "%.*sstatus%s", (int)len, address, token ? token : "");
}

static int write_file(const char *path, const char *address)
{
    struct strbuf text = STRBUF_INIT(2 * ADDRESS_MAX);
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    strbuf_printf(&text, "<!doctype html>\n<meta http-equiv=\"refresh\" content=\"0; url=%s\">\n", address);
    st = strbuf_status(&text);
    if (st == ST_OK)
        st = file_write(path, text.data, text.len, 0600, &err);
    if (st != ST_OK)
        command_say("%s", err.text[0] != '\0' ? err.text : status_text(st));
    strbuf_free(&text);
    return st == ST_OK ? 0 : EXIT_REFUSED;
}

/* With a file its name is told to a program alone: a person has just given it. */
static void say_where(const struct command_call *call, const char *address)
{
    struct strbuf out = STRBUF_INIT(16 * ADDRESS_MAX);
    struct json_writer w = JSON_WRITER_INIT(&out);

    jw_object_begin(&w);
    jw_field_text(&w, call->file ? "file" : "address", call->file ? call->file : address);
    jw_object_end(&w);
    if (call->json)
        printf("%s\n", strbuf_text(&out));
    else if (!call->file)
        printf("%s\n", address);
    strbuf_free(&out);
}

int command_page(const struct command_call *call)
{
    struct strbuf answer = STRBUF_INIT(ASK_ANSWER_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct cJSON *root = NULL;
    char status_address[ADDRESS_MAX + 8];
    const char *address;
    int exit_status;

    if (call->word_count > 0 && strcmp(call->words[0], "status") != 0) {
        command_say("page: what is \"%s\"? Try loyalctl --help", call->words[0]);
        return EXIT_USAGE;
    }
    exit_status = command_ask(call, "GET", "/v1/page", NULL, 0, &answer);

    if (exit_status == 0 &&
        (json_parse(strbuf_text(&answer), answer.len, ASK_ANSWER_MAX, &root, &err) != ST_OK ||
         json_text(root, "address", ADDRESS_MAX, &address, &err) != ST_OK || strpbrk(address, "\"<>"))) {
        command_say("the answer: %s", err.text);
        exit_status = EXIT_NO_DAEMON;
    }
    if (exit_status == 0 && call->word_count > 0) {
        to_status_page(address, status_address);
        address = status_address;
    }
    if (exit_status == 0 && call->file)
        exit_status = write_file(call->file, address);
    if (exit_status == 0)
        say_where(call, address);
    json_free(root);
    strbuf_free(&answer);
    return command_finish(exit_status);
}
