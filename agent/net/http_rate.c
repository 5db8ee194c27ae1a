/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many requests a client may make: a bucket for each, that fills up at the server's rate. A program that asks
 * without end is answered 429 and costs little; the others are served as ever. The table of buckets is bounded: the
 * client unheard of for longest gives way to a new one, and begins with a full bucket when it comes again.
 */
#include "agent/net/http_internal.h"

static struct http_bucket *find(struct http_server *server, uint64_t peer)
{
    struct http_bucket *oldest = &server->buckets[0];

    for (int i = 0; i < HTTP_BUCKETS_MAX; i++) {
        struct http_bucket *bucket = &server->buckets[i];

        if (bucket->used_ms > 0 && bucket->peer == peer)
            return bucket;
        if (bucket->used_ms < oldest->used_ms)
            oldest = bucket;
    }
    *oldest = (struct http_bucket){.peer = peer, .left_milli = 1000 * (int64_t)server->rate_burst};
    return oldest;
}

bool http_rate_allows(struct http_server *server, uint64_t peer)
{
    int64_t now_ms = loop_now_ms(server->loop) + 1, full = 1000 * (int64_t)server->rate_burst, passed_ms;
    struct http_bucket *bucket;

    if (server->rate_per_s <= 0)
        return true;
    bucket = find(server, peer);
    passed_ms = bucket->used_ms > 0 ? now_ms - bucket->used_ms : 0;
    bucket->used_ms = now_ms;
    /* A thousandth of a request for each millisecond and request a second; a full bucket is full however long it
     * took. */
    bucket->left_milli =
        passed_ms > full / server->rate_per_s ? full : bucket->left_milli + passed_ms * server->rate_per_s;
    if (bucket->left_milli > full)
        bucket->left_milli = full;
    if (bucket->left_milli < 1000)
        return false;
    bucket->left_milli -= 1000;
    return true;
}
