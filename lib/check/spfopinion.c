/*
 * The opinion of libspf2; see spfopinion.h.  The only user of its headers.  Each question has a server object of its
 * own (half a microsecond), whose DNS layer is ours: it hands over records that the guard has passed, counts lookups,
 * and never returns NULL, for which the library would abort.
 */
#include "config.h"

#include "lib/check/spfopinion.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/check/spfguard.h"
#include "lib/check/spfrecord.h"
#include "lib/dns/record.h"

/* What spf.h needs before it. */
#include <netinet/in.h>
#include <spf2/spf.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SENDER_MAX 320          /* RFC 5321: 64 + 1 + 255 */
#define RECORD_START "v=spf1 "  /* with its space: "v=spf1" alone is no record to it */

/* One question. */
struct asking {
    struct dns *dns;
    struct dns_budget budget;   /* the caller's */
    int lookups;                /* so far, cached ones too: a record can make the library ask without end */
    bool is_stopped;            /* a guard or the DNS kept the library from an answer: the opinion is unknown */
    struct str forgotten;       /* why a record was too long for it; "" where none was */
    /* Of any record: see spfguard.h. */
    bool has_zero_prefix, has_early_redirect, has_unknown_macro, has_counted_macro, has_dotted_modifier;
    bool has_final_dot, has_bare_version, has_many_names;
};

static void *checked(void *p)
{
    if (p == NULL)
        abort();                /* out of memory, as in mem.h */
    return p;
}

/* --- its DNS layer ------------------------------------------------------------- */

static SPF_dns_rr_t *make_answer(SPF_dns_server_t *server, const char *name, ns_type type, SPF_dns_stat_t status)
{
    return checked(SPF_dns_rr_new_init(server, name, type, 0, status));
}

/* Room for the next value of an answer, which is counted from now on. */
static SPF_dns_rr_data_t *add_value(SPF_dns_rr_t *rr, size_t size)
{
    if (SPF_dns_rr_buf_realloc(rr, rr->num_rr, size) != SPF_E_SUCCESS)
        abort();
    return rr->rr[rr->num_rr++];
}

static void add_record(SPF_dns_rr_t *rr, const struct dns_answer *answer, size_t i, enum dns_type type)
{
    struct ip_addr addr;
    char name[DOMAIN_MAX];
    int preference;

    if (type == DNS_A || type == DNS_AAAA) {
        if (record_addr(answer, i, type, &addr) == 0)
            memcpy(add_value(rr, sizeof(SPF_dns_rr_data_t)), addr.bytes, type == DNS_A ? 4 : 16);
        return;
    }
    int rc = type == DNS_MX ? record_mx(answer, i, &preference, name) : record_ptr(answer, i, name);
    if (rc == 0 && name[0] != '\0')
        strcpy(add_value(rr, strlen(name) + 1)->txt, name);
}

/* The answer within the question's own bounds, or NULL, which stops it. */
static const struct dns_answer *look_up(struct asking *asking, const char *name, enum dns_type type)
{
    if (asking->lookups == SPFOPINION_LOOKUPS)
        asking->is_stopped = true;
    if (asking->is_stopped)
        return NULL;
    asking->lookups++;
    const struct dns_answer *answer = dns_lookup(asking->dns, name, type, &asking->budget);
    if (dns_is_answered(answer->status))
        return answer;
    asking->is_stopped = true;
    dns_answer_unref(answer);
    return NULL;
}

static SPF_dns_rr_t *on_lookup(SPF_dns_server_t *server, const char *name, ns_type type, int should_cache)
{
    struct asking *asking = server->hook;
    bool is_known = type == ns_t_a || type == ns_t_aaaa || type == ns_t_mx || type == ns_t_ptr;

    (void)should_cache;
    if (name == NULL || !is_known)
        return make_answer(server, name, type, NO_DATA);
    const struct dns_answer *answer = look_up(asking, name, (enum dns_type)type);
    if (answer == NULL)
        return make_answer(server, name, type, TRY_AGAIN);

    SPF_dns_rr_t *rr = make_answer(server, name, type, answer->status == DNS_NXDOMAIN ? HOST_NOT_FOUND : NO_DATA);
    for (size_t i = 0; i < answer->count; i++)
        add_record(rr, answer, i, (enum dns_type)type);
    if (rr->num_rr > 0)
        rr->herrno = NETDB_SUCCESS;
    if (rr->num_rr > SPF_MAX_NAMES && (type == ns_t_mx || type == ns_t_ptr))
        asking->has_many_names = true;
    dns_answer_unref(answer);
    return rr;
}

