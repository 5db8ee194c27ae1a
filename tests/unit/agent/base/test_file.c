/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/file.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/loyald-file-XXXXXX";

static void enter(void)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void leave(void)
{
    char command[64];

    cr_expect_eq(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_expect_eq(system(command), 0);
}

TestSuite(file, .init = enter, .fini = leave);

static size_t entry_count(const char *path)
{
    DIR *dir = opendir(path);
    size_t count = 0;
    const struct dirent *entry;

    cr_assert_not_null(dir);
    while ((entry = readdir(dir)))
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void expect_content(const char *path, const char *wanted, size_t wanted_len)
{
    char *bytes = NULL;
    size_t len = 0;
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(file_read(path, 1 << 20, &bytes, &len, &err), ST_OK, "%s", err.text);
    cr_expect_eq(len, wanted_len);
    cr_expect_eq(memcmp(bytes, wanted, wanted_len), 0);
    cr_expect_eq(bytes[len], '\0');
    free(bytes);
}

Test(file, what_was_written_is_read)
{
    struct stat at;

    cr_assert_eq(file_write("token", "a\0b", 3, 0600, NULL), ST_OK);
    expect_content("token", "a\0b", 3);
    cr_expect_eq(stat("token", &at), 0);
    cr_expect_eq(at.st_mode & 07777, 0600);
    umask(0077);
    cr_assert_eq(file_write("token", "newer", 5, 0644, NULL), ST_OK);
    expect_content("token", "newer", 5);
    cr_expect_eq(stat("token", &at), 0);
    cr_expect_eq(at.st_mode & 07777, 0644, "the mode is the one asked for, whatever the umask");
    cr_assert_eq(file_write("token", NULL, 0, 0644, NULL), ST_OK);
    expect_content("token", "", 0);
    cr_expect_eq(entry_count("."), 1, "no temporary file stays");
}

Test(file, reading_stops_at_the_bound)
{
    static char big[10000];
    char *bytes = NULL;
    size_t len = 7, at;
    struct errmsg err = ERRMSG_INIT;
    static const size_t sizes[] = {0, 1, 4094, 4095, 4096, 4097, 8191, 8192, 10000};

    memset(big, 'x', sizeof big);
    for (at = 0; at < sizeof sizes / sizeof *sizes; at++) {
        cr_assert_eq(file_write("big", big, sizes[at], 0600, NULL), ST_OK);
        cr_assert_eq(file_read("big", sizes[at], &bytes, &len, &err), ST_OK, "%s", err.text);
        cr_expect_eq(len, sizes[at]);
        free(bytes);
        bytes = NULL;
        len = 7;
        if (sizes[at] == 0)
            continue;
        cr_expect_eq(file_read("big", sizes[at] - 1, &bytes, &len, &err), ST_FULL);
        cr_expect_null(bytes);
        cr_expect_eq(len, 7);
    }
    cr_expect_str_eq(err.text, "reading big: longer than 9999 bytes");
}

Test(file, reading_what_is_not_there_says_so)
{
    char *bytes = NULL;
    size_t len;
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(file_read("absent", 10, &bytes, &len, &err), ST_NOT_FOUND);
    cr_expect_str_eq(err.text, "opening absent: No such file or directory");
    cr_expect_eq(file_read(".", 10, &bytes, &len, &err), ST_IO);
    cr_expect_eq(file_read("absent", 10, &bytes, &len, NULL), ST_NOT_FOUND);
}

Test(file, a_write_that_fails_leaves_the_old_file_and_nothing_else)
{
    static char big[100000];
    struct rlimit limit = {50000, 50000};
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(file_write("state", "old", 3, 0600, NULL), ST_OK);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0); /* a full disk, as the write sees it */
    cr_expect_eq(file_write("state", big, sizeof big, 0600, &err), ST_IO);
    cr_expect(strstr(err.text, "writing state."), "%s", err.text);
    expect_content("state", "old", 3);
    cr_expect_eq(entry_count("."), 1);

    cr_assert_eq(mkdir("folder", 0700), 0);
    cr_expect_eq(file_write("folder", "x", 1, 0600, &err), ST_IO);
    cr_expect_eq(entry_count("."), 2);
    cr_expect_eq(file_write("absent/state", "x", 1, 0600, &err), ST_NOT_FOUND);
}

Test(file, makes_folders_with_their_parents)
{
    struct errmsg err = ERRMSG_INIT;
    char path[PATH_MAX], long_path[PATH_MAX + 10];
    struct stat at;

    umask(0);
    cr_expect_eq(file_mkdir("a//b/c/", 0750, &err), ST_OK, "%s", err.text);
    cr_expect_eq(stat("a/b/c", &at), 0);
    cr_expect_eq(at.st_mode & 07777, 0750);
    cr_expect_eq(chmod("a/b/c", 0700), 0);
    cr_expect_eq(file_mkdir("a/b/c", 0755, &err), ST_OK);
    cr_expect_eq(stat("a/b/c", &at), 0);
    cr_expect_eq(at.st_mode & 07777, 0700, "one that exists is left as it is");
    snprintf(path, sizeof path, "%s/absolute/x", folder);
    cr_expect_eq(file_mkdir(path, 0755, &err), ST_OK);
    cr_expect_eq(stat("absolute/x", &at), 0);

    cr_assert_eq(file_write("plain", "x", 1, 0600, NULL), ST_OK);
    cr_expect_eq(file_mkdir("plain", 0755, &err), ST_CONFLICT);
    cr_expect_str_eq(err.text, "plain: is there, but is no folder");
    cr_expect_eq(file_mkdir("plain/x", 0755, &err), ST_CONFLICT);
    cr_expect_eq(file_mkdir("", 0755, &err), ST_INVALID);
    memset(long_path, 'a', sizeof long_path);
    long_path[sizeof long_path - 1] = '\0';
    cr_expect_eq(file_mkdir(long_path, 0755, &err), ST_INVALID);
    cr_expect_eq(file_write(long_path, "x", 1, 0600, &err), ST_INVALID);
}

/* A second process that holds the lock until it is killed; answers its pid once it has it. */
static pid_t hold_lock(void)
{
    int ready[2], fd;
    char byte = 0;
    pid_t pid;

    cr_assert_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        byte = file_lock_dir(".", "loyald", &fd, NULL) == ST_OK ? 'y' : 'n';
        (void)!write(ready[1], &byte, 1);
        for (;;)
            pause();
    }
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    cr_assert_eq(byte, 'y');
    close(ready[0]);
    close(ready[1]);
    return pid;
}

