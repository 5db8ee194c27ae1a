/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/db/ballast.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

const char *room_name(enum room room)
{
    static const char *const names[] = {[ROOM_GOOD] = "good", [ROOM_TIGHT] = "tight", [ROOM_SHORT] = "short"};

    return names[room];
}

/* Blocks, not a hole: posix_fallocate writes them where the file system cannot promise them. */
static bool make(struct ballast *ballast)
{
    int fd = open(ballast->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool made = fd >= 0 && posix_fallocate(fd, 0, (off_t)ballast->bytes) == 0 && fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd);
    if (fd >= 0 && !made)
        (void)unlink(ballast->path); /* half of it is no help, and in the way */
    return made;
}

static bool is_whole(const struct ballast *ballast)
{
    struct stat info;

    return stat(ballast->path, &info) == 0 && info.st_size == ballast->bytes &&
           (int64_t)info.st_blocks * 512 >= ballast->bytes;
}

void ballast_look(struct ballast *ballast)
{
    struct statvfs info;
    char folder[BALLAST_PATH_MAX];

    if (ballast->bytes == 0)
        return;
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(ballast->path, '/') - ballast->path), ballast->path);
    if (statvfs(folder, &info) != 0)
        return; /* the next look; a write tells sooner */
    ballast->free_bytes = (int64_t)info.f_bavail * (int64_t)info.f_frsize;
    ballast->there = is_whole(ballast);
    if (!ballast->there && ballast->free_bytes >= (BALLAST_TIGHT + 1) * ballast->bytes)
        ballast->there = make(ballast);
    if (!ballast->there)
        ballast->room = ROOM_SHORT;
    else
        ballast->room = ballast->free_bytes < BALLAST_TIGHT * ballast->bytes ? ROOM_TIGHT : ROOM_GOOD;
}

void ballast_init(struct ballast *ballast, const char *folder, int64_t bytes)
{
    *ballast = (struct ballast){.bytes = bytes};
    if (snprintf(ballast->path, sizeof ballast->path, "%s/ballast", folder) >= (int)sizeof ballast->path)
        ballast->bytes = 0;
    ballast_look(ballast);
}

bool ballast_give_up(struct ballast *ballast)
{
    if (ballast->bytes == 0)
        return false;
    ballast->room = ROOM_SHORT;
    ballast->there = false;
    return unlink(ballast->path) == 0;
}
