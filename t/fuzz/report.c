/*
 * Fuzz target: a hostile message under hostile DNS (fuzzmail.h), and all that is made of the report.
 * The log line keeps its words, the JSON parses, the reply and the text are printable.
 */
#include "config.h"

#include "lib/report/report.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/fuzzdns.h"
#include "t/fuzz/fuzzmail.h"

#include <jansson.h>

/* DESIGN's words in their order, each once: nothing in the message can add one. */
static void check_log_line(const struct report *report)
{
    static const char *const keys[] = {
        "verdict", "action", "egress", "from", "author", "spf", "dkim", "dmarc", "policy", "predict", "findings", "ms",
    };
    struct str line = STR_EMPTY;

    report_log_line(report, &line);
    check_printable(str_get(&line), "log line");
    HOLDS(line.len <= REPORT_LINE_MAX, "%zu bytes", line.len);
    char *copy = xstrdup(str_get(&line)), *rest = strstr(copy, ": ");
    HOLDS(rest != NULL && memchr(copy, ' ', (size_t)(rest - copy)) == NULL, "no queue id: %s", copy);
    rest += 2;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *word = strsep(&rest, " ");
        size_t len = strlen(keys[i]);
        HOLDS(word != NULL && strncmp(word, keys[i], len) == 0 && word[len] == '=' && word[len + 1] != '\0' &&
              strchr(word + len + 1, '=') == NULL, "no %s: %s", keys[i], str_get(&line));
    }
    HOLDS(rest == NULL, "more words: %s", str_get(&line));
    free(copy);
    str_clear(&line);
}

static void check_string(const json_t *object, const char *key, const char *want)
{
    const char *got = json_string_value(json_object_get(object, key));

    HOLDS(got != NULL && strcmp(got, want) == 0, "%s is '%s'", key, got == NULL ? "missing" : got);
}

static void check_part(char *text)
{
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    HOLDS(json != NULL, "%s", text);
    json_decref(json);
    free(text);
}

static void check_json(const struct report *report)
{
    char *text = report_json(report);
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    HOLDS(json != NULL, "%s: %s", error.text, text);
    check_string(json, "verdict", verdict_name(report->verdict));
    check_string(json, "action", action_name(report->action));
    HOLDS(json_array_size(json_object_get(json, "spf")) == report->n_spf, "spf");
    HOLDS(json_array_size(json_object_get(json, "dkim")) == report->dkim.count, "dkim");
    HOLDS(json_array_size(json_object_get(json, "findings")) == report->findings.count, "findings");
    HOLDS(json_array_size(json_object_get(json, "predictions")) == report->n_predictions, "predictions");
    check_string(json_object_get(json, "dmarc"), "result", auth_result_name(report->dmarc.result));
    json_decref(json);
    free(text);
    for (size_t i = 0; i < report->n_spf; i++)
        check_part(report_json_spf(&report->spf[i]));
    check_part(report_json_dkim(&report->dkim));
    check_part(report_json_dmarc(&report->dmarc));
}

static void check_reply(const struct report *report)
{
    struct str text = STR_EMPTY;

    report_reply(report, &text);
    check_printable(str_get(&text), "reply");
    HOLDS(text.len <= REPORT_REPLY_MAX && strncmp(str_get(&text), "Preflight: ", 11) == 0, "%s", str_get(&text));
    str_clear(&text);
}

/* Lines for a terminal; empties the text. */
static void check_lines(struct str *text)
{
    HOLDS(text->len > 0 && text->len == strlen(str_get(text)), "a NUL in the text");
    for (char *p = text->data; *p != '\0'; p++)
        *p = *p == '\n' ? ' ' : *p;
    check_printable(str_get(text), "text");
    str_reset(text);
}

static void check_texts(const struct report *report)
{
    struct str text = STR_EMPTY;

    report_text(report, false, &text);
    check_lines(&text);
    report_text_dkim(report, false, &text);
    check_lines(&text);
    report_text_dmarc(&report->dmarc, &report->findings, false, &text);
    check_lines(&text);
    for (size_t i = 0; i < report->n_spf; i++) {
        report_text_spf(&report->spf[i], &report->findings, false, &text);
        check_lines(&text);
    }
    str_clear(&text);
}

static void check_verdict(const struct report *report)
{
    enum verdict worst = VERDICT_ACCEPT;

    for (size_t i = 0; i < report->n_predictions; i++) {
        const struct prediction *one = &report->predictions[i];
        worst = one->outcome > worst ? one->outcome : worst;
        HOLDS(one->n_replies <= PREDICTION_REPLIES_MAX, "prediction %zu", i);
        HOLDS(one->receiver != NULL || (one->rule == NULL && one->n_replies == 0), "prediction %zu of nobody", i);
    }
    HOLDS(report->verdict == worst, "verdict %s, worst %s", verdict_name(report->verdict), verdict_name(worst));
    HOLDS(report->trouble == NULL || (report->verdict == VERDICT_UNSURE && report->trouble[0] != '\0'), "trouble '%s'",
          report->trouble);
    check_findings(&report->findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzzmail mail;

    fuzzmail_read(data, size, &mail);
    fuzzdns_set_slow(fuzzmail_dns(), true);
    struct report *report = fuzzmail_judge(&mail);
    check_verdict(report);
    check_log_line(report);
    check_json(report);
    check_reply(report);
    check_texts(report);
    report_free(&report);
    fuzzmail_clear(&mail);
    return 0;
}
