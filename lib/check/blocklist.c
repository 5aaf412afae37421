/*
 * Blocklists, asked; see blocklist.h.  All questions are started before the first is waited for.  That a list has
 * passed its test is read from the resolver's cache, message by message, so that one that dies is noticed.
 */
#include "config.h"

#include "lib/check/blocklist.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/dns/record.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFETCH_MAX 500            /* questions; a large egress is asked about over several messages */
#define NAME_SIZE (2 * DOMAIN_MAX)  /* a name and a zone; what is too long for the DNS does not exist there */
#define TEST_V6_LISTED 2            /* ::ffff:127.0.0.2, and .1: RFC 5782 section 5 */
#define TEST_V6_UNLISTED 1

/* One question: an entry of a list.  problem: of an unusable list, why. */
struct query {
    struct dns *dns;
    struct dns_budget *budget;
    const struct blocklist *list;
    char problem[160];
    struct str codes;               /* of a listing: "127.0.0.2, 127.0.0.4" */
};

/* --- names --------------------------------------------------------------------------- */

/* The domains to ask about: no bare words, each once. */
struct domains {
    char names[2 * BLOCKLIST_DOMAINS_MAX][DOMAIN_MAX];
    size_t count;
};

static void add_domain(struct domains *domains, const char *name)
{
    if (strchr(name, '.') == NULL)
        return;
    for (size_t i = 0; i < domains->count; i++) {
        if (strcmp(domains->names[i], name) == 0)
            return;
    }
    snprintf(domains->names[domains->count++], DOMAIN_MAX, "%s", name);
}

static void list_domains(const struct orgdomain *orgdomain, const struct blocklist_subjects *subjects,
                         struct domains *domains_r)
{
    char name[DOMAIN_MAX], org[DOMAIN_MAX];

    assert(subjects->n_domains <= BLOCKLIST_DOMAINS_MAX);
    domains_r->count = 0;
    for (size_t i = 0; i < subjects->n_domains; i++) {
        if (subjects->domains[i] == NULL || domain_normalize(subjects->domains[i], name) < 0)
            continue;
        orgdomain_find(orgdomain, name, org);
        add_domain(domains_r, name);
        add_domain(domains_r, org);
    }
}

/* "5.113.0.203" or 32 nibbles: the reverse name without its last two labels. */
static void address_entry(const struct ip_addr *address, char entry_r[DOMAIN_MAX])
{
    record_reverse_name(address, entry_r);
    for (int labels = 0; labels < 2; labels++) {
        char *dot = strrchr(entry_r, '.');
        assert(dot != NULL);
        *dot = '\0';
    }
}

static void test_v6_entry(uint8_t last, char entry_r[DOMAIN_MAX])
{
    const struct ip_addr address = { AF_INET6, { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = last } };

    address_entry(&address, entry_r);
}

static void entry_name(const struct blocklist *list, const char *entry, char name_r[NAME_SIZE])
{
    snprintf(name_r, NAME_SIZE, "%s.%s", entry, list->zone);
}

/* May the list be asked about addresses of the family? */
static bool takes_family(const struct blocklist *list, int family)
{
    return list->kind == BLOCKLIST_ADDRESSES && (family == AF_INET || list->has_ipv6);
}

/* --- starting ---------------------------------------------------------------------------- */

static void prefetch_entry(struct dns *dns, const struct blocklist *list, const char *entry, int *left)
{
    char name[NAME_SIZE];

    entry_name(list, entry, name);
    if ((*left)-- > 0)
        dns_prefetch(dns, name, DNS_A);
}

static void prefetch_list(const struct blocklist *list, struct dns *dns, const struct blocklist_subjects *subjects,
                          const struct domains *domains, int *left)
{
    char entry[DOMAIN_MAX];

    prefetch_entry(dns, list, list->test_listed, left);
    prefetch_entry(dns, list, list->test_unlisted, left);
    for (size_t i = 0; i < subjects->n_addresses; i++) {
        if (!takes_family(list, subjects->addresses[i].family))
            continue;
        address_entry(&subjects->addresses[i], entry);
        prefetch_entry(dns, list, entry, left);
    }
    for (size_t i = 0; list->kind == BLOCKLIST_DOMAINS && i < domains->count; i++)
        prefetch_entry(dns, list, domains->names[i], left);
}

