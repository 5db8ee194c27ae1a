/* SPDX-License-Identifier: Apache-2.0 */
/* The journal on disks that fail, tear, fill up, and under processes that are killed. */
#include "agent/base/file.h"
#include "agent/db/journal.h"
#include "agent/db/sqlite.h"
#include "tests/unit/agent/db/support.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(journal_faults, .init = scratch_begin, .fini = scratch_end);

Test(journal_faults, an_empty_file_is_a_making_that_broke_off)
{
    int fd = open(path_in("journal.db"), O_CREAT | O_RDWR, 0600);
    struct journal *journal;

    close(fd);
    journal = open_journal(path_in("journal.db"));
    cr_expect_eq(append_sale(journal, 1, NULL), ST_OK);
    journal_close(journal);
}

/* Appends for ever, telling each record that is on disk. */
static void child_appends(int tell)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    struct journal_head head;

    for (int i = 0;; i++) {
        if (append_sale(journal, i, NULL) != ST_OK)
            _exit(1);
        journal_head(journal, &head);
        if (write(tell, &head.position, sizeof head.position) != sizeof head.position)
            _exit(0);
        if (i % 7 == 0)
            journal_checkpoint(journal);
    }
}

Test(journal_faults, what_was_told_to_be_on_disk_survives_kill_9, .timeout = 60)
{
    int64_t told = 0;

    for (int round = 0; round < 12; round++) {
        struct journal_head head;
        struct journal *journal;
        int pipes[2], stop = 5 + round * 37 % 200;
        pid_t child;

        cr_assert_eq(pipe(pipes), 0);
        child = fork();
        if (child == 0) {
            close(pipes[0]);
            child_appends(pipes[1]);
        }
        close(pipes[1]);
        for (int i = 0; i < stop; i++)
            cr_assert_eq(read(pipes[0], &told, sizeof told), (ssize_t)sizeof told, "round %d", round);
        cr_assert_eq(kill(child, SIGKILL), 0);
        while (read(pipes[0], &told, sizeof told) == (ssize_t)sizeof told)
            ;
        cr_assert_eq(waitpid(child, NULL, 0), child);
        close(pipes[0]);
        journal = open_journal(path_in("journal.db"));
        journal_head(journal, &head);
        cr_expect_geq(head.position, told, "round %d", round);
        cr_expect_leq(head.position, told + 1, "round %d", round);
        journal_close(journal);
    }
}

Test(journal_faults, a_full_disk_changes_nothing_and_a_later_append_works)
{
    struct journal *journal;
    struct journal_head before, after;

    disk_install();
    journal = open_journal(path_in("journal.db"));
    cr_assert_eq(append_sale(journal, 0, NULL), ST_OK);
    for (int nth = 1; nth <= 2; nth++) {
        struct errmsg err = ERRMSG_INIT;
        uint8_t hash[SHA256_BYTES];

        journal_head(journal, &before);
        disk_fail(DISK_FULL, "-wal", nth, true);
        cr_expect_eq(append_sale(journal, 1, &err), ST_FULL, "%s", err.text);
        cr_expect(strstr(err.text, "full"), "%s", err.text);
        cr_expect_eq(append_sale(journal, 1, NULL), ST_FULL);
        cr_expect_eq(journal_put_state(journal, "a", "1", 1, NULL), ST_FULL);
        cr_expect_gt(disk_fault_count(), 0);
        disk_heal();
        journal_head(journal, &after);
        cr_expect_eq(after.position, before.position);
        cr_expect_eq(journal_hash_at(journal, before.position + 1, hash, NULL), ST_NOT_FOUND);
        cr_expect(!journal_failed(journal));
        cr_expect_eq(append_sale(journal, 2, &err), ST_OK, "%s", err.text);
    }
    journal_close(journal);
    journal = open_journal(path_in("journal.db"));
    journal_head(journal, &after);
    cr_expect_eq(after.position, 3);
    journal_close(journal);
}

static enum status put_ack(struct journal *journal)
{
    struct journal_head head;

    journal_head(journal, &head);
    cr_assert_eq(journal_set_acked(journal, head.epoch, head.seq, head.hash, NULL), ST_OK);
    return journal_put_state(journal, "a", "1", 1, NULL);
}

Test(journal_faults, an_ack_that_could_not_be_written_is_written_later)
{
    struct journal *journal;

    disk_install();
    journal = open_journal(path_in("journal.db"));
    cr_assert_eq(append_sale(journal, 0, NULL), ST_OK);
    disk_fail(DISK_FULL, "-wal", 1, true);
    cr_expect_eq(put_ack(journal), ST_FULL);
    journal_checkpoint(journal);
    disk_heal();
    journal_checkpoint(journal);
    cr_expect_eq(disk_sync_count(), 1, "the ack");
    journal_close(journal);
    journal = open_journal(path_in("journal.db"));
    cr_expect_eq(journal_acked_position(journal), 1);
    journal_close(journal);
}

