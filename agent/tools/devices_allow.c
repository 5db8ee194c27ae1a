/* SPDX-License-Identifier: Apache-2.0 */
/* loyalctl devices allow: the drop-in by which systemd lets loyald reach one printer on the network, and nothing
 * else. */
#include "agent/tools/command.h"

#include "agent/base/file.h"
#include "agent/base/json_writer.h"
#include "agent/base/strbuf.h"
#include "drivers/port/port_uri.h"

#include <stdio.h>
#include <string.h>

#define DROP_IN_FOLDER "/etc/systemd/system/loyald.service.d"
#define DROP_IN_NAME   "lan-printer.conf"

enum { DROP_IN_BYTES_MAX = 4096 };

/* The address alone: systemd knows no ports here, and the printer's other ones are its own affair. */
static void write_drop_in(const struct port_uri *uri, struct strbuf *out)
{
    strbuf_printf(out,
                  "# One device on the store's network for loyald; written by loyalctl devices allow.\n"
                  "[Service]\n"
                  "PrivateNetwork=no\n"
                  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n"
                  "IPAddressDeny=any\n"
                  "IPAddressAllow=%s\n",
                  uri->host);
}

static int say_next(const struct command_call *call, const char *path)
{
    if (call->json) {
        struct strbuf out = STRBUF_INIT(DROP_IN_BYTES_MAX);
        struct json_writer w = JSON_WRITER_INIT(&out);

        jw_object_begin(&w);
        jw_field_text(&w, "file", path);
        jw_field_text(&w, "port", call->words[0]);
        jw_object_end(&w);
        return command_print_json(&out, 0);
    }
    printf("%s is written. Now:\n"
           "systemctl daemon-reload && systemctl restart loyald\n"
           "# for /etc/loyald/loyald.conf.d/printer.conf\n[printer]\nport = %s\n",
           path, call->words[0]);
    return 0;
}

static int say_refused(const struct errmsg *err, const char *folder)
{
    command_say("%s; nothing was changed. As root, or into another folder: loyalctl devices allow PORT FOLDER "
                "(loyald reads %s)",
                err->text, folder);
    return EXIT_REFUSED;
}

int command_devices_allow(const struct command_call *call)
{
    const char *folder = call->word_count == 2 ? call->words[1] : DROP_IN_FOLDER;
    struct strbuf text = STRBUF_INIT(DROP_IN_BYTES_MAX), path = STRBUF_INIT(DROP_IN_BYTES_MAX);
    struct errmsg err = ERRMSG_INIT;
    struct port_uri uri;
    int code = EXIT_USAGE;
    enum status st = port_uri_parse(call->words[0], &uri, &err);

    if (st != ST_OK) {
        command_say("%s", err.text);
    } else if (strcmp(uri.scheme, "tcp") != 0) {
        command_say("%s: a device at this machine needs no leave; for one on the network: tcp:192.0.2.7:9100",
                    call->words[0]);
    } else {
        write_drop_in(&uri, &text);
        strbuf_printf(&path, "%s/%s", folder, DROP_IN_NAME);
        st = file_mkdir(folder, 0755, &err);
        if (st == ST_OK)
            st = file_write(strbuf_text(&path), text.data, text.len, 0644, &err);
        code = st == ST_OK ? say_next(call, strbuf_text(&path)) : say_refused(&err, DROP_IN_FOLDER);
    }
    strbuf_free(&text);
    strbuf_free(&path);
    return command_finish(code);
}