static void prefetch_lists(const struct blocklist *lists, size_t n, struct dns *dns,
                           const struct blocklist_subjects *subjects, const struct domains *domains)
{
    int left = PREFETCH_MAX;

    for (size_t i = 0; i < n; i++)
        prefetch_list(&lists[i], dns, subjects, domains, &left);
}

void blocklist_prefetch(const struct blocklists *lists, struct dns *dns, const struct orgdomain *orgdomain,
                        const struct blocklist_subjects *subjects)
{
    struct domains domains;
    size_t n;
    const struct blocklist *list = blocklists_all(lists, &n);

    if (n == 0)
        return;
    list_domains(orgdomain, subjects, &domains);
    prefetch_lists(list, n, dns, subjects, &domains);
}

/* --- asking ------------------------------------------------------------------------------ */

static void add_code(struct query *query, const struct ip_addr *answer)
{
    if (query->codes.len > 0)
        str_add(&query->codes, ", ");
    blocklist_add_meaning(query->list, answer, &query->codes);
}

static void set_problem(struct query *query, const struct ip_addr *address)
{
    char code[IP_TEXT_MAX];

    ip_format(address, code);
    if (address->bytes[0] == 127)
        snprintf(query->problem, sizeof(query->problem), "it refuses to answer us (%s)", code);
    else
        snprintf(query->problem, sizeof(query->problem), "it answers %s, which is not in 127.0.0.0/8", code);
}

/* True, false or unknown; unexamined with a problem where the list is unusable. */
static enum fact_value ask(struct query *query, const char *entry)
{
    char name[NAME_SIZE];

    entry_name(query->list, entry, name);
    const struct dns_answer *answer = dns_lookup(query->dns, name, DNS_A, query->budget);
    enum fact_value value = fact_seen(false, !dns_is_answered(answer->status));
    str_reset(&query->codes);
    for (size_t i = 0; i < answer->count && value != FACT_UNEXAMINED; i++) {
        struct ip_addr address;
        if (record_addr(answer, i, DNS_A, &address) < 0)
            continue;
        enum blocklist_answer meaning = blocklist_classify(query->list, &address);
        if (meaning == BLOCKLIST_REFUSED) {
            set_problem(query, &address);
            value = FACT_UNEXAMINED;
        } else if (meaning == BLOCKLIST_LISTED) {
            add_code(query, &address);
            value = FACT_TRUE;
        }
    }
    dns_answer_unref(answer);
    return value;
}

/* Two entries below a zone, and how to name the first to people. */
struct self_test {
    const char *listed, *unlisted, *shown;
};

/* The one must be listed and the other must not; false with a problem where that is not so. */
static enum fact_value run_test(struct query *query, const struct self_test *test)
{
    enum fact_value is_listed = ask(query, test->listed);
    if (is_listed == FACT_UNEXAMINED)
        return FACT_FALSE;
    enum fact_value is_unlisted = ask(query, test->unlisted);
    if (is_unlisted == FACT_UNEXAMINED)
        return FACT_FALSE;
    if (is_listed == FACT_FALSE)
        snprintf(query->problem, sizeof(query->problem), "it does not list its test entry %.80s", test->shown);
    else if (is_unlisted == FACT_TRUE)
        snprintf(query->problem, sizeof(query->problem), "it lists what no list may, such as %.80s", test->unlisted);
    return fact_and(is_listed, fact_not(is_unlisted));
}

static enum fact_value test_list(struct query *query)
{
    const struct blocklist *list = query->list;

    return run_test(query, &(struct self_test){ list->test_listed, list->test_unlisted, list->test_listed });
}

static enum fact_value test_list_v6(struct query *query)
{
    char listed[DOMAIN_MAX], unlisted[DOMAIN_MAX];