/* The nth call fails once; afterwards the disk is well, but the journal knows better than to go on. */
static void fail_sticky(enum disk_fault fault, int nth)
{
    struct journal *journal = open_journal(path_in("journal.db"));
    struct journal_head before, after;
    struct errmsg err = ERRMSG_INIT;
    enum status st;

    journal_head(journal, &before);
    disk_fail(fault, "-wal", nth, false);
    st = append_sale(journal, 1, &err);
    cr_assert_eq(disk_fault_count(), 1, "fault %d nth %d", fault, nth);
    cr_expect_eq(st, ST_IO);
    cr_expect(strstr(err.text, "started anew"), "%s", err.text);
    cr_expect(journal_failed(journal));
    disk_heal();
    err.text[0] = '\0';
    cr_expect_eq(append_sale(journal, 1, &err), ST_IO);
    cr_expect(strstr(err.text, "in doubt"), "%s", err.text);
    cr_expect_eq(journal_put_state(journal, "a", "1", 1, NULL), ST_IO);
    cr_expect_eq(begin_epoch(journal, 9), ST_IO);
    journal_checkpoint(journal);
    journal_close(journal);
    cr_expect_eq(disk_sync_count(), 0, "nothing was synced after the failure");

    journal = open_journal(path_in("journal.db"));
    journal_head(journal, &after);
    cr_expect_geq(after.position, before.position);
    cr_expect_leq(after.position, before.position + 1);
    cr_expect_eq(append_sale(journal, 2, NULL), ST_OK);
    journal_close(journal);
}

Test(journal_faults, after_a_failed_write_or_sync_nothing_is_written_until_reopened)
{
    disk_install();
    make_sales(3);
    for (int nth = 1; nth <= 2; nth++)
        fail_sticky(DISK_WRITE_ERROR, nth);
    /* Two syncs: of the WAL's header, as this is the first commit after opening, and of the record. */
    for (int nth = 1; nth <= 2; nth++)
        fail_sticky(DISK_SYNC_ERROR, nth);
}

Test(journal_faults, what_could_not_be_synced_is_in_the_file_after_opening)
{
    struct journal *journal;
    struct journal_head there, kept;
    char *bytes = NULL;
    size_t len = 0;

    disk_install();
    journal = open_journal(path_in("journal.db"));
    cr_assert_eq(append_sale(journal, 1, NULL), ST_OK);
    disk_fail(DISK_SYNC_ERROR, "-wal", 1, false);
    cr_assert_eq(append_sale(journal, 2, NULL), ST_IO);
    journal_close(journal);
    disk_heal();
    journal = open_journal(path_in("journal.db"));
    journal_head(journal, &there);
    /* The file alone, as if nothing of its WAL had reached the disk. */
    cr_assert_eq(file_read(path_in("journal.db"), 64 * 1024 * 1024, &bytes, &len, NULL), ST_OK);
    cr_assert_eq(file_write(path_in("alone.db"), bytes, len, 0600, NULL), ST_OK);
    free(bytes);
    journal_close(journal);
    journal = open_journal(path_in("alone.db"));
    journal_head(journal, &kept);
    cr_expect_eq(kept.position, there.position);
    cr_expect_geq(kept.position, 1);
    journal_close(journal);
}

Test(journal_faults, a_checkpoint_that_fails_is_told_by_the_next_append)
{
    struct journal *journal;
    int i = 0;

    disk_install();
    journal = open_journal(path_in("journal.db"));
    disk_fail(DISK_SYNC_ERROR, "journal.db", 1, false);
    for (; i < 2000 && disk_fault_count() == 0; i++)
        cr_assert_eq(append_sale(journal, i, NULL), ST_OK);
    cr_assert_eq(disk_fault_count(), 1, "the ceiling moves the WAL");
    disk_heal();
    cr_expect_eq(append_sale(journal, i, NULL), ST_IO);
    journal_close(journal);
    journal = open_journal(path_in("journal.db"));
    journal_close(journal);
}

Test(journal_faults, a_full_disk_at_a_checkpoint_stops_nothing)
{
    struct journal *journal;
    struct journal_head head;

    disk_install();
    journal = open_journal(path_in("journal.db"));
    disk_fail(DISK_FULL, "journal.db", 1, true);
    for (int i = 0; i < 1200; i++)
        cr_assert_eq(append_sale(journal, i, NULL), ST_OK);
    cr_expect_gt(disk_fault_count(), 0);
    disk_heal();
    journal_checkpoint(journal);
    journal_close(journal);
    journal = open_journal(path_in("journal.db"));
    journal_head(journal, &head);
    cr_expect_eq(head.position, 1200);
    journal_close(journal);
}

