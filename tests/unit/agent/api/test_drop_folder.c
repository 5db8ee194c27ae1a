/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the drop folder: in which order they are taken, and that a POS which writes one meanwhile harms
 * nobody. */
#include "agent/api/drop_folder.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEN_MAX = 1024, FILES = 3 * DROP_WAITING_MAX, READS = 20000 };

static struct drop_folder folder;
static char dir[32];

static void open_folder(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/drop-folder-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    drop_folder_init(&folder);
    cr_assert_eq(drop_folder_open(&folder, dir, NULL), ST_OK);
}

static void close_folder(void)
{
    char command[64];

    drop_folder_close(&folder);
    (void)snprintf(command, sizeof command, "rm -r %s", dir);
    cr_assert_eq(system(command), 0);
}

TestSuite(drop_folder, .init = open_folder, .fini = close_folder);

static void put(const char *name)
{
    int fd = openat(folder.fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, "{}", 2), 2);
    cr_assert_eq(close(fd), 0);
}

/* As a POS leaves them that went on while the till was off. */
Test(drop_folder, takes_more_files_than_it_looks_at_in_the_order_of_their_names)
{
    char name[DROP_NAME_MAX + 1], wanted[16];
    int64_t now_ms = 1000;

    for (int i = FILES - 1; i >= 0; i--) {
        (void)snprintf(wanted, sizeof wanted, "%04d.json", i * 7919 % FILES);
        put(wanted);
    }
    for (int i = 0; i < FILES; i++) {
        (void)snprintf(wanted, sizeof wanted, "%04d.json", i);
        for (int looks = 0; !drop_folder_look(&folder, now_ms, name); looks++) {
            cr_assert_lt(looks, 2);
            now_ms += DROP_QUIET_MS;
        }
        cr_assert_str_eq(name, wanted);
        cr_assert_eq(drop_folder_answer(&folder, name, "{}", 2, NULL), ST_OK);
    }
    cr_expect_not(drop_folder_look(&folder, now_ms + DROP_QUIET_MS, name));
}

static const char *ready(int64_t now_ms)
{
    static char name[DROP_NAME_MAX + 1];

    (void)drop_folder_look(&folder, now_ms, name);
    return drop_folder_look(&folder, now_ms + DROP_QUIET_MS, name) ? name : "";
}

/* A folder has the name of an answer, or of one being made: nobody else's file waits for that. */
ParameterizedTestParameters(drop_folder, passes_over_a_file_whose_answer_has_no_place)
{
    static char names[][24] = {"a.answer", ".a.answer.new"};

    return cr_make_param_array(char[24], names, 2);
}
ParameterizedTest(char (*taken)[24], drop_folder, passes_over_a_file_whose_answer_has_no_place)
{
    put("a.json");
    put("b.json");
    cr_assert_eq(mkdirat(folder.fd, *taken, 0700), 0);
    cr_expect_str_eq(ready(1000), "b.json");
    cr_assert_eq(drop_folder_answer(&folder, "b.json", "{}", 2, NULL), ST_OK);
    cr_expect_eq(drop_folder_answer(&folder, "a.json", "{}", 2, NULL), ST_CONFLICT, "put there after the look");
    cr_expect_eq(faccessat(folder.fd, "a.json", F_OK, 0), 0);
    cr_expect_str_eq(ready(5000), "");
    cr_assert_eq(unlinkat(folder.fd, *taken, AT_REMOVEDIR), 0);
    cr_expect_str_eq(ready(9000), "a.json");
    cr_expect_eq(drop_folder_answer(&folder, "a.json", "{}", 2, NULL), ST_OK);
    cr_expect_eq(faccessat(folder.fd, "a.answer", F_OK, 0), 0);
    cr_expect_neq(faccessat(folder.fd, ".a.answer.new", F_OK, 0), 0);
}

/* Somebody who opens the file for writing breaks the lease that tells it; the kernel says so by a signal. */
Test(drop_folder, outlives_a_file_that_is_opened_for_writing_while_it_is_read, .timeout = 60)
{
    pid_t reader, writer;
    int status = 0;

    put("a.json");
    writer = fork();
    if (writer == 0) {
        for (;;) {
            int fd = openat(folder.fd, "a.json", O_WRONLY | O_NONBLOCK);

            if (fd >= 0)
                (void)close(fd);
        }
    }
    reader = fork();
    if (reader == 0) {
        for (int i = 0; i < READS; i++) {
            char *bytes = NULL;
            size_t len;

            if (drop_folder_read(&folder, "a.json", LEN_MAX, &bytes, &len, NULL) == ST_OK)
                free(bytes);
        }
        _exit(0);
    }
    cr_assert_eq(waitpid(reader, &status, 0), reader);
    cr_assert_eq(kill(writer, SIGKILL), 0);
    cr_assert_eq(waitpid(writer, NULL, 0), writer);
    cr_expect(WIFEXITED(status), "ended by signal %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}
