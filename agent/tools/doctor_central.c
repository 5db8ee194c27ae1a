/* SPDX-License-Identifier: Apache-2.0 */
/* The way to the central: name, connection, TLS, clock; and this till's certificate. */
#include "agent/tools/doctor.h"

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/x509.h"
#include "agent/checkup/certificate.h"

#include <curl/curl.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SKEW_WARN_S = 300, TRY_S = 10 };

struct visit {
    int64_t date_unix_s; /* of the answer's Date; 0: none */
    char error[CURL_ERROR_SIZE];
};

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct visit *visit = context;
    char text[128];
    time_t date;

    if (size * count < sizeof text && size * count > 5 && strncasecmp(line, "Date:", 5) == 0) {
        memcpy(text, line + 5, size * count - 5);
        text[size * count - 5] = '\0';
        date = curl_getdate(text, NULL);
        visit->date_unix_s = date > 0 ? (int64_t)date : 0;
    }
    return size * count;
}

static size_t drop_body(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

/* The authority of the central: the one received at enrolment, else the one set; "" when there is none to be read. */
static void find_authority(const struct doctor *doctor, char out_path[CONFIG_TEXT_MAX + 32])
{
    (void)snprintf(out_path, CONFIG_TEXT_MAX + 32, "%.500s/ca.pem", doctor->call->config->places.courier_state_dir);
    if (access(out_path, R_OK) != 0)
        (void)snprintf(out_path, CONFIG_TEXT_MAX + 32, "%s", doctor->courier.ca_file);
}

/* The settings that loyald-sync itself uses; no certificate of ours is shown, which the handshake does not need. */
static CURLcode visit_central(const struct doctor *doctor, const char *authority, struct visit *out_visit)
{
    CURL *curl = curl_easy_init();
    CURLcode rc = curl ? CURLE_OK : CURLE_OUT_OF_MEMORY;

    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_URL, doctor->courier.url);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_CAINFO, authority);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_PROXY, doctor->courier.proxy);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, out_visit->error);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    if (rc == CURLE_OK) {
        (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
        (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)doctor->courier.connect_timeout_ms);
        (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TRY_S);
        (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
        (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, out_visit);
        (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop_body);
        rc = curl_easy_perform(curl);
    }
    curl_easy_cleanup(curl);
    return rc;
}

#define EDIT "edit /etc/loyald/loyald-sync.conf: "

/* A step on the way that can fail, as libcurl names it. In fix %h is the host and %p the port that are asked first. */
static const struct step {
    CURLcode code;
    const char *what, *fix;
} steps[] = {
    {CURLE_URL_MALFORMAT, "[central] url is no address", EDIT "url = https://host:8474"},
    {CURLE_UNSUPPORTED_PROTOCOL, "[central] url must begin with https://", EDIT "url = https://host:8474"},
    {CURLE_COULDNT_RESOLVE_HOST, "DNS does not know the central's name", "getent hosts %h; cat /etc/resolv.conf"},
    {CURLE_COULDNT_RESOLVE_PROXY, "DNS does not know the proxy's name", "getent hosts %h; cat /etc/resolv.conf"},
    {CURLE_COULDNT_CONNECT, "nothing answers at the address and port",
     "timeout 5 bash -c ': </dev/tcp/%h/%p' && echo open   (is a firewall between?)"},
    {CURLE_OPERATION_TIMEDOUT, "no answer in time", "timeout 5 bash -c ': </dev/tcp/%h/%p' && echo open   (is a firewall between?)"},
    {CURLE_PEER_FAILED_VERIFICATION, "the certificate that is shown is not the central's",
     "timedatectl   (is the clock right? is ca.pem of this central? is it a proxy that opens TLS?)"},
    {CURLE_SSL_CACERT_BADFILE, "the central's authority cannot be read",
     "loyalctl enrol CODE   (which fetches it anew; before that: [central] ca_file of loyald-sync.conf)"},
    {CURLE_SSL_CONNECT_ERROR, "TLS fails", "openssl s_client -connect %h:%p </dev/null   (is it the central that listens there?)"},
};

/* The command with the host and port it is to look at, so that it can be typed as it stands. */
static void write_fix(const char *fix, const char *address, char out_fix[FINDING_TEXT_MAX])
{
    struct strbuf text = STRBUF_INIT(FINDING_TEXT_MAX - 1); /* what is past it is left out, as of any finding */
    CURLU *parts = curl_url();
    char *host = NULL, *port = NULL;

    /* An address that cannot be taken apart has no fix with either. */
    if (parts && curl_url_set(parts, CURLUPART_URL, address, CURLU_DEFAULT_SCHEME) == CURLUE_OK) {
        (void)curl_url_get(parts, CURLUPART_HOST, &host, 0);
        (void)curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
    }
    for (; *fix; fix++) {
        if (fix[0] == '%' && (fix[1] == 'h' || fix[1] == 'p'))
            strbuf_puts(&text, *++fix == 'h' ? (host ? host : "HOST") : (port ? port : "8474"));
        else
            strbuf_putc(&text, *fix);
    }
    (void)snprintf(out_fix, FINDING_TEXT_MAX, "%s", strbuf_text(&text));
    strbuf_free(&text);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
}