    test_v6_entry(TEST_V6_LISTED, listed);
    test_v6_entry(TEST_V6_UNLISTED, unlisted);
    return run_test(query, &(struct self_test){ listed, unlisted, "::ffff:127.0.0.2" });
}

/* --- what comes of it ------------------------------------------------------------------------ */

static struct blocklist_note *find_note(struct blocklist_result *result, enum finding_id id, const char *subject)
{
    for (size_t i = 0; i < result->n_notes; i++) {
        if (result->notes[i].id == id && strcmp(result->notes[i].subject, subject) == 0)
            return &result->notes[i];
    }
    return NULL;
}

/* What is on several lists is told once, with all of them. */
static void add_note(struct blocklist_result *result, enum finding_id id, const char *subject, const char *page,
                     const char *detail)
{
    struct blocklist_note *note = find_note(result, id, subject);

    if (note == NULL) {
        result->notes = xrealloc(result->notes, (result->n_notes + 1) * sizeof(*result->notes));
        result->notes[result->n_notes++] = (struct blocklist_note){
            id, xstrdup(subject), xstrdup(page), xstrdup(detail)
        };
        return;
    }
    char *joined = xasprintf("%s; %s", note->detail, detail);
    free(note->detail);
    note->detail = joined;
}

static void note_unusable(struct blocklist_result *result, const struct query *query)
{
    if (find_note(result, FINDING_BLOCKLIST_UNUSABLE, query->list->zone) == NULL)
        add_note(result, FINDING_BLOCKLIST_UNUSABLE, query->list->zone, query->list->page, query->problem);
}

/* Nothing is known before the first list was asked. */
static void add_value(enum fact_value *sum, enum fact_value value)
{
    if (value != FACT_UNEXAMINED)
        *sum = *sum == FACT_UNEXAMINED ? value : fact_or(*sum, value);
}

static void ask_about(struct query *query, const char *entry, enum finding_id id, const char *subject,
                      enum fact_value *sum, struct blocklist_result *result)
{
    enum fact_value value = ask(query, entry);

    if (value == FACT_TRUE) {
        char *detail = xasprintf("%s: %s", query->list->zone, str_get(&query->codes));
        add_note(result, id, subject, query->list->page, detail);
        free(detail);
    } else if (value == FACT_UNEXAMINED) {
        note_unusable(result, query);
    }
    add_value(sum, value);
}

/* Nothing is asked of a list that cannot be believed, or is not known to be. */
static bool is_believed(enum fact_value test, const struct query *query, enum fact_value *sum,
                        struct blocklist_result *result)
{
    if (test == FACT_FALSE)
        note_unusable(result, query);
    else if (test == FACT_UNKNOWN)
        add_value(sum, FACT_UNKNOWN);
    return test == FACT_TRUE;
}

static bool has_family(const struct blocklist_subjects *subjects, int family)
{
    for (size_t i = 0; i < subjects->n_addresses; i++) {
        if (subjects->addresses[i].family == family)
            return true;
    }
    return false;
}

static void check_family(struct query *query, const struct blocklist_subjects *subjects, int family,
                         struct blocklist_result *result)
{
    const struct blocklist *list = query->list;
    char entry[DOMAIN_MAX], text[IP_TEXT_MAX];

    if (!takes_family(list, family) || !has_family(subjects, family))
        return;
    enum fact_value is_sound = family == AF_INET ? test_list(query) : test_list_v6(query);
    if (!is_believed(is_sound, query, &result->address_listed, result))
        return;
    for (size_t i = 0; i < subjects->n_addresses; i++) {
        if (subjects->addresses[i].family != family)
            continue;
        address_entry(&subjects->addresses[i], entry);
        ip_format(&subjects->addresses[i], text);
        ask_about(query, entry, FINDING_ADDRESS_LISTED, text, &result->address_listed, result);
    }
}

