/*
 * Fuzz target: configuration files.  What is accepted prints as a file that gives the same configuration, and as JSON;
 * what is refused is refused with a place and words.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/config/conf.h"
#include "lib/config/parse.h"
#include "lib/report/report.h"
#include "t/fuzz/fuzz.h"

#include <jansson.h>

static char *print(const struct conf *conf, size_t *len_r)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len_r);

    HOLDS(out != NULL && conf_print(conf, out) == 0 && fclose(out) == 0, "cannot print");
    return text;
}

static void check_conf(const struct conf *conf)
{
    HOLDS(conf->n_egress > 0, "no egress");
    for (size_t i = 0; i < conf->n_egress; i++)
        HOLDS(conf->egress[i].name != NULL && conf->egress[i].helo != NULL, "egress %zu is not whole", i);
    for (int verdict = 0; verdict < VERDICT_COUNT; verdict++)
        HOLDS(conf->policy.action[verdict] >= 0 && conf->policy.action[verdict] < ACTION_COUNT, "verdict %d", verdict);
    HOLDS(conf->dns.timeout_ms > 0 && conf->dns.cache_entries >= 16 && conf->limits.headers > 0, "bounds");
}

static void check_printed(const struct conf *conf)
{
    size_t len, again_len;
    char *text = print(conf, &len);
    struct err err = { "" };
    struct conf *again = conf_load_as(memory_file(text, len), "mx.example.com", &err);

    HOLDS(again != NULL, "%s\n%s", err.text, text);
    char *text_again = print(again, &again_len);
    HOLDS(len == again_len && memcmp(text, text_again, len) == 0, "printed\n%s\nthen\n%s", text, text_again);
    conf_unref(&again);
    free(text);
    free(text_again);
}

static void check_json(const struct conf *conf)
{
    char *text = report_json_conf(conf);
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    HOLDS(json != NULL, "%s: %s", error.text, text);
    json_decref(json);
    free(text);
}

/* Other files are not the input's to read. */
static bool has_include(const uint8_t *data, size_t size)
{
    return size > 0 && memmem(data, size, "include", strlen("include")) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = { "" };

    if (has_include(data, size))
        return 0;
    struct conf *conf = conf_load_as(memory_file(data, size), "mx.example.com", &err);
    if (conf != NULL) {
        check_conf(conf);
        check_printed(conf);
        check_json(conf);
    } else {
        HOLDS(strncmp(err.text, "/proc/self/fd/", strlen("/proc/self/fd/")) == 0, "no place: %s", err.text);
        HOLDS(strlen(err.text) > 20 && strchr(err.text, '\n') == NULL, "no words: %s", err.text);
    }
    conf_unref(&conf);
    return 0;
}
