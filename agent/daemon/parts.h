/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parts - the whole of loyald put together, in the order in which each part needs the one before, and taken apart in
 * reverse.
 */
#ifndef LOYALD_DAEMON_PARTS_H
#define LOYALD_DAEMON_PARTS_H

#include "agent/base/clock.h"
#include "agent/base/errmsg.h"
#include "agent/base/status.h"
#include "agent/daemon/enrol_file.h"
#include "agent/db/ballast.h"
#include "agent/settings/options.h"
#include "agent/net/service.h"
#include "agent/till/identity.h"

#include <stdbool.h>

struct api;
struct cache;
struct devices;
struct dropbox;
struct hub;
struct journal;
struct link;
struct loop;
struct loop_timer;
struct rulebook;
struct rules;
struct tee;
struct till;

struct parts {
    struct options options;
    char state_dir[CONFIG_TEXT_MAX];
    char runtime_dir[CONFIG_TEXT_MAX];
    int lock_fd;
    struct service_sockets sockets; /* made for us by the service manager; those used are taken out */
    struct loop *loop;
    struct loop_timer *idle_timer; /* checkpoints */
    struct loop_timer *watchdog;
    char boot_id[CLOCK_BOOT_ID_MAX + 1]; /* of the machine, since it was switched on */
    struct ballast ballast;
    struct journal *journal;
    struct rules *rules;
    struct cache *cache;
    struct identity identity;
    bool has_identity;
    struct rulebook *rulebook;
    struct hub *hub;
    struct devices *devices;
    struct tee *tee; /* NULL: none is configured */
    struct link *link;
    struct enrol_file enrol_file;
    struct till *till;
    struct api *api;
    struct dropbox *dropbox; /* NULL: none is configured */
    bool failed;             /* the journal cannot be trusted: end with an error, be started anew */
};

/* options, state_dir and runtime_dir are filled by the caller, lock_fd is -1. On failure call parts_stop all the
 * same. */
enum status parts_start(struct parts *parts, struct errmsg *err);
void parts_stop(struct parts *parts);

#endif
