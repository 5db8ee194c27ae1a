/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/base/config.h"
#include "agent/base/file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct settings {
    int64_t port;
    bool cashier_page;
    int64_t parity;
    char device[CONFIG_TEXT_MAX];
    char central[CONFIG_TEXT_MAX];
    int64_t offset_minutes;
    int not_an_option;
};

static const struct option_spec options[] = {
    {"api", "port", OPTION_INT, offsetof(struct settings, port), 0, 65535, NULL, "8473", "Where the POS calls."},
    {"api", "cashier_page", OPTION_BOOL, offsetof(struct settings, cashier_page), 0, 0, NULL, "yes",
     "Whether the page is served."},
    {"scanner", "parity", OPTION_ENUM, offsetof(struct settings, parity), 0, 0, "none|even|odd", "none",
     "Of the line."},
    {"scanner", "device", OPTION_TEXT, offsetof(struct settings, device), 1, 20, NULL, "/dev/ttyS0", "The port."},
    {"central", "url", OPTION_TEXT, offsetof(struct settings, central), 1, 0, NULL, NULL, "Where sales go."},
    {"api", "offset", OPTION_INT, offsetof(struct settings, offset_minutes), -720, 840, NULL, "-5", "Out of place."},
    {NULL, NULL, OPTION_TEXT, 0, 0, 0, NULL, NULL, NULL},
};

static char folder[] = "/tmp/loyald-config-XXXXXX";

static void enter(void)
{
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    cr_assert_eq(mkdir("a.conf.d", 0700), 0);
}

static void leave(void)
{
    char command[64];

    cr_expect_eq(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_expect_eq(system(command), 0);
}

TestSuite(config, .init = enter, .fini = leave);

static void put(const char *path, const char *text)
{
    cr_assert_eq(file_write(path, text, strlen(text), 0600, NULL), ST_OK);
}

static void expect_loaded(const char *path, struct settings *out_settings)
{
    struct errmsg err = ERRMSG_INIT;

    cr_assert_eq(config_load(options, path, out_settings, sizeof *out_settings, &err), ST_OK, "%s", err.text);
}

/* The text as a.conf must be refused with exactly these words, and the settings stay as they were. */
static void expect_refused(const char *text, enum status wanted_st, const char *wanted)
{
    struct settings settings, before;
    struct errmsg err = ERRMSG_INIT;

    put("a.conf", text);
    memset(&settings, 0x5a, sizeof settings);
    before = settings;
    cr_expect_eq(config_load(options, "a.conf", &settings, sizeof settings, &err), wanted_st, "%s", wanted);
    cr_expect_str_eq(err.text, wanted);
    cr_expect_eq(memcmp(&settings, &before, sizeof settings), 0);
    cr_expect_eq(config_load(options, "a.conf", &settings, sizeof settings, NULL), wanted_st);
}

Test(config, without_a_file_all_is_default)
{
    struct settings settings;

    memset(&settings, 0x5a, sizeof settings);
    settings.not_an_option = 77;
    expect_loaded(NULL, &settings);
    cr_expect_eq(settings.port, 8473);
    cr_expect(settings.cashier_page);
    cr_expect_eq(settings.parity, 0);
    cr_expect_str_eq(settings.device, "/dev/ttyS0");
    cr_expect_str_eq(settings.central, "");
    cr_expect_eq(settings.offset_minutes, -5);
    cr_expect_eq(settings.not_an_option, 77);
}

Test(config, reads_every_type_and_every_way_to_write)
{
    struct settings settings = {0};

    put("a.conf", "\xef\xbb\xbf# a comment\n[api]\r\nport = 0\r\n   cashier_page=off ; as the POS has its own\n"
                  "\n[scanner] ; the one at the desk\n\tdevice : /dev/ttyUSB0\nparity = odd\n"
                  "[api]\noffset=-720\n[central]\nurl = https://central.example:8474/#x");
    expect_loaded("a.conf", &settings);
    cr_expect_eq(settings.port, 0);
    cr_expect_not(settings.cashier_page);
    cr_expect_eq(settings.parity, 2);
    cr_expect_str_eq(settings.device, "/dev/ttyUSB0");
    cr_expect_eq(settings.offset_minutes, -720);
    cr_expect_str_eq(settings.central, "https://central.example:8474/#x");
    put("a.conf", "");
    expect_loaded("a.conf", &settings);
    cr_expect_eq(settings.port, 8473, "what is in no file is default again");
}

Test(config, every_word_for_yes_and_no)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    struct settings settings = {0};
    char text[64];
    size_t i;

    for (i = 0; i < 8; i++) {
        snprintf(text, sizeof text, "[api]\ncashier_page = %s\n", words[i]);
        put("a.conf", text);
        settings.cashier_page = i % 2 == 0;
        expect_loaded("a.conf", &settings);
        cr_expect_eq(settings.cashier_page, i % 2 != 0, "%s", words[i]);
    }
}

