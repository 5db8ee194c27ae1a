/* SPDX-License-Identifier: Apache-2.0 */
/* The chain's rules: points are earned, and spent by hold, by lease and up to the floor limits; coupons are good
 * once. */
#include "tests/simulation/sim.h"

#define TEXT(number)    TEXT_OF(number)
#define TEXT_OF(number) #number

/* Macros, not an enum: they stand in the rules' text. */
const struct office_rules sim_rules = {
    .currency = ",\"value_minor\":100",
    .top = "\"redemption\":[{\"currency\":\"" SHOP_CURRENCY "\",\"items\":{\"any\":true},\"max_share_bp\":8000}],"
           "\"offline\":{\"f_sale\":" TEXT(FLOOR_SALE) ",\"f_member\":" TEXT(FLOOR_MEMBER) ",\"e_device\":" TEXT(
               FLOOR_DEVICE) ",\"sales_max\":" TEXT(FLOOR_SALES) ",\"hours_max\":48},"
                                                                 "\"coupon_series\":[{\"id\":\"once\",\"kind\":"
                                                                 "\"listed\",\"single_use\":true,"
                                                                 "\"codes\":[\"C0\",\"C1\",\"C2\",\"C3\",\"C4\","
                                                                 "\"C5\"]}],",
    .promotions = ",{\"id\":\"off\",\"title\":{\"en\":\"coupon\"},\"layer\":\"card\",\"order\":2,\"when\":{"
                  "\"coupon\":\"once\"},"
                  "\"reward\":{\"kind\":\"percent_off\",\"items\":{\"any\":true},\"percent_bp\":1000}}",
};
