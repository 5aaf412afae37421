/*
 * Fuzz target: the DMARC record parser, by RFC 9989 and by RFC 7489.  What it reads, printed, reads the same again.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/check/dmarcrecord.h"
#include "t/fuzz/fuzz.h"

static void print(const struct dmarc_record *record, struct str *text)
{
    str_addf(text, "v=DMARC1; p=%s", dmarc_policy_name(record->p));
    if (record->sp != DMARC_POLICY_ABSENT)
        str_addf(text, "; sp=%s", dmarc_policy_name(record->sp));
    if (record->np != DMARC_POLICY_ABSENT)
        str_addf(text, "; np=%s", dmarc_policy_name(record->np));
    if (record->psd != DMARC_PSD_UNKNOWN)
        str_addf(text, "; psd=%c", record->psd == DMARC_PSD_YES ? 'y' : 'n');
    if (record->is_testing)
        str_add(text, "; t=y");
    str_addf(text, "; adkim=%c; aspf=%c; pct=%d", record->strict_dkim ? 's' : 'r', record->strict_spf ? 's' : 'r',
             record->pct);
    if (record->has_rua)
        str_add(text, "; rua=mailto:a@example.com");
}

static void check_record(const struct dmarc_record *record, enum dmarc_version version)
{
    struct str text = STR_EMPTY;
    struct dmarc_record again;
    const char *problem;

    HOLDS(record->p != DMARC_POLICY_ABSENT, "a valid record without a policy");
    HOLDS(record->pct >= 0 && record->pct <= 100, "pct %d", record->pct);
    print(record, &text);
    HOLDS(dmarc_record_parse(str_get(&text), version, &again, &problem) == 0, "%s: %s", str_get(&text), problem);
    HOLDS(again.p == record->p && again.sp == record->sp && again.strict_dkim == record->strict_dkim &&
          again.strict_spf == record->strict_spf && again.pct == record->pct && again.has_rua == record->has_rua &&
          again.np == record->np && again.psd == record->psd && again.is_testing == record->is_testing,
          "printed it is another: %s", str_get(&text));
    str_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *text = input_rest(&input);

    for (enum dmarc_version version = 0; version < DMARC_VERSIONS; version++) {
        struct dmarc_record record;
        const char *problem = NULL;
        int rc = dmarc_record_parse(text, version, &record, &problem);
        HOLDS(rc >= -1 && rc <= 1, "%d", rc);
        HOLDS(rc != -1 || problem != NULL, "invalid for no reason: %s", text);
        HOLDS(rc == 1 || strncasecmp(text, "v", 1) == 0, "not DMARC: %s", text);
        HOLDS(version != DMARC_RFC9989 || record.pct == 100, "pct for RFC 9989: %s", text);
        bool is_new = record.psd != DMARC_PSD_UNKNOWN || record.is_testing || record.np != DMARC_POLICY_ABSENT;
        HOLDS(version != DMARC_RFC7489 || !is_new, "psd, t or np for RFC 7489: %s", text);
        if (rc == 0)
            check_record(&record, version);
    }
    free(text);
    return 0;
}
