/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a bundle carries for others. `offline` says how much may be spent without a link: in money's worth of points: of one
 * sale, of one member, of the till; in sales and in hours since it last had one. All five must be there, since an
 * absent limit would be read as none by one and as zero by another.
 */
#include "agent/engine/compile.h"

#include <inttypes.h>

enum { OFFLINE_SALES_MAX = 1000000, OFFLINE_HOURS_MAX = 366 * 24 };

static void compile_offline(struct compiler *c, const cJSON *root)
{
    const cJSON *offline = rd_object(&c->rd, root, "offline", OPTIONAL);
    int64_t sale = 0, member = 0, device = 0, sales = 0, hours = 0;
    bool good;
    size_t mark;

    if (!offline)
        return;
    mark = rd_in(&c->rd, "offline");
    (void)rd_names(&c->rd, offline, "f_sale f_member e_device sales_max hours_max");
    good = rd_int(&c->rd, offline, "f_sale", REQUIRED, 0, AMOUNT_MAX, &sale);
    good = rd_int(&c->rd, offline, "f_member", REQUIRED, 0, AMOUNT_MAX, &member) && good;
    good = rd_int(&c->rd, offline, "e_device", REQUIRED, 0, AMOUNT_MAX, &device) && good;
    good = rd_int(&c->rd, offline, "sales_max", REQUIRED, 0, OFFLINE_SALES_MAX, &sales) && good;
    good = rd_int(&c->rd, offline, "hours_max", REQUIRED, 0, OFFLINE_HOURS_MAX, &hours) && good;
    if (good)
        c->bundle->offline = (struct bundle_offline){sale, member, device, sales, hours};
    if (good && sale > member)
        rd_warn(&c->rd, "f_sale", "is above f_member (%" PRId64 "), which no sale can pass", member);
    if (good && member > device)
        rd_warn(&c->rd, "f_member", "is above e_device (%" PRId64 "), which no member can pass", device);
    if (good && device > 0 && (sale == 0 || member == 0 || sales == 0 || hours == 0))
        rd_warn(&c->rd, NULL, "one of the limits is 0, so nothing is ever spent without a link");
    rd_out(&c->rd, mark);
}

/* Of the texts only the form; the till reads them. */
void compile_carried(struct compiler *c, const cJSON *root)
{
    compile_receipts(c, root);
    compile_offline(c, root);
    (void)rd_object(&c->rd, root, "texts", OPTIONAL);
}
