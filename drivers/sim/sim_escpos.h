/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_escpos - the inside of a receipt printer: receives bytes, obeys them, answers, prints on a slip. It speaks
 * ESC/POS, or Star's Line Mode (sim_star.c).
 *
 * As in a real one there are two places: reception, where real-time commands (DLE EOT, DLE ENQ, DLE DC4) are seen in
 * the passing and answered at once, and the receive buffer, from which everything else is carried out while the
 * printer is online. Without paper or with the cover open it goes on receiving until the buffer is full, and goes on
 * printing where it stopped afterwards.
 *
 * Written from the printers' manuals, apart from drivers/printer, which it is there to test.
 */
#ifndef LOYALD_SIM_SIM_ESCPOS_H
#define LOYALD_SIM_SIM_ESCPOS_H

#include "drivers/sim/sim_charset.h"
#include "drivers/sim/sim_slip.h"

enum {
    SIM_BUFFER_BYTES = 16 * 1024, /* the largest command that is kept whole fits in it */
    SIM_OFFLINE_BYTES = 4096,     /* received while offline; then the printer is busy */
    SIM_LINE_CELLS_MAX = 256,
};

enum sim_paper { SIM_PAPER_OK, SIM_PAPER_LOW, SIM_PAPER_OUT };

/* What ESC @ and power-on set back. */
struct sim_modes {
    struct slip_look look;
    enum slip_align align;
    uint8_t page; /* n of ESC t */
    bool chinese;
    uint8_t international;
    uint8_t bars_height, bars_module, bars_digits; /* GS h, GS w, GS H */
    uint8_t qr_module;
    uint8_t line_dots; /* pitch */
    uint8_t tab;       /* columns between tab stops */
};

/* How long the command is that begins here. */
struct sim_length {
    size_t header; /* bytes that must be there before it is carried out; 0: more are needed to tell */
    size_t data;   /* bytes after them that are thrown away */
    bool known;
};

struct sim_escpos;

/* What differs between ESC/POS and Star's Line Mode; the places of above are the same. */
struct sim_language {
    struct sim_length (*length)(const uint8_t *bytes, size_t len);
    void (*obey)(struct sim_escpos *printer, const uint8_t *command, size_t len);
    void (*watch)(struct sim_escpos *printer, uint8_t byte); /* each byte on its way in: what is answered at once */
    void (*tell)(struct sim_escpos *printer, bool always);   /* its status by itself, when asked to, on a change */
};
extern const struct sim_language sim_language_escpos, sim_language_star;

struct sim_escpos {
    const struct sim_profile *profile;
    const struct sim_language *language;
    struct sim_modes modes;
    struct slip slip;
    struct slip_cell line[SIM_LINE_CELLS_MAX];
    size_t line_count;
    uint8_t pair_first; /* of a Chinese character; 0: none */
    struct strbuf qr_store;
    uint8_t buffer[SIM_BUFFER_BYTES];
    size_t buffered;
    size_t skip;          /* data bytes of a command still to be thrown away */
    uint8_t realtime[10]; /* the last bytes that may be a real-time command */
    size_t realtime_len;
    uint8_t asb_mask;
    uint8_t asb_last[9];
    uint8_t etb_count; /* Star: of its ETBs, modulo 32 */
    enum sim_paper paper;
    int paper_lines; /* left until the paper is out; -1: plenty */
    bool cover_open;
    bool deselected; /* ESC =: what comes is for a display on the same line */
    bool busy; /* online, but its mechanism is still at work: nothing more is carried out */
    void (*reply)(void *context, const uint8_t *bytes, size_t len);
    void (*cut)(void *context); /* the slip is whole; it is cleared afterwards */
    void *context;
};

void sim_escpos_init(struct sim_escpos *printer,
                     const struct sim_profile *profile); /* reply, cut, context are set after */
void sim_escpos_free(struct sim_escpos *printer);
/* How many more bytes it takes now. */
size_t sim_escpos_room(const struct sim_escpos *printer);
/* At most sim_escpos_room bytes. */
void sim_escpos_feed(struct sim_escpos *printer, const uint8_t *bytes, size_t len);
/* Paper, cover: the buffer goes on or stops, automatic status is sent. lines is -1 or what is left of the paper. */
void sim_escpos_paper(struct sim_escpos *printer, enum sim_paper paper, int lines);
void sim_escpos_cover(struct sim_escpos *printer, bool open);
void sim_escpos_busy(struct sim_escpos *printer, bool busy);
/* Memory is lost; what is on the paper stays on it. */
void sim_escpos_power_cycle(struct sim_escpos *printer);
/* Somebody tears the paper off: ends a slip that no cut ended. */
void sim_escpos_tear(struct sim_escpos *printer);
bool sim_escpos_offline(const struct sim_escpos *printer);

/* sim_escpos_length.c: of the command at the start of bytes. */
struct sim_length sim_escpos_length(const uint8_t *bytes, size_t len);
/* sim_escpos_obey.c: carries out a command that is whole. */
void sim_escpos_obey(struct sim_escpos *printer, const uint8_t *command, size_t len);
void sim_escpos_end_line(struct sim_escpos *printer, bool even_when_empty);
void sim_escpos_modes_init(struct sim_escpos *printer);
void sim_escpos_put_byte(struct sim_escpos *printer, uint8_t byte);
void sim_escpos_feed_dots(struct sim_escpos *printer, int dots);
void sim_escpos_cut(struct sim_escpos *printer, const char *how);
void sim_escpos_put_picture(struct sim_escpos *printer, size_t row_bytes, size_t rows, const uint8_t *bits,
                            size_t len);
void sim_escpos_send_asb(struct sim_escpos *printer, bool always);

#endif
