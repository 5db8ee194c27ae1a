/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/settings/options.h"

#include "drivers/display/display.h"
#include "drivers/printer/printer.h"
#include "drivers/scanner/scanner.h"

#define MODES       "0600|0660|0666"
#define FIELD(name) offsetof(struct options, name)

/* A till may have a scanner, a card reader and more: each is a section of its own. */
#define SCANNER_OPTIONS(section, i)                                                                                  \
    {section,                                                                                                        \
     "port",                                                                                                         \
     OPTION_TEXT,                                                                                                    \
     FIELD(scanners[i].port),                                                                                        \
     1,                                                                                                              \
     400,                                                                                                            \
     NULL,                                                                                                           \
     "",                                                                                                             \
     "Line of the scanner or reader, such as serial:/dev/serial/by-id/usb-...?baud=9600, usb:05e0:1701 or "          \
     "tcp:192.0.2.7:4001; empty: none."},                                                                            \
        {section,                                                                                                    \
         "family",                                                                                                   \
         OPTION_ENUM,                                                                                                \
         FIELD(scanners[i].family),                                                                                  \
         0,                                                                                                          \
         0,                                                                                                          \
         SCANNER_FAMILY_CHOICES,                                                                                     \
         "ascii",                                                                                                    \
         "What it speaks; loyalctl devices scan finds it out."},                                                     \
        {section,                                                                                                    \
         "code_ids",                                                                                                 \
         OPTION_ENUM,                                                                                                \
         FIELD(scanners[i].code_ids),                                                                                \
         0,                                                                                                          \
         0,                                                                                                          \
         SCANNER_CODE_IDS_CHOICES,                                                                                   \
         "aim",                                                                                                      \
         "Which identifier the scanner puts before a code."},                                                        \
        {section,                                                                                                    \
         "code_id_table",                                                                                            \
         OPTION_TEXT,                                                                                                \
         FIELD(scanners[i].code_id_table),                                                                           \
         1,                                                                                                          \
         400,                                                                                                        \
         NULL,                                                                                                       \
         "",                                                                                                         \
         "With code_ids = custom: letters and what they stand for, such as d=]E0,j=]C0."},                           \
        {section,                                                                                                    \
         "framing",                                                                                                  \
         OPTION_ENUM,                                                                                                \
         FIELD(scanners[i].framing),                                                                                 \
         0,                                                                                                          \
         0,                                                                                                          \
         SCANNER_FRAMING_CHOICES,                                                                                    \
         "auto",                                                                                                     \
         "How a code ends, of families that send text."},                                                            \
        {section,                                                                                                    \
         "uid_format",                                                                                               \
         OPTION_ENUM,                                                                                                \
         FIELD(scanners[i].uid_format),                                                                              \
         0,                                                                                                          \
         0,                                                                                                          \
         SCANNER_UID_CHOICES,                                                                                        \
         "hex",                                                                                                      \
         "How the reader writes the number of a radio card; it is always told in hexadecimal, most significant "     \
         "byte first."},                                                                                             \
        {section,                                                                                                    \
         "uid_bytes",                                                                                                \
         OPTION_INT,                                                                                                 \
         FIELD(scanners[i].uid_bytes),                                                                               \
         0,                                                                                                          \
         10,                                                                                                         \
         NULL,                                                                                                       \
         "0",                                                                                                        \
         "How many of the last bytes of that number count, where readers differ; 0: all."},                          \
    {                                                                                                                \
        section, "answer", OPTION_ENUM, FIELD(scanners[i].answer), 0, 0, SCANNER_ANSWER_CHOICES, "none",             \
            "What it is sent: ack: 06 after a good read and 15 after a bad one; nak: 15, bel: 07 after a bad one."   \
    }