Test(file, lock_names_its_holder_and_dies_with_it)
{
    struct errmsg err = ERRMSG_INIT;
    char wanted[256];
    pid_t pid = hold_lock();
    int fd = -1;

    cr_expect_eq(file_lock_dir(folder, "loyald", &fd, &err), ST_CONFLICT);
    snprintf(wanted, sizeof wanted, "loyald: already running with pid %d on %s (lock file %s/lock)", (int)pid, folder,
             folder);
    cr_expect_str_eq(err.text, wanted);
    cr_expect_eq(fd, -1);

    kill(pid, SIGKILL);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    cr_assert_eq(file_lock_dir(folder, "loyald", &fd, &err), ST_OK, "%s", err.text);
    snprintf(wanted, sizeof wanted, "%d\n", (int)getpid());
    expect_content("lock", wanted, strlen(wanted));
    cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC, "a child must not keep it");
    close(fd);
    cr_expect_eq(file_lock_dir(folder, "loyald", &fd, &err), ST_OK, "free again once closed");
    close(fd);
}

Test(file, lock_is_held_against_the_own_process_too)
{
    struct errmsg err = ERRMSG_INIT;
    int fd = -1, second = -1;

    cr_assert_eq(file_lock_dir(".", "loyald", &fd, &err), ST_OK);
    cr_expect_eq(file_lock_dir(".", "loyald", &second, &err), ST_CONFLICT);
    cr_assert_eq(ftruncate(fd, 0), 0); /* its holder has not written yet */
    cr_expect_eq(file_lock_dir(".", "loyald", &second, &err), ST_CONFLICT);
    cr_expect(strstr(err.text, "just starting"), "%s", err.text);
    close(fd);
    cr_expect_eq(file_lock_dir("absent", "loyald", &fd, &err), ST_NOT_FOUND);
}
