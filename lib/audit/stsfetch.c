/*
 * libcurl, of which this is the only user; see stsfetch.h.
 *
 * What the server says decides; that it cannot be reached, or is in trouble, does not.  libcurl asks no DNS: it is
 * given the addresses.
 */
#include "config.h"

#include "lib/audit/stsfetch.h"
#include "lib/base/mem.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct transfer {
    struct stspolicy_answer *answer;
    bool is_too_long;
};

static size_t take(char *data, size_t one, size_t n, void *context)
{
    struct transfer *transfer = context;
    struct str *text = &transfer->answer->text;

    n *= one;
    transfer->is_too_long = text->len + n > STSPOLICY_BYTES_MAX;
    if (transfer->is_too_long)
        return 0;
    str_addn(text, data, n);
    return n;
}

/* "mta-sts.example.com:443:192.0.2.1,[2001:db8::1]" */
static struct curl_slist *make_hosts(const struct stspolicy_server *server)
{
    struct str text = STR_EMPTY;

    str_addf(&text, "%s:%d:", server->host, server->port);
    for (size_t i = 0; i < server->n_addresses; i++) {
        char address[IP_TEXT_MAX];
        bool is_ipv6 = server->addresses[i].family == AF_INET6;
        ip_format(&server->addresses[i], address);
        str_addf(&text, "%s%s%s%s", i == 0 ? "" : ",", is_ipv6 ? "[" : "", address, is_ipv6 ? "]" : "");
    }
    struct curl_slist *hosts = curl_slist_append(NULL, str_get(&text));
    str_clear(&text);
    return hosts;
}

static bool set_options(CURL *curl, const struct stspolicy_server *server, const char *url,
                        const struct curl_slist *hosts, struct transfer *transfer)
{
    long timeout = server->timeout_ms;

    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_RESOLVE, hosts) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOPROXY, "*") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           (server->ca_file == NULL || curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file) == CURLE_OK) &&
           curl_easy_setopt(curl, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer) == CURLE_OK;
}

static void end(struct stspolicy_answer *answer, enum stspolicy_state state, const char *problem)
{
    answer->state = state;
    snprintf(answer->problem, sizeof(answer->problem), "%s", problem);
}

/* Parameters do not count (section 3.2). */
static bool is_plain_text(const char *type)
{
    static const char want[] = "text/plain";
    size_t len = sizeof(want) - 1;

    if (type == NULL || strncasecmp(type, want, len) != 0)
        return false;
    return type[len] == '\0' || strchr("; \t", type[len]) != NULL;
}

/* Too slow, too early, too often. */
static bool is_for_now(long code)
{
    return code == 408 || code == 425 || code == 429;
}

static void judge_response(CURL *curl, struct stspolicy_answer *answer)
{
    long code = 0;
    char *type = NULL;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    snprintf(answer->problem, sizeof(answer->problem), "the server answers %ld%s", code,
             code / 100 == 3 ? ", and senders follow no redirect" : "");
    if (code == 200 && is_plain_text(type))
        end(answer, STSPOLICY_GOOD, "");
    else if (code == 200)
        end(answer, STSPOLICY_INVALID, "it is not served as text/plain");
    else if (code / 100 == 4 && !is_for_now(code))
        answer->state = STSPOLICY_MISSING;
    else
        answer->state = code / 100 == 3 ? STSPOLICY_INVALID : STSPOLICY_UNKNOWN;
}

static void judge_failure(CURLcode code, const char *detail, struct stspolicy_answer *answer)
{
    bool is_about_certificate = code == CURLE_PEER_FAILED_VERIFICATION;

    end(answer, is_about_certificate ? STSPOLICY_INVALID : STSPOLICY_UNKNOWN, "");
    snprintf(answer->problem, sizeof(answer->problem), "%s%.200s",
             is_about_certificate ? "the certificate of its server is not good: " : "",
             detail[0] != '\0' ? detail : curl_easy_strerror(code));
}

static void fetch(CURL *curl, const struct stspolicy_server *server, struct stspolicy_answer *answer)
{
    char *url = xasprintf("https://%s:%d" STSPOLICY_PATH, server->host, server->port);
    struct curl_slist *hosts = make_hosts(server);
    struct transfer transfer = { .answer = answer };
    char detail[CURL_ERROR_SIZE] = "";

    if (hosts == NULL || !set_options(curl, server, url, hosts, &transfer) ||
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail) != CURLE_OK) {
        end(answer, STSPOLICY_UNKNOWN, "libcurl cannot be used");
    } else {
        CURLcode code = curl_easy_perform(curl);
        if (transfer.is_too_long)
            end(answer, STSPOLICY_INVALID, "it is longer than 64 KiB");
        else if (code != CURLE_OK)
            judge_failure(code, detail, answer);
        else
            judge_response(curl, answer);
    }
    curl_slist_free_all(hosts);
    free(url);
}

/* A connection that the server drops is an error to be told, not a signal; another thread's signals stay its own. */
static void perform(CURL *curl, const struct stspolicy_server *server, struct stspolicy_answer *answer)
{
    static const struct timespec now = { 0, 0 };
    sigset_t pipe, before, pending;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    bool is_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    fetch(curl, server, answer);
    while (!is_pending && sigtimedwait(&pipe, NULL, &now) == SIGPIPE)
        continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void stsfetch_run(const struct stspolicy_server *server, struct stspolicy_answer *answer_r)
{
    CURL *curl = curl_easy_init();

    *answer_r = (struct stspolicy_answer){ .state = STSPOLICY_UNKNOWN };
    if (curl == NULL) {
        end(answer_r, STSPOLICY_UNKNOWN, "libcurl cannot be used");
        return;
    }
    perform(curl, server, answer_r);
    curl_easy_cleanup(curl);
}
