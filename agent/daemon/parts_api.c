/* SPDX-License-Identifier: Apache-2.0 */
/* The ways in for others: the local API and the drop folder, and what they ask of the whole. */
#include "agent/daemon/parts_internal.h"

#include "agent/api/api.h"
#include "agent/api/dropbox.h"
#include "agent/base/crypto.h"
#include "agent/base/file.h"
#include "agent/base/hex.h"
#include "agent/daemon/devices.h"
#include "agent/daemon/tee.h"
#include "agent/link/link.h"
#include "agent/net/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { TOKEN_BYTES = 32, TOKEN_TEXT = 2 * TOKEN_BYTES + 1 };

/* The token that callers over TCP show: made once, readable by the owner and the group. */
static enum status read_token(struct parts *parts, char out_token[TOKEN_TEXT], struct errmsg *err)
{
    uint8_t bytes[TOKEN_BYTES];
    char path[PATH_MAX_BYTES];
    char *text = NULL;
    size_t len = 0;
    enum status st;

    parts_path(parts->state_dir, "api.token", path);
    st = file_read(path, TOKEN_TEXT, &text, &len, err);
    if (st == ST_NOT_FOUND) {
        crypto_random(bytes, sizeof bytes);
        hex_encode(bytes, sizeof bytes, out_token);
        return file_write(path, out_token, strlen(out_token), 0640, err);
    }
    if (st == ST_OK) {
        (void)snprintf(out_token, TOKEN_TEXT, "%.*s", (int)strcspn(text, "\r\n "), text);
        if (strlen(out_token) < 16) {
            errmsg_set(err, "%s: a token has at least 16 characters; remove the file to have one made", path);
            st = ST_INVALID;
        }
    }
    free(text);
    return st;
}

static void write_health(void *context, struct json_writer *w)
{
    const struct parts *parts = context;

    jw_name(w, "devices");
    devices_write(parts->devices, w);
    jw_name(w, "courier");
    link_write(parts->link, w);
    if (parts->dropbox) {
        jw_name(w, "dropbox");
        dropbox_write(parts->dropbox, w);
    }
    if (parts->tee) {
        jw_name(w, "tee");
        tee_write(parts->tee, w);
    }
}

static void enrol(void *context, const char *code, api_enrolled_fn *answer, void *answer_context)
{
    struct parts *parts = context;

    link_enrol(parts->link, code, answer, answer_context);
}

static void stop_soon(void *context)
{
    struct parts *parts = context;

    parts->failed = true;
    loop_timer_set(parts->idle_timer, 50, 0); /* the answer leaves first; then on_idle stops */
}

enum status parts_start_api(struct parts *parts, struct errmsg *err)
{
    char path[PATH_MAX_BYTES], token[TOKEN_TEXT] = "";
    struct api_options wanted = {
        .loop = parts->loop,
        .till = parts->till,
        .hub = parts->hub,
        .hooks = {parts, write_health, enrol, stop_soon},
        .unix_path = parts_socket_path(parts, parts->options.api_socket, "api.sock", path),
        .unix_mode = options_mode(parts->options.api_socket_mode),
        .unix_fd = service_socket(&parts->sockets, "api", AF_UNIX),
        .tcp_fd = service_socket(&parts->sockets, "api", AF_INET),
        .state_dir = parts->state_dir,
        .doctor_file = parts->options.doctor_file,
        .limits = parts->options.limits,
    };
    enum status st = ST_OK;

    if (parts->options.api_port != 0 || wanted.tcp_fd > 0) {
        st = read_token(parts, token, err);
        wanted.tcp_host = parts->options.api_listen;
        wanted.tcp_port = (uint16_t)parts->options.api_port;
        wanted.bearer_token = token;
    }
    return st == ST_OK ? api_create(&wanted, &parts->api, err) : st;
}

enum status parts_start_dropbox(struct parts *parts, struct errmsg *err)
{
    struct dropbox_options wanted = {
        .loop = parts->loop,
        .till = parts->till,
        .hooks = {.context = parts, .journal_failed = stop_soon},
        .dir = parts->options.dropbox_dir,
    };

    return wanted.dir[0] == '\0' ? ST_OK : dropbox_create(&wanted, &parts->dropbox, err);
}
