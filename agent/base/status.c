/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/status.h"

const char *status_text(enum status st)
{
    switch (st) {
    case ST_OK:
        return "ok";
    case ST_INVALID:
        return "invalid";
    case ST_RANGE:
        return "out of range";
    case ST_NOT_FOUND:
        return "not found";
    case ST_CONFLICT:
        return "conflict";
    case ST_FULL:
        return "full";
    case ST_DENIED:
        return "denied";
    case ST_TIMEOUT:
        return "timed out";
    case ST_OFFLINE:
        return "offline";
    case ST_AGAIN:
        return "try again later";
    case ST_IO:
        return "input/output error";
    case ST_CORRUPT:
        return "corrupt";
    case ST_UNSUPPORTED:
        return "unsupported";
    case ST_NOMEM:
        return "out of memory";
    case ST_INTERNAL:
        return "internal error";
    }
    /* A number that came over a wire or out of a file. */
    return "unknown status";
}
