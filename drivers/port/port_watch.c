/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/port/port_watch.h"

#include "agent/net/loop.h"
#include "drivers/port/port_uri.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { EVENT_BYTES_MAX = 4096 };
/* IN_ATTRIB because udev makes the node first and gives it to the group afterwards. */
static const uint32_t folder_events =
    IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;

struct port_watch {
    int fd;
    struct loop_watch *readable;
    void (*changed)(void *context);
    void *context;
    int dev_wd;    /* /dev; -1 without */
    int folder_wd; /* the nearest folder on the way that exists; may be dev_wd; -1 without */
    char path[PORT_PATH_BYTES_MAX];
    size_t folder_len;                 /* of the path: that folder, without the slash after it; 0 is the root */
    char awaited[PORT_PATH_BYTES_MAX]; /* the name awaited in it */
};

/* Watches the nearest folder that exists, and notes which name is awaited there. */
static void watch_folder(struct port_watch *watch)
{
    char folder[PORT_PATH_BYTES_MAX];
    size_t len = strlen(watch->path);
    int wd = -1;

    while (wd < 0 && len > 0) {
        const char *slash = memrchr(watch->path, '/', len);

        len = slash ? (size_t)(slash - watch->path) : 0;
        memcpy(folder, watch->path, len);
        folder[len] = '\0';
        wd = inotify_add_watch(watch->fd, len > 0 ? folder : "/", folder_events);
    }
    if (watch->folder_wd >= 0 && watch->folder_wd != wd && watch->folder_wd != watch->dev_wd)
        (void)inotify_rm_watch(watch->fd, watch->folder_wd); /* gone with its folder, perhaps */
    watch->folder_wd = wd;
    watch->folder_len = len;
    len = strcspn(watch->path + watch->folder_len + 1, "/");
    memcpy(watch->awaited, watch->path + watch->folder_len + 1, len);
    watch->awaited[len] = '\0';
}

/* Whether the event may concern the device. */
static bool concerns(const struct port_watch *watch, const struct inotify_event *event)
{
    const char *name = event->len > 0 ? event->name : "";

    if (event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_Q_OVERFLOW))
        return true;
    if (event->wd == watch->folder_wd && strcmp(name, watch->awaited) == 0)
        return true;
    /* What a by-id link leads to is a tty here. */
    return event->wd == watch->dev_wd && strncmp(name, "tty", 3) == 0;
}

/* Reads what has come; one read per turn, the loop calls again for more. */
static void on_readable(void *context, int events)
{
    struct port_watch *watch = context;
    _Alignas(struct inotify_event) char buffer[EVENT_BYTES_MAX];
    ssize_t len = read(watch->fd, buffer, sizeof buffer);
    bool concerned = false;

    (void)events;
    if (len < 0 && errno != EAGAIN && errno != EINTR)
        loop_watch_change(watch->readable, 0); /* the timer goes on asking */
    for (ssize_t at = 0; at < len;) {
        const struct inotify_event *event = (const struct inotify_event *)(const void *)(buffer + at);

        concerned = concerned || concerns(watch, event);
        at += (ssize_t)(sizeof *event + event->len);
    }
    if (concerned) {
        /* The way to the device may be longer or shorter now. */
        watch_folder(watch);
        watch->changed(watch->context);
    }
}

enum status port_watch_create(struct loop *loop, const char *path, void (*changed)(void *context), void *context,
                              struct port_watch **out_watch, struct errmsg *err)
{
    struct port_watch *watch = calloc(1, sizeof *watch);
    enum status st;

    if (!watch)
        return ST_NOMEM;
    watch->changed = changed;
    watch->context = context;
    watch->folder_wd = -1;
    (void)strncpy(watch->path, path, sizeof watch->path - 1);
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0) {
        errmsg_set(err, "inotify: %s", strerrordesc_np(errno));
        free(watch);
        return ST_IO;
    }
    watch->dev_wd = inotify_add_watch(watch->fd, "/dev", folder_events);
    watch_folder(watch);
    st = loop_watch_create(loop, watch->fd, LOOP_READABLE, on_readable, watch, &watch->readable, err);
    if (st != ST_OK) {
        port_watch_destroy(watch);
        return st;
    }
    *out_watch = watch;
    return ST_OK;
}

void port_watch_destroy(struct port_watch *watch)
{
    if (!watch)
        return;
    loop_watch_destroy(watch->readable);
    (void)close(watch->fd);
    free(watch);
}