/* The records of an answer that the library would take for SPF records; the first one's text. */
static size_t select_record(struct asking *asking, const struct dns_answer *answer, struct str *text_r)
{
    struct str text = STR_EMPTY;
    size_t n = 0;

    for (size_t i = 0; i < answer->count; i++) {
        str_reset(&text);
        if (record_txt(answer, i, SPFRECORD_MAX + 1, &text) < 0)
            continue;
        if (strncasecmp(str_get(&text), RECORD_START, strlen(RECORD_START)) == 0) {
            if (n++ == 0)
                str_addn(text_r, text.data, text.len);
        } else if (is_spfrecord(str_get(&text), text.len)) {
            asking->has_bare_version = true;
        }
    }
    str_clear(&text);
    return n;
}

static void note_traits(struct asking *asking, const char *domain, const struct spfguard *guard)
{
    asking->has_zero_prefix = asking->has_zero_prefix || guard->has_zero_prefix;
    asking->has_early_redirect = asking->has_early_redirect || guard->has_early_redirect;
    asking->has_unknown_macro = asking->has_unknown_macro || guard->has_unknown_macro;
    asking->has_counted_macro = asking->has_counted_macro || guard->has_counted_macro;
    asking->has_final_dot = asking->has_final_dot || guard->has_final_dot;
    asking->has_dotted_modifier = asking->has_dotted_modifier || guard->has_dotted_modifier;
    if (guard->forgotten != NULL && asking->forgotten.len == 0)
        str_addf(&asking->forgotten, "the record of %s is too long for it: it drops the terms after the %d it has room "
                 "for, from '%s' on", domain, guard->kept, guard->forgotten);
}

/* Compiles what the guard lets through, and sees that the library kept what the guard had reckoned. */
static SPF_errcode_t compile(struct asking *asking, const char *domain, const struct str *text, SPF_server_t *server,
                             SPF_response_t *response, SPF_record_t **record_r)
{
    struct spfguard guard;
    SPF_errcode_t err = SPF_E_DNS_ERROR;

    if (spfguard_read(text->data, text->len, &guard)) {
        note_traits(asking, domain, &guard);
        err = SPF_record_compile(server, response, record_r, str_get(&guard.text));
        if (err == SPF_E_SUCCESS && guard.is_exact && (*record_r)->mech_len != guard.compiled)
            asking->is_stopped = true;
    } else {
        asking->is_stopped = true;
    }
    spfguard_clear(&guard);
    return err;
}

static SPF_errcode_t no_record(SPF_response_t *response, SPF_result_t result, SPF_errcode_t err)
{
    response->result = result;
    response->reason = SPF_REASON_FAILURE;
    response->err = err;
    return SPF_response_add_error(response, err, "%s", "no SPF record");
}

/* In place of the library's own search for the record of the current domain. */
static SPF_errcode_t on_get_spf(SPF_server_t *server, SPF_request_t *request, SPF_response_t *response,
                                SPF_record_t **record_r)
{
    struct asking *asking = server->resolver->hook;
    const char *domain = request->cur_dom == NULL ? "" : request->cur_dom;
    const struct dns_answer *answer = look_up(asking, domain, DNS_TXT);
    struct str text = STR_EMPTY;
    SPF_errcode_t err;

    *record_r = NULL;
    if (answer == NULL)
        return SPF_response_add_error(response, SPF_E_DNS_ERROR, "%s", "no answer");
    size_t n = select_record(asking, answer, &text);
    dns_answer_unref(answer);
    if (n == 0)
        err = no_record(response, SPF_RESULT_NONE, SPF_E_NOT_SPF);
    else if (n > 1)
        err = no_record(response, SPF_RESULT_PERMERROR, SPF_E_MULTIPLE_RECORDS);
    else
        err = compile(asking, domain, &text, server, response, record_r);
    str_clear(&text);
    return err;
}

/* --- the question -------------------------------------------------------------- */

static bool is_plain(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++) {
        if (text[i] < 0x21 || text[i] > 0x7e)
            return false;
    }
    return len <= SENDER_MAX;
}

/* Macros in a record expand what the library is told: only what is short and printable is told. */
static bool is_askable(const struct spf_result *result, const char *helo, const char *mailfrom)
{
    char domain[DOMAIN_MAX];
    bool has_address = result->address.family == AF_INET || result->address.family == AF_INET6;

    return has_address && result->result != AUTH_TEMPERROR && helo[0] != '\0' && is_plain(helo) && is_plain(mailfrom)
           && domain_normalize(result->domain, domain) == 0 && strchr(domain, '.') != NULL;
}

static void set_client(SPF_request_t *request, const struct ip_addr *client)
{
    if (client->family == AF_INET) {
        struct in_addr addr;
        memcpy(&addr, client->bytes, sizeof(addr));
        SPF_request_set_ipv4(request, addr);
    } else {
        struct in6_addr addr;
        memcpy(&addr, client->bytes, sizeof(addr));
        SPF_request_set_ipv6(request, addr);
    }
}

