/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The till's TLS key: who may read it, and what it is sealed with. The file of the storage-key says in its first
 * bytes by what systemd-creds encrypted it; whether it still opens, only systemd-creds can tell.
 */
#include "agent/tools/doctor.h"

#include "agent/base/file.h"
#include "sync/client/vault.h"

#include <cjson/cJSON.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEY_BYTES_MAX = 64 * 1024, SAID_MAX = 4096, KIND_CHARS = 20 };

#define ENROL_ANEW "rm %s %s; systemctl restart loyald-sync; loyalctl enrol CODE"

/* ---- what the storage-key is encrypted by ---- */

/* The Base64 of the first 15 bytes: CRED_AES256_GCM_BY_... of systemd 252, src/shared/creds-util.h. */
static const struct {
    const char *begins, *by;
    bool tpm;
} kinds[] = {
    {"Whxqht+dQJax1aZeCGLx", "this machine's host key, which lies on the same disk: a stolen disk can be read",
     false},
    {"DHzAexF2RZGcSwvqCLwg", "this machine's TPM", true},
    {"+vfrk0HjQSyhpDb5Wik2", "this machine's TPM", true},
    {"k6iUCUh0RJCQyvL8k8q1", "this machine's TPM and host key", true},
    {"r0lQqEkTTrGnOEYwT/MM", "this machine's TPM and host key", true},
    {"BYRp2vb1QySABUkK2g+O", "no key at all: a stolen disk can be read", false},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* The kind of an encrypted credential; KINDS for one that is not known. */
static size_t kind_of(const char *text)
{
    size_t i = 0;

    while (i < KINDS && strncmp(text, kinds[i].begins, KIND_CHARS) != 0)
        i++;
    return i;
}

/* The exit status of systemd-creds, whose words are kept and whose output is dropped; -1 when it cannot be run. */
static int try_to_open(const char *path, char out_said[SAID_MAX])
{
    FILE *creds;
    size_t len = 0;
    int status;

    /* The path as the shell's variable: whatever is in it, no word of it is the shell's. */
    if (setenv("LOYALD_STORAGE_KEY", path, 1) != 0)
        return -1;
    creds = popen("systemd-creds --name=storage-key decrypt \"$LOYALD_STORAGE_KEY\" - 2>&1 >/dev/null", "re");
    if (creds)
        len = fread(out_said, 1, SAID_MAX - 1, creds);
    out_said[len] = '\0';
    status = creds ? pclose(creds) : -1;
    return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : -1;
}

/* The last line of what was said: what went wrong stands there. */
static const char *last_line(char *said)
{
    size_t len = strlen(said);
    const char *line;

    while (len > 0 && said[len - 1] == '\n')
        said[--len] = '\0';
    line = strrchr(said, '\n');
    return line ? line + 1 : said;
}

static void say_it_stays_shut(struct doctor *doctor, const char *storage_key, const char *key, char *said)
{
    char fix[FINDING_TEXT_MAX];

    if (strstr(said, "lockout") != NULL) {
        findings_add(&doctor->findings, LEVEL_CRITICAL,
                     "tpm2_dictionarylockout --clear-lockout; systemctl restart loyald-sync",
                     "this machine's TPM is locked after power cuts or wrong guesses: %s does not open, loyald-sync "
                     "does not start",
                     storage_key);
        return;
    }
    (void)snprintf(fix, sizeof fix, ENROL_ANEW, storage_key, key);
    findings_add(&doctor->findings, LEVEL_CRITICAL, fix, "%.120s does not open on this machine: %.160s", storage_key,
                 last_line(said));
}

/* The storage-key is there: of what kind, and does it open? */
static void look_at_storage_key(struct doctor *doctor, const char *storage_key, const char *key)
{
    char *text = NULL, said[SAID_MAX];
    size_t len = 0, kind;
    int code;

    if (file_read(storage_key, KEY_BYTES_MAX, &text, &len, NULL) != ST_OK) {
        findings_add(&doctor->findings, LEVEL_UNKNOWN, "sudo loyalctl doctor", "%s cannot be read by this user",
                     storage_key);
        return;
    }
    kind = kind_of(text);
    free(text);
    code = try_to_open(storage_key, said);
    if (code < 0)
        findings_add(&doctor->findings, LEVEL_UNKNOWN, "systemctl status loyald-sync",
                     "systemd-creds cannot be run, so nobody knows whether %s opens", storage_key);
    else if (code != 0)
        say_it_stays_shut(doctor, storage_key, key, said);
    else
        findings_add(&doctor->findings, LEVEL_OK, NULL, "%.120s is sealed by %s", key,
                     kind < KINDS ? kinds[kind].by : "a key of this machine");
}

/* ---- the key itself ---- */

static bool is_sealed(const char *path)
{
    char *bytes = NULL;
    size_t len = 0;
    bool sealed = file_read(path, KEY_BYTES_MAX, &bytes, &len, NULL) == ST_OK &&
                  strncmp(bytes, VAULT_MARK, strlen(VAULT_MARK)) == 0;

    free(bytes);
    return sealed;
}

static void look_at_seal(struct doctor *doctor, const char *key)
{
    const struct command_places *places = &doctor->call->config->places;
    const char *storage_key = places->storage_key;
    bool there = access(storage_key, F_OK) == 0 || errno != ENOENT;
    char fix[FINDING_TEXT_MAX];

    if (is_sealed(key) && there) {
        look_at_storage_key(doctor, storage_key, key);
    } else if (is_sealed(key)) {
        (void)snprintf(fix, sizeof fix, "put it back, or: rm %s; systemctl restart loyald-sync; loyalctl enrol CODE",
                       key);
        findings_add(&doctor->findings, LEVEL_CRITICAL, fix, "%s is sealed, and %s that opens it is gone", key,
                     storage_key);
    } else if (there) {
        findings_add(&doctor->findings, LEVEL_WARNING, "systemctl restart loyald-sync   (which seals it)",
                     "%s is not sealed, though %s is there", key, storage_key);
    } else {
        findings_add(&doctor->findings, LEVEL_OK, NULL,
                     "%.120s is its owner's alone. A stolen disk can be read unless it is encrypted; %s "
                     "(security-model.md: A key for "
                     "this machine)",
                     key,
                     access(places->tpm, F_OK) == 0 ? "this machine's TPM could seal it" : "this machine has no TPM");
    }
}

void doctor_keys(struct doctor *doctor)
{
    char path[CONFIG_TEXT_MAX + 32], fix[FINDING_TEXT_MAX];
    struct stat st;

    (void)snprintf(path, sizeof path, "%.500s/key.pem", doctor->call->config->places.courier_state_dir);
    if (stat(path, &st) != 0) {
        if (errno == EACCES)
            findings_add(&doctor->findings, LEVEL_UNKNOWN, "sudo loyalctl doctor", "%s cannot be seen by this user",
                         path);
        else if (cJSON_IsTrue(doctor_health(doctor, "till", "enrolled", NULL)))
            findings_add(&doctor->findings, LEVEL_CRITICAL, "loyalctl enrol CODE",
                         "%s: %s, though the till is enrolled", path, strerror(errno));
        else
            findings_add(&doctor->findings, LEVEL_OK, NULL, "no key yet: it is made when the till is enrolled");
        return;
    }
    if ((st.st_mode & 0077) != 0) {
        (void)snprintf(fix, sizeof fix, "chmod 0600 %.300s", path);
        findings_add(&doctor->findings, LEVEL_CRITICAL, fix, "%s can be read by others than its owner", path);
        return;
    }
    look_at_seal(doctor, path);
}