/* Whatever write or sync fails while a journal is made, trying again works. */
Test(journal_faults, a_making_that_fails_anywhere_can_be_done_again)
{
    static const char *const suffixes[] = {"journal.db", "-wal", "-journal"};
    const struct journal_options options = {path_in("journal.db"), 1, 2, 3};
    int faults = 0;

    disk_install();
    for (int fault = DISK_FULL; fault <= DISK_SYNC_ERROR; fault++) {
        for (size_t s = 0; s < 3; s++) {
            int found = 1;

            for (int nth = 1; nth < 40 && found; nth++) {
                struct journal *journal = NULL;
                struct errmsg err = ERRMSG_INIT;

                disk_fail((enum disk_fault)fault, suffixes[s], nth, false);
                if (journal_open(&options, &journal, &err) == ST_OK)
                    journal_close(journal);
                found = disk_fault_count();
                faults += found;
                disk_heal();
                cr_assert_eq(journal_open(&options, &journal, &err), ST_OK, "fault %d %s %d: %s", fault, suffixes[s],
                             nth, err.text);
                cr_assert_eq(append_sale(journal, 1, &err), ST_OK, "%s", err.text);
                journal_close(journal);
                unlink(path_in("journal.db"));
            }
        }
    }
    cr_expect_gt(faults, 30, "%d", faults);
}

/* In a child that is nobody, since root may write anywhere. Answers the status of opening. */
static int open_as_nobody(void)
{
    const struct journal_options options = {path_in("journal.db"), 1, 2, 3};
    struct journal *journal = NULL;
    struct errmsg err = ERRMSG_INIT;
    int wstatus = 0;
    pid_t child = fork();

    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(99);
        if (chdir("/") != 0)
            _exit(97);
        enum status st = journal_open(&options, &journal, &err);

        (void)fprintf(stderr, "# %s\n", err.text);
        _exit(err.text[0] ? (int)st : 98);
    }
    cr_assert_eq(waitpid(child, &wstatus, 0), child);
    return WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : -1;
}

Test(journal_faults, a_folder_or_file_that_may_not_be_written_is_said)
{
    cr_assert_eq(chmod(scratch_folder(), 0555), 0);
    cr_expect_eq(open_as_nobody(), ST_DENIED);
    cr_assert_eq(chmod(scratch_folder(), 0700), 0);
    make_sales(2);
    cr_assert_eq(chmod(path_in("journal.db"), 0444), 0);
    cr_assert_eq(chmod(scratch_folder(), 0555), 0);
    cr_expect_eq(open_as_nobody(), ST_DENIED);
    cr_assert_eq(chmod(path_in("journal.db"), 0666), 0);
    cr_expect_eq(open_as_nobody(), ST_DENIED);
    cr_assert_eq(chmod(scratch_folder(), 0700), 0);
}

Test(journal_faults, a_folder_that_is_not_there_is_said)
{
    const struct journal_options options = {path_in("no/journal.db"), 1, 2, 3};
    struct journal *journal = NULL;
    struct errmsg err = ERRMSG_INIT;

    cr_expect_eq(journal_open(&options, &journal, &err), ST_IO);
    cr_expect(strstr(err.text, "No such file"), "%s", err.text);
}

/* A real small file system, where this process may mount one. */
Test(journal_faults, a_really_full_disk)
{
    struct journal *journal;
    struct journal_head head;
    struct errmsg err = ERRMSG_INIT;
    char folder[100], path[200], ballast[200];
    enum status st = ST_OK;
    int fd, appended = 0;

    (void)snprintf(folder, sizeof folder, "%s", scratch_folder());
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", folder, "tmpfs", 0, "size=6m,mode=700") != 0)
        cr_skip_test("no small file system can be mounted here: %s", strerror(errno));
    (void)snprintf(path, sizeof path, "%s/journal.db", folder);
    (void)snprintf(ballast, sizeof ballast, "%s/ballast", folder);
    fd = open(ballast, O_CREAT | O_RDWR, 0600);
    cr_assert_eq(posix_fallocate(fd, 0, 512 * 1024), 0);
    close(fd);
    journal = open_journal(path);
    for (; appended < 20000 && st == ST_OK; appended++) {
        st = append_sale(journal, appended, &err);
        if (appended % 100 == 0)
            journal_checkpoint(journal);
    }
    cr_assert_eq(st, ST_FULL, "%s", err.text);
    cr_expect_eq(unlink(ballast), 0);
    cr_expect_eq(append_sale(journal, 1, &err), ST_OK, "%s", err.text);
    journal_head(journal, &head);
    cr_expect_eq(head.position, appended);
    journal_close(journal);
    journal = open_journal(path);
    journal_head(journal, &head);
    cr_expect_eq(head.position, appended);
    journal_close(journal);
    (void)umount2(folder, MNT_DETACH);
}
