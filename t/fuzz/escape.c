/*
 * Fuzz target: escaping and findings.  Lines: a finding's number, its subject, domain and detail.
 * Escaped text is printable, reversible where it was not cut, and no word of it splits a log line.
 */
#include "config.h"

#include "lib/base/str.h"
#include "t/fuzz/fuzz.h"

static char *unescape(const char *text)
{
    struct str out = STR_EMPTY;
    unsigned byte;

    while (*text != '\0') {
        if (text[0] == '\\' && text[1] == '\\') {
            str_addc(&out, '\\');
            text += 2;
        } else if (text[0] == '\\') {
            HOLDS(sscanf(text, "\\x%2x", &byte) == 1, "not an escape: %s", text);
            str_addc(&out, (char)byte);
            text += 4;
        } else {
            str_addc(&out, *text++);
        }
    }
    return str_steal(&out);
}

static void check_escaped(const char *text, size_t max, bool is_word)
{
    struct str out = STR_EMPTY;
    size_t len = strlen(text);

    str_add_escaped(&out, text, max, is_word);
    check_printable(str_get(&out), "escaped");
    HOLDS(out.len <= 4 * (len < max ? len : max) + 3, "%zu bytes of %zu", out.len, len);
    HOLDS(!is_word || strpbrk(str_get(&out), " ,=\";") == NULL, "not a word: %s", str_get(&out));
    if (len <= max) {
        char *back = unescape(str_get(&out));
        HOLDS(strcmp(back, text) == 0, "'%s' came back as '%s'", text, back);
        free(back);
    }
    str_clear(&out);
}

static void check_finding(enum finding_id id, const char *subject, const char *domain, const char *detail)
{
    struct findings findings = { 0 };

    findings_add(&findings, id, subject, domain, detail);
    findings_add(&findings, id, subject, domain, "another detail");
    HOLDS(findings.count == 1 && findings_has(&findings, id), "%zu findings", findings.count);
    findings_add(&findings, id, "another subject", domain, detail);
    for (size_t i = 0; i < findings.count; i++) {
        const struct finding *one = &findings.items[i];
        check_printable(one->subject, "subject");
        check_printable(one->text, "text");
        check_printable(one->remedy, "remedy");
        HOLDS(strlen(one->text) < 4096 && strlen(one->remedy) < 4096, "%zu bytes", strlen(one->text));
    }
    findings_clear(&findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *number = input_line(&input), *subject = input_line(&input), *domain = input_line(&input);
    char *detail = input_rest(&input);

    check_escaped(detail, SIZE_MAX, false);
    check_escaped(detail, 20, false);
    check_escaped(detail, SIZE_MAX, true);
    check_escaped(detail, 20, true);
    check_finding((enum finding_id)(strtoul(number, NULL, 10) % FINDING_COUNT), subject, domain, detail);
    free(number);
    free(subject);
    free(domain);
    free(detail);
    return 0;
}
