/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sim/sim_pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static enum status fail(const char *what, const char *path, struct errmsg *err)
{
    errmsg_set(err, "%s: %s: %s", path, what, strerrordesc_np(errno));
    return ST_IO;
}

/* Opens both ends. The agent's end is raw from the start, or the pty would echo what the device says back to it. */
static enum status open_ends(struct sim_pty *pty, char *out_name, size_t name_max, struct errmsg *err)
{
    struct termios settings;

    pty->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (pty->fd < 0 || grantpt(pty->fd) < 0 || unlockpt(pty->fd) < 0 || ptsname_r(pty->fd, out_name, name_max) != 0)
        return fail("no pty to be had", "/dev/ptmx", err);
    pty->other_fd = open(out_name, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (pty->other_fd < 0 || tcgetattr(pty->other_fd, &settings) < 0)
        return fail("cannot be opened", out_name, err);
    cfmakeraw(&settings);
    if (tcsetattr(pty->other_fd, TCSANOW, &settings) < 0)
        return fail("cannot be made raw", out_name, err);
    return ST_OK;
}

/* By a rename, so that the path always leads somewhere or nowhere, never to half a link. */
static enum status make_link(const char *link_path, const char *target, struct errmsg *err)
{
    char made[SIM_PATH_BYTES_MAX + 8];
    struct stat info;

    if (lstat(link_path, &info) == 0 && !S_ISLNK(info.st_mode)) {
        errmsg_set(err, "%s: is there already and is no link; give another path", link_path);
        return ST_CONFLICT;
    }
    (void)snprintf(made, sizeof made, "%s.new", link_path);
    (void)unlink(made); /* left by one that was killed */
    if (symlink(target, made) < 0)
        return fail("the link cannot be made", link_path, err);
    if (rename(made, link_path) < 0) {
        enum status st = fail("the link cannot be made", link_path, err);

        (void)unlink(made);
        return st;
    }
    return ST_OK;
}

enum status sim_pty_plug(struct sim_pty *pty, const char *link_path, struct errmsg *err)
{
    char name[64] = "";
    enum status st;

    if (strlen(link_path) >= sizeof pty->link_path) {
        errmsg_set(err, "%s: the path is longer than %d bytes", link_path, SIM_PATH_BYTES_MAX - 1);
        return ST_INVALID;
    }
    *pty = (struct sim_pty)SIM_PTY_INIT;
    st = open_ends(pty, name, sizeof name, err);
    if (st == ST_OK)
        st = make_link(link_path, name, err);
    if (st == ST_OK)
        memcpy(pty->link_path, link_path, strlen(link_path) + 1);
    else
        sim_pty_unplug(pty);
    return st;
}

/* Another simulator may have taken the path over meanwhile; its link stays. */
static void remove_link(const struct sim_pty *pty)
{
    char name[64], target[64];
    ssize_t len = readlink(pty->link_path, target, sizeof target - 1);

    if (len < 0 || ptsname_r(pty->fd, name, sizeof name) != 0)
        return;
    target[len] = '\0';
    if (strcmp(name, target) == 0)
        (void)unlink(pty->link_path); /* a link to nothing is no worse than none */
}

void sim_pty_unplug(struct sim_pty *pty)
{
    if (pty->fd >= 0) {
        if (pty->link_path[0])
            remove_link(pty);
        (void)close(pty->fd);
    }
    if (pty->other_fd >= 0)
        (void)close(pty->other_fd);
    *pty = (struct sim_pty)SIM_PTY_INIT;
}
