/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/port/port_queue.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const unsigned char bytes[PORT_QUEUE_BYTES_MAX + 1];

Test(port_queue, keeps_order_and_counts_what_is_left)
{
    struct port_queue queue = {0};
    struct queued_write *write;

    cr_assert_eq(port_queue_add(&queue, "abc", 3, 10, NULL, NULL), ST_OK);
    cr_assert_eq(port_queue_add(&queue, "de", 2, 5, NULL, NULL), ST_OK);
    cr_expect_eq(queue.bytes, 5u);
    cr_expect_eq(port_queue_next_due(&queue), 5);
    port_queue_advance(&queue, 2);
    cr_expect_eq(queue.bytes, 3u);
    write = port_queue_take(&queue);
    cr_expect_arr_eq(write->bytes, "abc", 3);
    cr_expect_eq(write->written, 2u);
    cr_expect_eq(queue.bytes, 2u);
    free(write);
    free(port_queue_take(&queue));
    cr_expect_null(port_queue_take(&queue));
    cr_expect_null(queue.tail);
    cr_expect_eq(queue.bytes + queue.count, 0u);
}

Test(port_queue, is_full_at_its_bytes)
{
    struct port_queue queue = {0};

    cr_expect_eq(port_queue_add(&queue, bytes, sizeof bytes, 1, NULL, NULL), ST_FULL);
    cr_expect_eq(port_queue_add(&queue, bytes, PORT_QUEUE_BYTES_MAX, 1, NULL, NULL), ST_OK);
    cr_expect_eq(port_queue_add(&queue, bytes, 1, 1, NULL, NULL), ST_FULL);
    port_queue_advance(&queue, 1);
    cr_expect_eq(port_queue_add(&queue, bytes, 1, 1, NULL, NULL), ST_OK);
    free(port_queue_take(&queue));
    free(port_queue_take(&queue));
}

Test(port_queue, is_full_at_its_writes)
{
    struct port_queue queue = {0};

    for (int i = 0; i < PORT_QUEUE_WRITES_MAX; i++)
        cr_assert_eq(port_queue_add(&queue, bytes, 1, 1, NULL, NULL), ST_OK);
    cr_expect_eq(port_queue_add(&queue, bytes, 1, 1, NULL, NULL), ST_FULL);
    while (queue.head)
        free(port_queue_take(&queue));
}

Test(port_queue, takes_what_is_due_from_anywhere)
{
    struct port_queue queue = {0};
    struct queued_write *write;
    const int64_t due[] = {30, 10, 20, 10};

    for (int i = 0; i < 4; i++)
        cr_assert_eq(port_queue_add(&queue, &"0123"[i], 1, due[i], NULL, NULL), ST_OK);
    cr_expect_null(port_queue_take_due(&queue, 9));
    for (int i = 1; i < 4; i += 2) {
        write = port_queue_take_due(&queue, 10);
        cr_expect_eq(write->bytes[0], '0' + i);
        free(write);
    }
    cr_expect_null(port_queue_take_due(&queue, 10));
    cr_expect_eq(port_queue_next_due(&queue), 20);
    /* The tail went: what is added stands behind the new tail. */
    cr_assert_eq(port_queue_add(&queue, "4", 1, 40, NULL, NULL), ST_OK);
    for (const char *left = "024"; *left; left++) {
        write = port_queue_take(&queue);
        cr_expect_eq(write->bytes[0], *left);
        free(write);
    }
    cr_expect_eq(port_queue_next_due(&queue), INT64_MAX);
}
