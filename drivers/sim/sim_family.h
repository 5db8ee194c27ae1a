/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_family - what a simulated scanner or reader says on its line, by its kind; written from the makers' manuals
 * apart from the drivers, so that one is a check of the other. Inside drivers/sim.
 */
#ifndef LOYALD_SIM_SIM_FAMILY_H
#define LOYALD_SIM_SIM_FAMILY_H

#include "agent/base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

enum sim_family_id { SIM_ASCII, SIM_SSI, SIM_HONEYWELL, SIM_DATALOGIC, SIM_STRIPE, SIM_EM4100, SIM_DESK, SIM_PN532 };
#define SIM_FAMILY_CHOICES "ascii|ssi|honeywell|datalogic|stripe|em4100|desk|pn532"

enum { SIM_HEARD_MAX = 512, SIM_SSI_RESEND_MS = 2000, SIM_SSI_SENDS_MAX = 4, SIM_UID_MAX = 10 };

struct sim_family {
    enum sim_family_id id;
    uint8_t heard[SIM_HEARD_MAX];
    size_t heard_len;
    bool menu; /* Honeywell: between SYN M CR and the end of the command */

    /* SSI: the packet that waits for its ACK. */
    struct strbuf pending;
    int sends;
    int ignored; /* so many ACKs more are not heard */

    uint8_t uid[SIM_UID_MAX]; /* PN532: the card that lies there; uid_len 0: none */
    size_t uid_len;
};

void sim_family_init(struct sim_family *family, enum sim_family_id id);
void sim_family_clear(struct sim_family *family);
/* Appends what is said of a code as read. False with static words when this kind of reader cannot read it. */
bool sim_family_say(struct sim_family *family, const char *code, const char *suffix, struct strbuf *out,
                    const char **out_why);
/* Takes what the agent sent; appends what is answered at once. */
void sim_family_hear(struct sim_family *family, const uint8_t *bytes, size_t len, struct strbuf *out);
/* Whether a packet waits for its ACK; and sends it again, marked, or gives it up. */
bool sim_family_waits(const struct sim_family *family);
void sim_family_resend(struct sim_family *family, struct strbuf *out);

#endif
