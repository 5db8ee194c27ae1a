/* SPDX-License-Identifier: Apache-2.0 */
/* load_till - a till put straight into a central's database, with a certificate of its authority: for programs that want
 * many of them, and none of an enrolment. */
#ifndef LOYALD_TESTS_LOAD_TILL_H
#define LOYALD_TESTS_LOAD_TILL_H

#include "agent/base/x509.h"
#include "sync/central/central.h"

struct load_till {
    const char *dev_hex, *epoch_hex, *till; /* of store S12 of chain demo */
};
/* Its certificate is over the public half of key and holds for a day from now; its keys of MAC and of identifiers are
 * zeros. */
enum status load_till_enrol(struct central *central, const struct load_till *till, const struct pk *key,
                            char out_certificate[X509_PEM_BYTES_MAX], struct errmsg *err);

#endif
