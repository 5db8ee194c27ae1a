/* SPDX-License-Identifier: Apache-2.0 */
/* pieces - what comes over a line is the same however its bytes were cut. */
#ifndef LOYALD_FUZZ_PIECES_H
#define LOYALD_FUZZ_PIECES_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* run_with gives at most so many bytes at once and answers a digest of all that was told. */
static inline int fuzz_in_pieces(const uint8_t *data, size_t size,
                                 uint64_t (*run_with)(const uint8_t *data, size_t size, size_t piece))
{
    if (size > 0) {
        uint64_t whole = run_with(data, size, SIZE_MAX);

        assert(run_with(data, size, 1) == whole);
        assert(run_with(data, size, 7) == whole);
    }
    return 0;
}

#endif