const struct option_spec loyald_options[] = {
    {"daemon", "log_level", OPTION_ENUM, FIELD(log_level), 0, 0, "error|warn|info|debug", "info",
     "How much is written to the log."},
    {"daemon", "language", OPTION_ENUM, FIELD(language), 0, 0, "en|ru", "ru",
     "Language of texts until the central has said which the chain speaks."},
    {"daemon", "runtime_dir", OPTION_TEXT, FIELD(runtime_dir), 1, 90, NULL, "",
     "Folder of the sockets; empty: /run/loyald, or run in the folder given by --state-dir."},
    {"api", "socket", OPTION_TEXT, FIELD(api_socket), 1, 107, NULL, "",
     "Unix socket of the local API; empty: api.sock in the runtime folder."},
    {"api", "socket_mode", OPTION_ENUM, FIELD(api_socket_mode), 0, 0, MODES, "0660",
     "Who may use the API's socket: owner, group, or everybody on this machine."},
    {"api", "listen", OPTION_TEXT, FIELD(api_listen), 1, 45, NULL, "127.0.0.1",
     "Numeric loopback address of the API and the cashier page; callers show the token of the state folder's "
     "api.token."},
    {"api", "port", OPTION_INT, FIELD(api_port), 0, 65535, NULL, "8473", "TCP port of the API; 0: the socket only."},
    {"dropbox", "dir", OPTION_TEXT, FIELD(dropbox_dir), 1, 200, NULL, "",
     "Folder for a POS that can only write files: calls as NAME.json, answers as NAME.answer; empty: none."},
    {"tee", "link", OPTION_TEXT, FIELD(tee_link), 1, 100, NULL, "",
     "Where the POS finds the scans that are not loyalty's, such as /run/loyald/pos-scanner: a link to a terminal "
     "that it opens like a serial scanner; empty: none."},
    {"tee", "suffix", OPTION_ENUM, FIELD(tee_suffix), 0, 0, "cr|lf|crlf|tab|none", "cr",
     "What follows each scan that is passed on."},
    {"sync", "socket", OPTION_TEXT, FIELD(sync_socket), 1, 107, NULL, "",
     "Unix socket that loyald-sync connects to; empty: sync.sock in the runtime folder."},
    {"sync", "socket_mode", OPTION_ENUM, FIELD(sync_socket_mode), 0, 0, MODES, "0660",
     "Who may connect as loyald-sync."},
    {"sync", "retry_max_s", OPTION_INT, FIELD(retry_max_s), 1, 3600, NULL, "300",
     "Longest wait between tries to reach the central; each wait is random up to a doubling bound."},
    {"sync", "poll_wait_s", OPTION_INT, FIELD(poll_wait_s), 1, 55, NULL, "50",
     "How long the central may keep a request for updates open."},
    {"till", "sale_timeout_min", OPTION_INT, FIELD(sale_timeout_min), 1, 1440, NULL, "60",
     "An open sale that nobody touched for so long is given up, and said; one being paid never is."},
    {"codes", "card_prefixes", OPTION_TEXT, FIELD(card_prefixes), 1, 200, NULL, "29",
     "First digits, parted by commas, of the EAN-13 codes that are members' cards."},
    SCANNER_OPTIONS("scanner", 0),
    SCANNER_OPTIONS("scanner2", 1),
    SCANNER_OPTIONS("scanner3", 2),
    SCANNER_OPTIONS("scanner4", 3),
    {"printer", "port", OPTION_TEXT, FIELD(printer_port), 1, 400, NULL, "",
     "Line of the receipt printer, such as serial:/dev/ttyS0?baud=38400&flow=rtscts; empty: no printer."},
    {"printer", "profile", OPTION_TEXT, FIELD(printer_profile), 1, 64, NULL, "",
     "Model of the printer, as loyalctl devices profiles lists them; empty: epson-tm-t20iii."},
    {"printer", "profiles", OPTION_TEXT, FIELD(printer_profiles), 1, 400, NULL, "",
     "File of the store's own models, each like one of ours with a difference; empty: none."},
    {"printer", "drawer", OPTION_ENUM, FIELD(printer_drawer), 0, 0, PRINTER_DRAWER_CHOICES, "never",
     "When the cash drawer at the printer is opened, before the slip is printed: when money changes hands, or with each."},
    {"printer", "pictures", OPTION_TEXT, FIELD(printer_pictures), 1, 400, NULL, "",
     "Folder of pictures, NAME.png or NAME.pbm, that a receipt's template prints with {image: NAME}; empty: none."},
    {"printer", "font", OPTION_TEXT, FIELD(printer_font), 1, 400, NULL, "/usr/share/unifont/unifont.hex",
     "Font for characters that the printer has not and that cannot be spelt, when the file is there (package unifont)."},
    {"display", "port", OPTION_TEXT, FIELD(display_port), 1, 400, NULL, "",
     "Line of the customer display, such as serial:/dev/ttyS1?baud=9600; empty: none."},
    {"display", "commands", OPTION_ENUM, FIELD(display_commands), 0, 0, DISPLAY_SET_CHOICES, "epson",
     "Which commands it obeys; loyalctl devices test-display tries them out."},
    {"display", "code_page", OPTION_ENUM, FIELD(display_code_page), 0, 0, DISPLAY_PAGE_CHOICES, "cp866",
     "Code page of its characters; what it lacks is spelt otherwise."},
    {"display", "code_page_n", OPTION_INT, FIELD(display_code_page_n), -1, 255, NULL, "-1",
     "The number by which it knows that page, where its manual says another than usual; -1: the usual one."},
    {"display", "columns", OPTION_INT, FIELD(display_columns), DISPLAY_COLUMNS_MIN, DISPLAY_COLUMNS_MAX, NULL, "20",
     "Characters of each of its two lines."},
    {"display", "welcome", OPTION_TEXT, FIELD(display_welcome), 1, 160, NULL, "",
     "What it shows between sales, two lines parted by |; empty: a welcome and the store's name."},
    {"status", "unsynced_warn", OPTION_INT, FIELD(limits.unsynced_warn), 1, 1000000000, NULL, "1000",
     "From so many records that the central has not acknowledged on, the till's status is a warning."},
    {"status", "unsynced_critical", OPTION_INT, FIELD(limits.unsynced_critical), 1, 1000000000, NULL, "100000",
     "From so many on it is critical."},
    {"status", "link_down_warn_min", OPTION_INT, FIELD(limits.link_down_warn_min), 0, 1000000, NULL, "15",
     "After so many minutes without a link to the central it is a warning."},
    {"status", "link_down_critical_min", OPTION_INT, FIELD(limits.link_down_critical_min), 0, 1000000, NULL, "10080",
     "After so many it is critical; selling goes on, balances grow old."},
    {"status", "answer_warn_ms", OPTION_INT, FIELD(limits.answer_warn_ms), 1, 100000, NULL, "20",
     "A slower 99th percentile from scan to answer is warned of."},
    {"status", "doctor_file", OPTION_TEXT, FIELD(doctor_file), 1, 400, NULL, "/run/loyald/doctor.json",
     "Where loyalctl doctor --file left what it found last; the status page shows it."},
    {0},
};

mode_t options_mode(int64_t choice)
{
    static const mode_t modes[] = {0600, 0660, 0666};

    return modes[choice];
}

const char *options_language(int64_t choice)
{
    return choice == 0 ? "en" : "ru";
}

const char *options_suffix(int64_t choice)
{
    static const char *const suffixes[] = {"\r", "\n", "\r\n", "\t", ""};

    return suffixes[choice];
}
