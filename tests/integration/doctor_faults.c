/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded before loyalctl, for the test of its doctor: a disk that is slow or fails, a SQLite of long ago.
 *   DOCTOR_FDATASYNC  milliseconds that each takes, or "EIO"        DOCTOR_SQLITE  its version as a number
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int fdatasync(int fd);
int sqlite3_libversion_number(void);

int fdatasync(int fd)
{
    const char *fault = getenv("DOCTOR_FDATASYNC");
    struct timespec pause = {.tv_nsec = fault ? strtol(fault, NULL, 10) * 1000000L : 0};

    (void)fd;
    if (fault && strcmp(fault, "EIO") == 0) {
        errno = EIO;
        return -1;
    }
    (void)nanosleep(&pause, NULL);
    return 0;
}

int sqlite3_libversion_number(void)
{
    const char *version = getenv("DOCTOR_SQLITE");

    return version ? (int)strtol(version, NULL, 10) : 3040001;
}
