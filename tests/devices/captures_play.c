/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/devices/captures_play.h"

#include "agent/base/clock.h"
#include "tests/devices/capture_file.h"
#include "tests/devices/daemon_run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { SILENCE_MS = 300, READ_MS = 20 * 1000 };

const char *play_mode_text(enum play_mode mode)
{
    static const char *const texts[] = {"whole", "byte by byte", "in pieces", "between garbage"};

    return texts[mode];
}

/* A line that is played to. Where garbage may go tell the driver's own parts, fed alongside. */
struct line {
    struct player *player;
    const struct capture *capture;
    const struct sim_pty *pty;
    struct framing framing;
    struct reader reader;
};

/* Until loyald has read what is in the line. */
static void until_read(const struct line *line)
{
    int64_t end_ms = clock_mono_ms(clock_system()) + READ_MS;
    int unread = 1;

    while (ioctl(line->pty->other_fd, FIONREAD, &unread) == 0 && unread > 0) {
        line->player->is_stuck = clock_mono_ms(clock_system()) > end_ms;
        if (line->player->is_stuck)
            return;
        (void)daemon_run_turn(line->player->run, 1);
    }
}

static void type(struct line *line, const uint8_t *bytes, size_t len)
{
    char heard[512];

    while (len > 0 && !line->player->is_stuck) {
        ssize_t written = write(line->pty->fd, bytes, len < 512 ? len : 512);

        if (written > 0) {
            bytes += written;
            len -= (size_t)written;
        }
        until_read(line);
        line->player->disturbed =
            line->player->disturbed || (line->player->typed_ms > 0 &&
                                        clock_mono_ms(clock_system()) - line->player->typed_ms > SCANNER_GAP_MS / 2);
        line->player->typed_ms = clock_mono_ms(clock_system());
        while (read(line->pty->fd, heard, sizeof heard) > 0) /* what it is sent is its own affair */
            ;
    }
}

static void be_silent(struct line *line)
{
    int64_t end_ms = clock_mono_ms(clock_system()) + SILENCE_MS, now;

    while ((now = clock_mono_ms(clock_system())) < end_ms)
        (void)daemon_run_turn(line->player->run, (int)(end_ms - now));
    line->player->typed_ms = 0;
}

static void ignore_bytes(void *context, const uint8_t *bytes, size_t len)
{
    (void)context;
    (void)bytes;
    (void)len;
}

static void on_frame(void *context, const struct frame *frame)
{
    static struct scan scan;
    struct line *line = context;
    const char *why = "";

    if (frame->kind == FRAME_WHOLE || line->framing.find)
        (void)reader_read(&line->reader, 1, frame, &scan, &why);
}

static void type_garbage(struct line *line)
{
    const char *end = capture_file_noise_end(line->capture, line->framing.find != NULL);
    uint8_t noise[100];

    type(line, noise, capture_file_noise(line->player->seed, noise, sizeof noise));
    if (end[0])
        type(line, (const uint8_t *)end, strlen(end));
    else if (line->capture->settings.family != SCANNER_PN532)
        be_silent(
            line); /* there a frame begins with a mark that noise lacks, and a silence would begin the dialogue anew
                    */
}

static void play_with_garbage(struct line *line)
{
    const struct capture *capture = line->capture;
    size_t gap = 0;

    reader_init(&line->reader, &capture->settings, ignore_bytes, NULL);
    reader_begin(&line->reader, 1);
    framing_init(&line->framing, capture->framing, on_frame, line);
    framing_speak(&line->framing, line->reader.family->find, line->reader.family->reply);
    for (size_t at = 0; at < capture->len && !line->player->is_stuck; at++) {
        type(line, capture->bytes + at, 1);
        framing_feed(&line->framing, capture->bytes + at, 1, 1);
        for (; gap < capture->gap_count && capture->gaps[gap] == at + 1; gap++) {
            be_silent(line);
            framing_gap(&line->framing);
        }
        if (!framing_waits(&line->framing) && !(at + 1 < capture->len && capture->bytes[at + 1] == '\n'))
            type_garbage(line);
    }
}

void play(struct player *player, const struct capture *capture, const struct sim_pty *pty, enum play_mode mode)
{
    static struct line line;
    size_t at = 0, gap = 0;

    line = (struct line){.player = player, .capture = capture, .pty = pty};
    player->typed_ms = 0;
    if (mode == PLAY_GARBAGE) {
        play_with_garbage(&line);
        return;
    }
    while ((at < capture->len || gap < capture->gap_count) && !player->is_stuck) {
        size_t end = gap < capture->gap_count ? capture->gaps[gap] : capture->len;
        size_t len = mode == PLAY_WHOLE ? end - at : mode == PLAY_BYTES ? 1 : 1 + (size_t)rand_r(player->seed) % 70;

        if (at == end) {
            be_silent(&line);
            gap++;
            continue;
        }
        if (len > end - at)
            len = end - at;
        type(&line, capture->bytes + at, len);
        at += len;
    }
}
