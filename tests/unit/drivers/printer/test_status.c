/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/printer/escpos_status.h"
#include "drivers/printer/star_status.h"

#include <criterion/criterion.h>
#include <string.h>

/* The kinds of the packets in bytes, as letters. */
static void read_kinds(const uint8_t *bytes, size_t len, char *out, struct escpos_packet *out_last)
{
    static const char letters[] = ".+-RAMSB";
    struct escpos_reader reader = {0};
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        enum escpos_packet_kind kind = escpos_reader_push(&reader, bytes[i], out_last);

        if (kind != ESCPOS_NOTHING)
            out[n++] = letters[kind];
    }
    out[n] = '\0';
}

#define KINDS(expected, ...)                                                                                         \
    do {                                                                                                             \
        static const uint8_t bytes[] = {__VA_ARGS__};                                                                \
        char kinds[64];                                                                                              \
        read_kinds(bytes, sizeof bytes, kinds, &last);                                                               \
        cr_expect_str_eq(kinds, expected);                                                                           \
    } while (0)

Test(status, tells_packets_apart_by_their_first_byte)
{
    struct escpos_packet last;

    KINDS("RRR", 0x12, 0x16, 0x7E);
    KINDS("+-", 0x11, 0x13);
    KINDS("M", 0x00);
    KINDS("MM", 0x03, 0x60);
    KINDS("A", 0x10, 0x00, 0x00, 0x0F);
    KINDS("A", 0x38, 0x00, 0x0C, 0x0F);
    KINDS("B", 0x5F, 'T', 'M', 0x00);
    cr_expect_eq(last.len, 3);
    cr_expect_arr_eq(last.bytes, "_TM", 3);
    KINDS("B", 0x37, 0x22, 'a', 'b', 'c', 'd', 0x00);
    KINDS("", 0x90, 0xFF, 0x93);
}

Test(status, lets_flow_control_through_automatic_status)
{
    struct escpos_packet last;

    KINDS("-+A", 0x10, 0x00, 0x13, 0x11, 0x00, 0x0F);
}

/* The tail of an automatic status was lost; what follows must not be swallowed. */
Test(status, finds_its_way_back_after_lost_bytes)
{
    struct escpos_packet last;

    KINDS("R", 0x10, 0x00, 0x12);
    KINDS("A", 0x10, 0x00, 0x10, 0x00, 0x00, 0x00);
}

Test(status, gives_up_a_block_without_an_end)
{
    struct escpos_reader reader = {0};
    struct escpos_packet packet;

    cr_expect_eq(escpos_reader_push(&reader, 0x5F, &packet), ESCPOS_NOTHING);
    for (int i = 0; i < ESCPOS_BLOCK_BYTES_MAX; i++)
        cr_expect_eq(escpos_reader_push(&reader, 'x', &packet), ESCPOS_NOTHING);
    cr_expect_eq(reader.ignored_bytes, ESCPOS_BLOCK_BYTES_MAX + 1);
    cr_expect_eq(escpos_reader_push(&reader, 0x12, &packet), ESCPOS_REALTIME);
}

static const char *trouble_after(int n, uint8_t byte)
{
    struct escpos_condition condition = {0};

    escpos_condition_realtime(&condition, n, byte);
    return escpos_condition_trouble(&condition);
}

Test(status, says_what_is_wrong_in_words)
{
    struct escpos_condition low = {0};

    cr_expect_null(trouble_after(1, 0x12));
    cr_expect_null(trouble_after(1, 0x16), "the drawer is no trouble");
    cr_expect_str_eq(trouble_after(1, 0x1A), "the printer is offline: see its lamps");
    cr_expect_str_eq(trouble_after(2, 0x16), "the cover is open: close it");
    cr_expect_str_eq(trouble_after(3, 0x1A), "the cutter is jammed: open the cover and free it");
    cr_expect_str_eq(trouble_after(3, 0x32), "a fault of the printer: switch it off and on");
    cr_expect_str_eq(trouble_after(3, 0x52), "the print head is too hot: it goes on by itself");
    cr_expect_str_eq(trouble_after(4, 0x7E), "out of paper: put in a new roll");
    escpos_condition_realtime(&low, 4, 0x1E);
    cr_expect(low.paper_low && !low.paper_end && !escpos_condition_trouble(&low));
}

Test(status, reads_automatic_status)
{
    struct escpos_condition condition = {0};

    escpos_condition_asb(&condition, (const uint8_t[]){0x38, 0x00, 0x0F, 0x0F});
    cr_expect(condition.offline && condition.cover_open && condition.paper_end && condition.paper_low);
    escpos_condition_asb(&condition, (const uint8_t[]){0x14, 0x08, 0x00, 0x0F});
    cr_expect(!condition.offline && !condition.cover_open && !condition.paper_end && condition.cutter_error);
}

static struct escpos_packet star_packet(const uint8_t *bytes, size_t len)
{
    struct escpos_reader reader = {0};
    struct escpos_packet packet = {0};

    for (size_t i = 0; i < len; i++) {
        enum escpos_packet_kind kind = star_reader_push(&reader, bytes[i], &packet);

        cr_expect_eq(kind, i + 1 == len ? ESCPOS_STAR : ESCPOS_NOTHING, "byte %zu", i);
    }
    return packet;
}

#define STAR(...) star_packet((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

Test(status, reads_a_star)
{
    struct escpos_condition condition = {0};
    struct escpos_packet packet = STAR(0x23, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x6E, 0x00);

    cr_expect_eq(star_counter(&packet), 31);
    star_condition(&condition, &packet);
    cr_expect_null(escpos_condition_trouble(&condition));
    packet =
        STAR(0x23, 0x86, 0x28, 0x00, 0x00, 0x0C, 0x00, 0x02, 0x00, 0x00, 0x00); /* two more, by the second byte */
    star_condition(&condition, &packet);
    cr_expect(condition.cover_open && condition.offline && condition.paper_low && condition.paper_end);
    cr_expect_eq(star_counter(&packet), 1);
    packet = STAR(0x0F, 0x06, 0x08, 0x28, 0x00, 0x00, 0x00); /* seven bytes: an old one, without the count */
    star_condition(&condition, &packet);
    cr_expect(condition.cutter_error && condition.fatal_error && !condition.paper_end);
    cr_expect_eq(star_counter(&packet), -1);
}

Test(status, of_a_star_begins_anew_after_lost_bytes)
{
    static const uint8_t bytes[] = {0x23, 0x06, 0x00, 0x23, 0x06, 0, 0, 0, 0x08, 0, 0, 0};
    struct escpos_reader reader = {0};
    struct escpos_packet packet;
    int count = 0;

    for (size_t i = 0; i < sizeof bytes; i++)
        count += star_reader_push(&reader, bytes[i], &packet) == ESCPOS_STAR;
    cr_expect_eq(count, 1);
    cr_expect_eq(packet.bytes[5], 0x08);
    cr_expect_eq(reader.ignored_bytes, 3);
}
