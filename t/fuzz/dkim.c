/*
 * Fuzz target: DKIM as a whole.  The DNS's answers (fuzzdns.h), one a line, up to an empty line, then the message.
 * A signature either passes and needs no words, or has a reason; only a failure of the DNS gives temperror.
 */
#include "config.h"

#include "lib/base/err.h"
#include "lib/check/dkimcheck.h"
#include "lib/message/reader.h"
#include "t/fuzz/fuzz.h"
#include "t/fuzz/fuzzdns.h"

static const struct dkimcheck_limits limits = { .headers = 100, .header_bytes = 16384, .signatures = 4 };

static void on_header(void *context, const char *name, const char *value)
{
    dkimcheck_header(context, name, value);
}

static void on_end_of_header(void *context)
{
    dkimcheck_end_of_header(context);
}

static void on_body(void *context, const unsigned char *data, size_t len)
{
    dkimcheck_body(context, data, len);
}

static void check_signature(const struct dkim_result *r)
{
    HOLDS(r->result != AUTH_SOFTFAIL && r->result != AUTH_NONE && r->result < AUTH_RESULT_COUNT, "%d", r->result);
    check_printable(r->algorithm, "algorithm");
    check_printable(r->canonicalization, "canonicalization");
    check_printable(r->reason, "reason");
    check_normalized(r->domain);
    check_normalized(r->selector);
    HOLDS((r->result == AUTH_PASS) == (r->reason[0] == '\0'), "%s: '%s'", auth_result_name(r->result), r->reason);
    HOLDS((r->result == AUTH_PASS) == (r->finding == FINDING_COUNT), "%s: %d", auth_result_name(r->result), r->finding);
    HOLDS(r->key_bits >= 0 && r->key_bits <= 65536, "%d bits", r->key_bits);
    if (r->result == AUTH_PASS)
        HOLDS(r->domain[0] != '\0' && r->selector[0] != '\0' && r->key_bits >= 256 && r->from_signed, "%s passes",
              r->domain);
}

static void check_results(const struct dkim_results *results, const struct dns_budget *budget)
{
    struct findings findings = { 0 };
    bool has_temperror = false;

    HOLDS(results->count <= (size_t)limits.signatures, "%zu signatures", results->count);
    for (size_t i = 0; i < results->count; i++) {
        check_signature(&results->items[i]);
        has_temperror = has_temperror || results->items[i].result == AUTH_TEMPERROR;
    }
    HOLDS(!has_temperror || budget->failed > 0 || budget->asked > 0 || results->is_over_limits, "temperror by itself");
    dkimcheck_findings(results, "example.com", &findings);
    check_findings(&findings);
    findings_clear(&findings);
}

/* Made once: libopendkim and OpenSSL take their time to begin. */
static struct dkimcheck *engine(struct dns **dns_r)
{
    static struct dns *dns;
    static struct dkimcheck *check;
    struct err err;

    if (check == NULL) {
        dns = fuzzdns_new();
        check = dkimcheck_new(dns, &limits, &err);
        HOLDS(check != NULL, "%s", err.text);
    }
    *dns_r = dns;
    return check;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *gap = size == 0 ? NULL : memmem(data, size, "\n\n", 2);
    size_t answers_len = gap == NULL ? size : (size_t)(gap - data);
    struct input input = input_of(data, answers_len);
    char *answers = input_rest(&input);
    size_t message_at = gap == NULL ? size : answers_len + 2;
    struct dns *dns;
    struct dkimcheck_verifier *verifier = dkimcheck_begin(engine(&dns), "fuzz");
    const struct message_sink sink = { on_header, on_end_of_header, on_body, verifier };
    struct dns_budget budget = { .deadline_ms = INT64_MAX, .questions = 50 };
    struct dkim_results results;
    struct err err;

    fuzzdns_script(dns, answers);
    FILE *file = fopen(memory_file(data + message_at, size - message_at), "rb");
    HOLDS(file != NULL && message_read(file, &sink, &err) == 0, "cannot read");
    fclose(file);
    dkimcheck_end(&verifier, &budget, &results);
    check_results(&results, &budget);
    dkim_results_clear(&results);
    free(answers);
    return 0;
}