/* What libcurl says, as the step that failed and the command that looks into it. */
static void explain(struct doctor *doctor, CURLcode rc, const char *error)
{
    const char *proxy = doctor->courier.proxy, *way = proxy[0] != '\0' ? " by the proxy" : "";
    char fix[FINDING_TEXT_MAX];

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i].code == rc) {
            write_fix(steps[i].fix, proxy[0] != '\0' && rc != CURLE_SSL_CONNECT_ERROR ? proxy : doctor->courier.url, fix);
            findings_add(&doctor->findings, LEVEL_CRITICAL, fix, "%s (%s%s): %s", steps[i].what, doctor->courier.url, way, error);
            return;
        }
    }
    findings_add(&doctor->findings, LEVEL_CRITICAL, "journalctl -u loyald-sync -n 30", "%s%s: %s", doctor->courier.url, way,
                 error[0] != '\0' ? error : curl_easy_strerror(rc));
}

static void compare_clocks(struct doctor *doctor, int64_t central_unix_s)
{
    int64_t ahead_s = clock_wall_ms(clock_system()) / 1000 - central_unix_s;

    if (central_unix_s == 0)
        findings_add(&doctor->findings, LEVEL_WARNING, "is it the central that listens there?", "the answer says no time");
    else if (llabs(ahead_s) > SKEW_WARN_S)
        findings_add(&doctor->findings, LEVEL_WARNING, "timedatectl set-ntp true",
                    "this machine's clock is %" PRId64 " s %s the central's", (int64_t)llabs(ahead_s),
                    ahead_s > 0 ? "ahead of" : "behind");
    else
        findings_add(&doctor->findings, LEVEL_OK, NULL, "the clocks agree within %" PRId64 " s", (int64_t)llabs(ahead_s));
}

void doctor_central(struct doctor *doctor)
{
    char authority[CONFIG_TEXT_MAX + 32], address[CONFIG_TEXT_MAX];
    struct visit visit = {0};
    CURLcode rc;

    if (doctor->courier.url[0] == '\0') {
        findings_add(&doctor->findings, LEVEL_WARNING, EDIT "[central] url = https://host:8474",
                    "no central is set: the till works alone");
        return;
    }
    if (doctor->courier.proxy[0] != '\0')
        findings_add(&doctor->findings, LEVEL_OK, NULL, "the way goes through the proxy %s",
                    doctor_address(doctor->courier.proxy, address));
    else if (getenv("https_proxy") || getenv("HTTPS_PROXY"))
        findings_add(&doctor->findings, LEVEL_WARNING, EDIT "[central] proxy, if it is needed",
                    "the environment names a proxy, which loyald-sync does not use");
    find_authority(doctor, authority);
    if (authority[0] == '\0') {
        findings_add(&doctor->findings, LEVEL_CRITICAL, EDIT "[central] ca_file, with the central's ca.pem",
                    "there is no authority to know the central by");
        return;
    }
    rc = visit_central(doctor, authority, &visit);
    if (rc != CURLE_OK) {
        explain(doctor, rc, visit.error);
        return;
    }
    findings_add(&doctor->findings, LEVEL_OK, NULL, "%s answers over TLS, known by %s", doctor->courier.url, authority);
    compare_clocks(doctor, visit.date_unix_s);
}

void doctor_certificate(struct doctor *doctor)
{
    char path[CONFIG_TEXT_MAX + 32], name[X509_NAME_BYTES_MAX], whose[X509_NAME_BYTES_MAX + 32];
    struct errmsg err = ERRMSG_INIT;
    int64_t not_after_s = 0;
    char *pem = NULL;
    size_t len = 0;
    enum status st;

    (void)snprintf(path, sizeof path, "%.500s/cert.pem", doctor->call->config->places.courier_state_dir);
    st = file_read(path, X509_PEM_BYTES_MAX, &pem, &len, &err);
    if (st == ST_OK)
        st = x509_read(pem, name, &not_after_s, &err);
    free(pem);
    if (st == ST_NOT_FOUND) {
        findings_add(&doctor->findings, LEVEL_OK, NULL, "no certificate yet: it comes with the enrolment");
        return;
    }
    if (st != ST_OK) {
        bool closed = access(path, R_OK) != 0;

        findings_add(&doctor->findings, closed ? LEVEL_UNKNOWN : LEVEL_CRITICAL,
                    closed ? "sudo loyalctl doctor" : "loyalctl enrol CODE", "%s", err.text);
        return;
    }
    (void)snprintf(whose, sizeof whose, "the certificate of till %s", name);
    checkup_certificate(&doctor->findings, whose, not_after_s * 1000, clock_wall_ms(clock_system()));
}