Test(config, drop_ins_are_read_in_name_order_and_win)
{
    struct settings settings = {0};
    char path[64];

    put("a.conf", "[api]\nport = 1\n[scanner]\nparity = even\n");
    put("a.conf.d/20-b.conf", "[api]\nport = 3\n");
    put("a.conf.d/10-a.conf", "[api]\nport = 2\n[scanner]\ndevice = x\n");
    put("a.conf.d/Z.conf", "[api]\noffset = 7\n");
    put("a.conf.d/z.conf", "[api]\noffset = 8\n");
    put("a.conf.d/30-c.conf.dpkg-old", "garbage");
    put("a.conf.d/.hidden.conf", "garbage");
    put("a.conf.d/.conf", "garbage");
    expect_loaded("a.conf", &settings);
    cr_expect_eq(settings.port, 3);
    cr_expect_eq(settings.parity, 1);
    cr_expect_str_eq(settings.device, "x");
    cr_expect_eq(settings.offset_minutes, 8);
    snprintf(path, sizeof path, "%s/a.conf", folder);
    settings.port = 0;
    expect_loaded(path, &settings);
    cr_expect_eq(settings.port, 3, "beside the file, wherever we stand");
}

Test(config, a_fault_in_a_drop_in_names_it)
{
    put("a.conf.d/site.conf", "[api]\nport = many\n");
    expect_refused("", ST_INVALID, "a.conf.d/site.conf:2: [api] port: many is not a whole number");
}

Test(config, too_many_drop_ins_are_refused)
{
    char path[64];
    int i;

    for (i = 0; i < 257; i++) {
        snprintf(path, sizeof path, "a.conf.d/%03d.conf", i);
        close(creat(path, 0600));
    }
    expect_refused("", ST_FULL, "configuration: 257 files in a.conf.d; at most 256 are read");
    unlink("a.conf.d/000.conf");
    expect_loaded("a.conf", &(struct settings){0});
}

Test(config, faults_name_file_line_section_key_and_reason)
{
    expect_refused("[api]\n\nport = 99999\n", ST_RANGE, "a.conf:3: [api] port: 99999 is not between 0 and 65535");
    expect_refused("[api]\nport = -1\n", ST_RANGE, "a.conf:2: [api] port: -1 is not between 0 and 65535");
    expect_refused("[api]\nport = 99999999999999999999\n", ST_RANGE,
                   "a.conf:2: [api] port: 99999999999999999999 is not between 0 and 65535");
    expect_refused("[api]\nport = 80x\n", ST_INVALID, "a.conf:2: [api] port: 80x is not a whole number");
    expect_refused("[api]\nport =\n", ST_INVALID, "a.conf:2: [api] port:  is not a whole number");
    expect_refused("[api]\nport = +1\n", ST_INVALID, "a.conf:2: [api] port: +1 is not a whole number");
    expect_refused("[api]\nport = -\n", ST_INVALID, "a.conf:2: [api] port: - is not a whole number");
    expect_refused("[api]\ncashier_page = maybe\n", ST_INVALID,
                   "a.conf:2: [api] cashier_page: maybe is neither yes nor no");
    expect_refused("[scanner]\nparity = eve\n", ST_INVALID,
                   "a.conf:2: [scanner] parity: eve is none of none|even|odd");
    expect_refused("[scanner]\nparity = none|even\n", ST_INVALID,
                   "a.conf:2: [scanner] parity: none|even is none of none|even|odd");
    expect_refused("[scanner]\ndevice =\n", ST_RANGE, "a.conf:2: [scanner] device: must not be empty");
    expect_refused("[scanner]\ndevice = 123456789012345678901\n", ST_RANGE,
                   "a.conf:2: [scanner] device: 21 bytes; wanted are 1 to 20");
    expect_refused("[scanner]\ndevice = \xff\n", ST_INVALID, "a.conf:2: [scanner] device: not UTF-8");
}

