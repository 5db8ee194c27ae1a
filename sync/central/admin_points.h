/* SPDX-License-Identifier: Apache-2.0 */
/* admin_points - what the office asks and sets of points, leases, coupons and members. Handlers of the admin server.
 */
#ifndef LOYALD_CENTRAL_ADMIN_POINTS_H
#define LOYALD_CENTRAL_ADMIN_POINTS_H

struct http_request;

typedef void admin_handler(void *context, struct http_request *request);
admin_handler admin_points_set, admin_points_list, admin_exposure, admin_lease_list, admin_lease_recall, admin_merge,
    admin_coupon_import, admin_audience, admin_circle, admin_upkeep;

#endif
