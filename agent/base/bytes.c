/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/bytes.h"

void bytes_put_u32(uint8_t out[4], uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        out[i] = (uint8_t)(value & 0xff);
}

void bytes_put_u64(uint8_t out[8], uint64_t value)
{
    bytes_put_u32(out, (uint32_t)(value >> 32));
    bytes_put_u32(out + 4, (uint32_t)(value & 0xffffffff));
}

uint32_t bytes_get_u32(const uint8_t in[4])
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

uint64_t bytes_get_u64(const uint8_t in[8])
{
    return (uint64_t)bytes_get_u32(in) << 32 | bytes_get_u32(in + 4);
}