Test(config, what_the_table_does_not_know_is_refused)
{
    expect_refused("[api]\nprot = 1\n", ST_INVALID, "a.conf:2: [api] prot: unknown key");
    expect_refused("[api]\ndevice = 1\n", ST_INVALID, "a.conf:2: [api] device: unknown key");
    expect_refused("# x\n[apis]\n", ST_INVALID, "a.conf:2: [apis]: unknown section");
    expect_refused("[]\n", ST_INVALID, "a.conf:1: []: unknown section");
    expect_refused("port = 1\n", ST_INVALID, "a.conf:1: port: stands before the first section");
    expect_refused("[api]\nport = 1\n# y\nport = 1\n", ST_INVALID,
                   "a.conf:4: [api] port: given twice; the first is in line 2");
    expect_refused("[api]\nport = 1\n[scanner]\n[api]\nport = 1\n", ST_INVALID,
                   "a.conf:5: [api] port: given twice; the first is in line 2");
}

Test(config, lines_that_are_no_lines_are_refused)
{
    char text[512];
    int len;

    expect_refused("[api]\nport\n", ST_INVALID, "a.conf:2: neither [section] nor key = value");
    expect_refused("[api]\nport\nport = 99999\n", ST_INVALID, "a.conf:2: neither [section] nor key = value");
    expect_refused("[api]\nport = 99999\nport\n", ST_RANGE, "a.conf:2: [api] port: 99999 is not between 0 and 65535");
    expect_refused("[api\n", ST_INVALID, "a.conf:1: a section begins here, but there is no ]");
    expect_refused("[api] port = 1\n", ST_INVALID,
                   "a.conf:1: [api]: text behind the section's name; give it a line of its own");
    /* Elsewhere an indented line continues the value above it; a till's port must not become two. */
    expect_refused("[api]\nport = 1\n  2\n", ST_INVALID, "a.conf:3: neither [section] nor key = value");

    len = snprintf(text, sizeof text, "[central]\nurl = %0190d\n", 0);
    cr_assert_lt(len, (int)sizeof text);
    put("a.conf", text);
    expect_loaded("a.conf", &(struct settings){0});
    snprintf(text, sizeof text, "[central]\nurl = %0192d\n", 0);
    expect_refused(text, ST_FULL, "a.conf:2: the line is longer than 197 bytes");
    snprintf(text, sizeof text, "[central]\n# %0300d\n", 0);
    put("a.conf", text);
    expect_loaded("a.conf", &(struct settings){0});
}

Test(config, files_that_are_no_files_are_refused)
{
    struct settings settings = {0};
    struct errmsg err = ERRMSG_INIT;
    char *huge = malloc(CONFIG_FILE_BYTES_MAX + 1);

    cr_expect_eq(config_load(options, "absent.conf", &settings, sizeof settings, &err), ST_NOT_FOUND);
    cr_expect_str_eq(err.text, "configuration: opening absent.conf: No such file or directory");
    cr_assert_eq(file_write("a.conf", "[api]\n\0", 7, 0600, NULL), ST_OK);
    cr_expect_eq(config_load(options, "a.conf", &settings, sizeof settings, &err), ST_INVALID);
    cr_expect_str_eq(err.text, "a.conf: a NUL byte at offset 6: this is no text file");
    memset(huge, '\n', CONFIG_FILE_BYTES_MAX + 1);
    cr_assert_eq(file_write("a.conf", huge, CONFIG_FILE_BYTES_MAX + 1, 0600, NULL), ST_OK);
    cr_expect_eq(config_load(options, "a.conf", &settings, sizeof settings, &err), ST_FULL);
    cr_assert_eq(file_write("a.conf", huge, CONFIG_FILE_BYTES_MAX, 0600, NULL), ST_OK);
    cr_expect_eq(config_load(options, "a.conf", &settings, sizeof settings, &err), ST_OK);
    free(huge);
    cr_assert_eq(rmdir("a.conf.d"), 0);
    cr_expect_eq(config_load(options, "a.conf", &settings, sizeof settings, &err), ST_OK);
    put("a.conf.d", "a file where a folder belongs");
    cr_expect_eq(config_load(options, "a.conf", &settings, sizeof settings, &err), ST_IO);
}