static void check_domains(struct query *query, const struct domains *domains, struct blocklist_result *result)
{
    if (domains->count == 0 || !is_believed(test_list(query), query, &result->domain_listed, result))
        return;
    for (size_t i = 0; i < domains->count; i++)
        ask_about(query, domains->names[i], FINDING_DOMAIN_LISTED, domains->names[i], &result->domain_listed, result);
}

void blocklist_check(const struct blocklists *lists, struct dns *dns, struct dns_budget *budget,
                     const struct orgdomain *orgdomain, const struct blocklist_subjects *subjects,
                     struct blocklist_result *result_r)
{
    struct domains domains;
    size_t n;
    const struct blocklist *list = blocklists_all(lists, &n);

    *result_r = (struct blocklist_result){ .address_listed = FACT_UNEXAMINED, .domain_listed = FACT_UNEXAMINED };
    if (n == 0)
        return;
    list_domains(orgdomain, subjects, &domains);
    prefetch_lists(list, n, dns, subjects, &domains);
    for (size_t i = 0; i < n; i++) {
        struct query query = { .dns = dns, .budget = budget, .list = &list[i], .codes = STR_EMPTY };
        if (list[i].kind == BLOCKLIST_DOMAINS) {
            check_domains(&query, &domains, result_r);
        } else {
            check_family(&query, subjects, AF_INET, result_r);
            check_family(&query, subjects, AF_INET6, result_r);
        }
        str_clear(&query.codes);
    }
    if (subjects->is_incomplete && result_r->address_listed == FACT_FALSE)
        result_r->address_listed = FACT_UNKNOWN;
}

static void ask_believed(struct query *query, enum fact_value is_sound, const char *entry,
                         struct blocklist_state *state_r)
{
    if (is_sound == FACT_TRUE)
        state_r->value = ask(query, entry);
    else if (is_sound == FACT_UNKNOWN)
        state_r->value = FACT_UNKNOWN;
    if (state_r->value == FACT_TRUE)
        state_r->codes = str_steal(&query->codes);
    memcpy(state_r->problem, query->problem, sizeof(state_r->problem));
    str_clear(&query->codes);
}

void blocklist_ask_address(const struct blocklist *list, struct dns *dns, struct dns_budget *budget,
                           const struct ip_addr *address, struct blocklist_state *state_r)
{
    struct query query = { .dns = dns, .budget = budget, .list = list, .codes = STR_EMPTY };
    char entry[DOMAIN_MAX];

    *state_r = (struct blocklist_state){ .value = FACT_UNEXAMINED };
    if (!takes_family(list, address->family))
        return;
    address_entry(address, entry);
    ask_believed(&query, address->family == AF_INET ? test_list(&query) : test_list_v6(&query), entry, state_r);
}

void blocklist_ask_domain(const struct blocklist *list, struct dns *dns, struct dns_budget *budget,
                          const char *domain, struct blocklist_state *state_r)
{
    struct query query = { .dns = dns, .budget = budget, .list = list, .codes = STR_EMPTY };

    *state_r = (struct blocklist_state){ .value = FACT_UNEXAMINED };
    if (list->kind == BLOCKLIST_DOMAINS)
        ask_believed(&query, test_list(&query), domain, state_r);
}

void blocklist_state_clear(struct blocklist_state *state)
{
    free(state->codes);
    *state = (struct blocklist_state){ .value = FACT_UNEXAMINED };
}

void blocklist_result_clear(struct blocklist_result *result)
{
    for (size_t i = 0; i < result->n_notes; i++) {
        free(result->notes[i].subject);
        free(result->notes[i].page);
        free(result->notes[i].detail);
    }
    free(result->notes);
    *result = (struct blocklist_result){ .address_listed = FACT_UNEXAMINED, .domain_listed = FACT_UNEXAMINED };
}

void blocklist_findings(const struct blocklist_result *result, struct findings *findings)
{
    for (size_t i = 0; i < result->n_notes; i++) {
        const struct blocklist_note *note = &result->notes[i];
        findings_add(findings, note->id, note->subject, note->page, note->detail);
    }
}