/* An invalid record gives no result at all, only an error; receivers take it as permerror. */
static enum auth_result result_of(SPF_response_t *response)
{
    switch (SPF_response_result(response)) {
    case SPF_RESULT_PASS: return AUTH_PASS;
    case SPF_RESULT_FAIL: return AUTH_FAIL;
    case SPF_RESULT_SOFTFAIL: return AUTH_SOFTFAIL;
    case SPF_RESULT_NEUTRAL: return AUTH_NEUTRAL;
    case SPF_RESULT_NONE: return AUTH_NONE;
    case SPF_RESULT_TEMPERROR: return AUTH_TEMPERROR;
    default: return AUTH_PERMERROR;
    }
}

/* A text without macros in place of the standard explanation, which would be expanded for every fail. */
static void set_explanation(SPF_server_t *server)
{
    SPF_response_t *response = NULL;

    if (SPF_server_set_explanation(server, "fail", &response) != SPF_E_SUCCESS)
        abort();
    SPF_response_free(response);
}

static enum auth_result query(struct asking *asking, const char *helo, const char *mailfrom,
                              const struct spf_result *result)
{
    SPF_dns_server_t layer = { .lookup = on_lookup, .get_spf = on_get_spf, .name = "preflight", .hook = asking };
    SPF_server_t *server = checked(SPF_server_new_dns(&layer, 0));
    SPF_request_t *request = checked(SPF_request_new(server));
    SPF_response_t *response = NULL;

    set_explanation(server);
    set_client(request, &result->address);
    if (SPF_request_set_helo_dom(request, helo) != SPF_E_SUCCESS
        || SPF_request_set_env_from(request, result->identity == SPF_HELO ? "" : mailfrom) != 0)
        abort();
    SPF_request_query_mailfrom(request, &response);
    enum auth_result opinion = result_of(checked(response));
    SPF_response_free(response);
    SPF_request_free(request);
    SPF_server_free(server);
    return opinion;
}

/* --- why it differs ------------------------------------------------------------ */

static bool is_loopback(const struct ip_addr *addr)
{
    static const uint8_t one[16] = { [15] = 1 };

    return addr->family == AF_INET ? addr->bytes[0] == 127 : memcmp(addr->bytes, one, sizeof(one)) == 0;
}

/* The first cause that is there: an error of its own comes from what it refuses, one of ours from what it allows. */
static const char *find_reason(const struct asking *asking, const struct spf_result *result, enum auth_result opinion)
{
    bool is_ours = result->result == AUTH_PERMERROR, is_its = opinion == AUTH_PERMERROR;

    if (is_loopback(&result->address))
        return "every loopback address passes";
    if (is_its && asking->has_zero_prefix)
        return "it refuses the prefix length /0";
    if (is_its && asking->has_unknown_macro)
        return "it does not know all delimiters and transformers of macros";
    if (is_its && asking->has_dotted_modifier)
        return "it refuses a dot in the name of a modifier";
    if (is_its && asking->has_many_names)
        return "it gives up over more than 10 names in an MX or PTR answer";
    if (is_ours && (result->flags & SPF_FLAG_SYNTAX))
        return "its syntax is laxer than the RFC's";
    if (asking->forgotten.len > 0)
        return str_get(&asking->forgotten);
    if (is_ours && asking->has_many_names)
        return "it looks at the first 10 names of an MX answer and goes on";
    if (is_ours && (result->flags & SPF_FLAG_VOID_LOOKUPS))
        return "it has no limit of void lookups";
    if (is_ours && (result->flags & SPF_FLAG_TOO_MANY_LOOKUPS))
        return "it counts the lookups of every included record apart";
    if (asking->has_early_redirect)
        return "it follows redirect= where it stands, not after the other terms";
    if (asking->has_bare_version)
        return "it takes a record of 'v=spf1' alone for none";
    if (asking->has_counted_macro)
        return "it expands macros with a number, such as %{d2}, otherwise";
    if (asking->has_final_dot)
        return "it keeps the final dot of a domain";
    return "unknown reason";
}

void spfopinion_ask(struct dns *dns, struct dns_budget *budget, const char *helo, const char *mailfrom,
                    struct spf_result *result)
{
    struct asking asking = { .dns = dns, .budget = *budget, .forgotten = STR_EMPTY };

    if (!is_askable(result, helo, mailfrom))
        return;
    enum auth_result opinion = query(&asking, helo, mailfrom, result);
    budget->questions = asking.budget.questions;
    budget->asked = asking.budget.asked;
    budget->pending = asking.budget.pending;
    if (!asking.is_stopped) {
        result->libspf2.is_known = true;
        result->libspf2.result = opinion;
        if (opinion != result->result)
            result->libspf2.reason = xstrdup(find_reason(&asking, result, opinion));
    }
    str_clear(&asking.forgotten);
}