Test(config, sample_shows_everything_once_and_is_the_default)
{
    struct strbuf sample = STRBUF_INIT(10000);
    struct settings settings = {0}, wanted = {0};
    char *uncommented;
    size_t in, out = 0;

    config_sample(options, "loyald", &sample);
    cr_assert_eq(strbuf_status(&sample), ST_OK);
    cr_expect_not_null(strstr(sample.data, "\n[api]\n# Where the POS calls.\n# A whole number from 0 to 65535.\n"
                                           "#port = 8473\n# Whether the page is served.\n# yes or no.\n"
                                           "#cashier_page = yes\n# Out of place.\n"));
    cr_expect_not_null(strstr(sample.data, "# One of: none, even, odd.\n#parity = none\n"));
    cr_expect_not_null(strstr(sample.data, "# 1 to 20 bytes.\n#device = /dev/ttyS0\n"));
    cr_expect_null(strstr(strstr(sample.data, "[api]") + 1, "[api]"), "a section stands once");
    put("a.conf", sample.data);
    expect_loaded("a.conf", &settings);

    uncommented = strdup(sample.data); /* "#key" is an option, "# text" a comment */
    for (in = 0; sample.data[in]; in++) {
        if (sample.data[in] == '#' && sample.data[in + 1] != ' ' && (in == 0 || sample.data[in - 1] == '\n'))
            continue;
        uncommented[out++] = sample.data[in];
    }
    uncommented[out] = '\0';
    out = (size_t)(strstr(uncommented, "url =") - uncommented);
    memcpy(uncommented + out, ";rl =", 5); /* it has no default and may not be empty */
    put("a.conf", uncommented);
    expect_loaded("a.conf", &settings);
    expect_loaded(NULL, &wanted);
    cr_expect_eq(memcmp(&settings, &wanted, sizeof wanted), 0);
    free(uncommented);
    strbuf_free(&sample);

    sample = (struct strbuf)STRBUF_INIT(100);
    config_sample(options, "loyald", &sample);
    cr_expect_eq(strbuf_status(&sample), ST_FULL);
    strbuf_free(&sample);
}

Test(config, man_page_lists_every_option_as_mdoc)
{
    static const struct option_spec hard[] = {
        {"a", "word", OPTION_ENUM, 0, 0, 0, "Xr|low", "Xr", "First. \\n is no line end."},
        {"b", "flag", OPTION_BOOL, 0, 0, 0, NULL, "no", "Between."},
        {"a", "path", OPTION_TEXT, 0, 1, 20, NULL, "", ".conf comes last."},
        {0},
    };
    struct strbuf man = STRBUF_INIT(64 * 1024);

    config_man(hard, &man);
    cr_assert_eq(strbuf_status(&man), ST_OK);
    cr_expect_str_eq(man.data, ".Ss Section [a]\n.Bl -tag -width Ds\n"
                               ".It Ic word No = Cm \\&Xr | Cm low\n"
                               "First.\n\\en is no line end.\nThe default is\n.Cm \\&Xr .\n"
                               ".It Ic path No = Ar text\n\\&.conf comes last.\nIt has 1 to 20 bytes.\n"
                               "Not set by default.\n.El\n"
                               ".Ss Section [b]\n.Bl -tag -width Ds\n"
                               ".It Ic flag No = Cm yes | Cm no\nBetween.\nThe default is\n.Cm no .\n.El\n");
    strbuf_free(&man);
}
