/*
 * Fuzz target: a message (fuzzmail.h) judged with sound DNS, then once for each question that was asked, with that one
 * failing.  What one learns then is what one learned before, or that it is not known: never another verdict.
 */
#include "config.h"

#include "lib/report/report.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/fuzzdns.h"
#include "t/fuzz/fuzzmail.h"

#define QUESTIONS_MAX 40        /* failed in turn; what is asked later decides less */

struct outcome {
    enum verdict verdict;
    enum auth_result dkim, dmarc;
    bool has_trouble;
};

static struct outcome judge(const struct fuzzmail *mail)
{
    struct report *report = fuzzmail_judge(mail);
    const struct outcome outcome = {
        report->verdict, dkim_results_overall(&report->dkim), report->dmarc.result, report->trouble != NULL,
    };

    report_free(&report);
    return outcome;
}

static bool is_failure(enum dns_status status)
{
    return status != DNS_OK && status != DNS_NODATA && status != DNS_NXDOMAIN;
}

/* Did every question get an answer? */
static bool is_sound(const struct dns *dns)
{
    bool is_all_answered = true;

    for (size_t i = 0; i < fuzzdns_count(dns); i++) {
        const char *name;
        enum dns_status status;
        (void)fuzzdns_question(dns, i, &name, &status);
        is_all_answered = is_all_answered && !is_failure(status);
    }
    return is_all_answered;
}

static void compare(const struct outcome *sound, const struct outcome *failed, const char *name, enum dns_type type,
                    enum dns_status failure)
{
    HOLDS(failed->verdict == sound->verdict || failed->verdict == VERDICT_UNSURE, "%s, with %s %s being %s %s",
          verdict_name(sound->verdict), dns_type_name(type), name, dns_status_name(failure),
          verdict_name(failed->verdict));
    HOLDS(failed->dkim == sound->dkim || failed->dkim == AUTH_TEMPERROR, "dkim %s, with %s %s being %s %s",
          auth_result_name(sound->dkim), dns_type_name(type), name, dns_status_name(failure),
          auth_result_name(failed->dkim));
    HOLDS(failed->dmarc == sound->dmarc || failed->dmarc == AUTH_TEMPERROR, "dmarc %s, with %s %s being %s %s",
          auth_result_name(sound->dmarc), dns_type_name(type), name, dns_status_name(failure),
          auth_result_name(failed->dmarc));
    HOLDS(failed->verdict != VERDICT_UNSURE || failed->has_trouble, "unsure, and nobody is told why");
}

static void fail_each(const struct fuzzmail *mail, const struct outcome *sound)
{
    static const enum dns_status failures[] = { DNS_TIMEOUT, DNS_TEMPFAIL, DNS_BOGUS };
    struct dns *dns = fuzzmail_dns();
    size_t count = fuzzdns_count(dns) < QUESTIONS_MAX ? fuzzdns_count(dns) : QUESTIONS_MAX;

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof(failures) / sizeof(failures[0]); k++) {
            const char *name;
            enum dns_status status;
            enum dns_type type = fuzzdns_question(dns, i, &name, &status);
            fuzzdns_fail(dns, i, failures[k]);
            struct outcome failed = judge(mail);
            compare(sound, &failed, name, type, failures[k]);
        }
    }
    fuzzdns_fail(dns, SIZE_MAX, DNS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzzmail mail;

    fuzzmail_read(data, size, &mail);
    struct outcome sound = judge(&mail);
    if (is_sound(fuzzmail_dns())) {
        fail_each(&mail, &sound);
        struct outcome again = judge(&mail);
        HOLDS(sound.verdict == again.verdict && sound.dkim == again.dkim && sound.dmarc == again.dmarc,
              "asked again it is %s", verdict_name(again.verdict));
    }
    fuzzmail_clear(&mail);
    return 0;
}
