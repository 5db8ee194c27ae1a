/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/client/client.h"

#include <stdlib.h>
#include <string.h>

#include <loyald_version.h>

#include "agent/base/clock.h"
#include "agent/base/json_writer.h"
#include "agent/base/log.h"
#include "sync/client/client_internal.h"

enum { PROTOCOL_VERSION = 1 };

static void write_hello(void *context, struct strbuf *out)
{
    const struct client *client = context;
    struct json_writer w = JSON_WRITER_INIT(out);

    jw_object_begin(&w);
    jw_field_text(&w, "hello", "loyald-sync");
    jw_field_text(&w, "version", LOYALD_VERSION);
    jw_field_int(&w, "protocol", PROTOCOL_VERSION);
    jw_field_bool(&w, "enrolled", identity_is_enrolled(&client->identity));
    jw_field_text(&w, "dev", client->identity.dev);
    jw_field_int(&w, "cert_not_after", client->identity.not_after_unix_s);
    jw_field_int(&w, "behind", CLIENT_BEHIND_MAX);
    jw_object_end(&w);
}

static void send_link_notice(struct client *client)
{
    struct strbuf header = STRBUF_INIT(FRAME_HEADER_MAX);
    struct json_writer w = JSON_WRITER_INIT(&header);

    jw_object_begin(&w);
    jw_field_text(&w, "notice", "link");
    jw_field_bool(&w, "up", client->known == LINK_UP);
    jw_field_text(&w, "text", client->link_text);
    jw_object_end(&w);
    daemon_link_send(client->link, &header, 0, NULL, 0);
    strbuf_free(&header);
}

void client_tell_identity(struct client *client)
{
    struct strbuf header = STRBUF_INIT(FRAME_HEADER_MAX);
    struct json_writer w = JSON_WRITER_INIT(&header);

    jw_object_begin(&w);
    jw_field_text(&w, "notice", "identity");
    jw_field_text(&w, "dev", client->identity.dev);
    jw_field_int(&w, "cert_not_after", client->identity.not_after_unix_s);
    jw_object_end(&w);
    daemon_link_send(client->link, &header, 0, NULL, 0);
    strbuf_free(&header);
}

void client_note_link(struct client *client, bool up, const char *text)
{
    enum link_known now = up ? LINK_UP : LINK_DOWN;

    if (client->known == now && strcmp(client->link_text, text) == 0)
        return;
    if (client->known == now && up)
        return;
    client->known = now;
    client->link_text[0] = '\0';
    strncat(client->link_text, text, sizeof client->link_text - 1);
    if (up)
        log_info("link-28", "central reached peer=%s", http_carrier_peer(client->carrier));
    else
        log_warn("link-29", "central not reached: %s", text);
    send_link_notice(client);
}

static void link_opened(void *context, const char *dev)
{
    struct client *client = context;

    memcpy(client->dev, dev, sizeof client->dev);
    client->taken_id = 0; /* ids are this loyald's own */
    if (identity_is_enrolled(&client->identity) && strcmp(client->identity.dev, dev) != 0)
        log_warn("identity-01", "our certificate is of till %s, but loyald is till %s: enrol again",
                 client->identity.dev, dev);
    if (client->known != LINK_UNKNOWN)
        send_link_notice(client);
}

static enum status link_message(void *context, const struct message *message, struct errmsg *err)
{
    return client_request_begin(context, message, err);
}

static void drop_requests(struct client *client)
{
    int i;

    for (i = 0; i < CLIENT_REQUESTS_MAX; i++)
        if (client->requests[i].client)
            client_request_drop(&client->requests[i]);
}

static void link_closed(void *context)
{
    drop_requests(context);
}

static enum status create_parts(struct client *client, const struct client_options *options, struct errmsg *err)
{
    const struct carrier_options carrier = {.loop = options->loop,
                                            .url = options->url,
                                            .proxy = options->proxy,
                                            .connect_timeout_ms = options->connect_timeout_ms};
    const struct daemon_link_options link = {.loop = options->loop,
                                             .socket_path = options->socket_path,
                                             .context = client,
                                             .write_hello = write_hello,
                                             .opened = link_opened,
                                             .message = link_message,
                                             .closed = link_closed};
    enum status st = identity_open(&client->identity, options->state_dir, options->ca_file, err);

    if (st == ST_OK && options->url[0])
        st = http_carrier_create(&carrier, &client->carrier, err);
    if (st == ST_OK)
        st = daemon_link_create(&link, &client->link, err);
    return st == ST_OK ? renewal_create(client, &client->renewal, err) : st;
}

enum status client_create(const struct client_options *options, struct client **out_client, struct errmsg *err)
{
    struct client *client = calloc(1, sizeof *client);
    enum status st;

    if (!client) {
        errmsg_set(err, "out of memory");
        return ST_NOMEM;
    }
    client->loop = options->loop;
    client->clock = options->clock ? options->clock : clock_system();
    client->renew_check_ms = options->renew_check_ms > 0 ? options->renew_check_ms : INT64_C(3600) * 1000;
    client->renew_spread_ms = options->renew_spread_ms;
    st = create_parts(client, options, err);
    if (st != ST_OK) {
        client_destroy(client);
        return st;
    }
    *out_client = client;
    return ST_OK;
}

void client_destroy(struct client *client)
{
    if (!client)
        return;
    drop_requests(client);
    renewal_destroy(client->renewal);
    daemon_link_destroy(client->link);
    http_carrier_destroy(client->carrier);
    identity_close(&client->identity);
    free(client);
}
