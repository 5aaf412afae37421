/*
 * The master file; see zone.h.  ldns reads it and writes the packets; the lookup of RFC 1034 section 4.3.2 is ours.
 * All names of the file, and the names between them and the root, stand in one sorted table.
 */
#include "config.h"

#include "lib/dns/zone.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/dns/answer.h"
#include "lib/dns/question.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CNAMES_MAX 16
#define DEFAULT_TTL 3600        /* until $TTL says otherwise */
#define NEGATIVE_TTL 60         /* where no SOA says otherwise */
#define FILE_MAX (64 << 20)

struct record {
    char *name;                 /* as struct question has it; "" is the root */
    ldns_rr *rr;                /* NULL: the name exists because one below it does */
    int line;
};

struct zone {
    struct record *records;     /* by name, then by type */
    size_t count, capacity;
};

/* The records of one name. */
struct node {
    const struct record *records;
    size_t count;
};

/* The file while it is read. */
struct text {
    struct str all;
    size_t at;
    int line;                   /* that of at, from 1 */
};

/* An answer in the making. */
struct reply {
    ldns_pkt *packet;
    ldns_rr_list *found;        /* of the type asked for; borrowed from the zone */
    uint32_t ttl;
    enum dns_status status;
};

static void add_record(struct zone *zone, const char *name, ldns_rr *rr, int line)
{
    zone->records = xgrow(zone->records, zone->count, &zone->capacity, sizeof(*zone->records));
    zone->records[zone->count++] = (struct record){ .name = xstrdup(name), .rr = rr, .line = line };
}

/*
 * From wire form; -1 where a label holds a dot or NUL, which text names cannot say, and over 255 octets, which ldns
 * lets a name and its origin make together.
 */
static int name_from_rdf(const ldns_rdf *rdf, char name_r[DOMAIN_MAX])
{
    const uint8_t *wire = ldns_rdf_data(rdf);
    size_t used = 0;

    if (ldns_rdf_size(rdf) > LDNS_MAX_DOMAINLEN)
        return -1;
    for (; *wire != 0; wire += 1 + *wire) {
        if (memchr(wire + 1, '.', *wire) != NULL || memchr(wire + 1, '\0', *wire) != NULL)
            return -1;
        if (used > 0)
            name_r[used++] = '.';
        memcpy(name_r + used, wire + 1, *wire);
        used += *wire;
    }
    name_r[used] = '\0';
    ascii_lower(name_r);
    return 0;
}

static ldns_rdf *rdf_from_name(const char *name)
{
    uint8_t wire[QUESTION_WIRE_MAX];
    size_t len = question_wire(name, wire);

    return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, len, wire);
}

static const char *parent_of(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot == NULL ? "" : dot + 1;
}

/*
 * ldns takes data in the form of RFC 3597 that is empty ("\# 0"), and leaves out the pieces that others count on.  Of
 * types it does not know nobody asks for pieces.
 */
static bool is_complete(const ldns_rr *rr)
{
    const ldns_rr_descriptor *type = ldns_rr_descript(ldns_rr_get_type(rr));

    return type->_type != ldns_rr_get_type(rr) || ldns_rr_rd_count(rr) >= ldns_rr_descriptor_minimum(type);
}

static int take_rr(struct zone *zone, const char *file, int line, ldns_rr *rr, struct err *err)
{
    char name[DOMAIN_MAX];

    if (!is_complete(rr))
        err_set(err, "%s:%d: the data is not that of the record's type", file, line);
    else if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN)
        err_set(err, "%s:%d: only records of class IN can be served", file, line);
    else if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_DNAME)
        err_set(err, "%s:%d: DNAME records cannot be served", file, line);
    else if (name_from_rdf(ldns_rr_owner(rr), name) != 0)
        err_set(err, "%s:%d: a name over 255 octets, or with a dot or NUL in a label, cannot be served", file, line);
    else {
        add_record(zone, name, rr, line);
        return 0;
    }
    ldns_rr_free(rr);
    return -1;
}

/* Over blank and comment lines, which ldns does not count; false at the end of the text. */
static bool skip_empty_lines(struct text *text)
{
    while (text->at < text->all.len) {
        const char *p = text->all.data + text->at;
        size_t len = strcspn(p, "\n");
        size_t blank = strspn(p, " \t\r");
        if (blank < len && p[blank] != ';')
            return true;
        text->at += len + 1;
        text->line++;
    }
    return false;
}

static void count_lines(struct text *text, size_t to)
{
    for (; text->at < to && text->at < text->all.len; text->at++)
        text->line += text->all.data[text->at] == '\n';
}

static int read_records(struct zone *zone, const char *file, struct text *text, struct err *err)
{
    str_addc(&text->all, '\n');        /* fmemopen(3) wants at least one byte */
    FILE *fp = fmemopen(text->all.data, text->all.len, "r");
    uint32_t ttl = DEFAULT_TTL;
    ldns_rdf *origin = ldns_dname_new_frm_str(".");
    ldns_rdf *previous = NULL;
    int rc = fp == NULL ? err_set(err, "cannot read zone '%s': %s", file, strerror(errno)) : 0;

    while (rc == 0 && skip_empty_lines(text)) {
        ldns_rr *rr = NULL;
        fseek(fp, (long)text->at, SEEK_SET);
        ldns_status status = ldns_rr_new_frm_fp_l(&rr, fp, &ttl, &origin, &previous, NULL);
        if (status == LDNS_STATUS_OK)
            rc = take_rr(zone, file, text->line, rr, err);
        else if (status == LDNS_STATUS_SYNTAX_INCLUDE)
            rc = err_set(err, "%s:%d: $INCLUDE is not supported", file, text->line);
        else if (status != LDNS_STATUS_SYNTAX_EMPTY && status != LDNS_STATUS_SYNTAX_TTL &&
                 status != LDNS_STATUS_SYNTAX_ORIGIN)
            rc = err_set(err, "%s:%d: %s", file, text->line, ldns_get_errorstr_by_id(status));
        count_lines(text, (size_t)ftell(fp));
    }
    if (fp != NULL)
        fclose(fp);
    ldns_rdf_deep_free(origin);
    ldns_rdf_deep_free(previous);
    return rc;
}

static int read_file(const char *file, struct str *all_r, struct err *err)
{
    FILE *fp = fopen(file, "re");
    char chunk[16384];
    size_t got;
    int rc = 0;

    if (fp == NULL)
        return err_set(err, "cannot open zone '%s': %s", file, strerror(errno));
    while (rc == 0 && (got = fread(chunk, 1, sizeof(chunk), fp)) > 0) {
        str_addn(all_r, chunk, got);
        if (all_r->len > FILE_MAX)
            rc = err_set(err, "zone '%s' is over %d MB", file, FILE_MAX >> 20);
        else if (memchr(chunk, '\0', got) != NULL)
            rc = err_set(err, "zone '%s' is not a text file", file);
    }
    if (rc == 0 && ferror(fp))
        rc = err_set(err, "cannot read zone '%s': %s", file, strerror(errno));
    fclose(fp);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct record *)a)->name, ((const struct record *)b)->name);
}

static int by_name_and_line(const void *a, const void *b)
{
    const struct record *x = a;
    const struct record *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : x->line - y->line;
}

static struct node find_node(const struct zone *zone, const char *name)
{
    struct record key = { .name = (char *)(uintptr_t)name };
    const struct record *hit = bsearch(&key, zone->records, zone->count, sizeof(key), by_name);
    if (hit == NULL)
        return (struct node){ NULL, 0 };

    const struct record *first = hit;
    const struct record *end = hit + 1;
    while (first > zone->records && by_name(first - 1, &key) == 0)
        first--;
    while (end < zone->records + zone->count && by_name(end, &key) == 0)
        end++;
    return (struct node){ first, (size_t)(end - first) };
}

/* The root exists in any case, and so does every name between it and a record's. */
static void add_empty_nonterminals(struct zone *zone)
{
    size_t records = zone->count;

    add_record(zone, "", NULL, 0);
    for (size_t i = 0; i < records; i++)
        for (const char *up = parent_of(zone->records[i].name); *up != '\0'; up = parent_of(up))
            add_record(zone, up, NULL, 0);
    qsort(zone->records, zone->count, sizeof(*zone->records), by_name_and_line);

    /* Of the records made here one per name is enough. */
    size_t kept = 0;
    for (size_t i = 0; i < zone->count; i++) {
        bool is_repeated = kept > 0 && zone->records[i].rr == NULL && zone->records[kept - 1].rr == NULL &&
                           by_name(&zone->records[kept - 1], &zone->records[i]) == 0;
        if (is_repeated)
            free(zone->records[i].name);
        else
            zone->records[kept++] = zone->records[i];
    }
    zone->count = kept;
}

/* Servers refuse such a zone (RFC 1034 section 3.6.2), so a file that has it is a mistake. */
static int check_cnames(const struct zone *zone, const char *file, struct err *err)
{
    for (size_t i = 0; i < zone->count; i++) {
        const struct record *r = &zone->records[i];
        if (r->rr == NULL || ldns_rr_get_type(r->rr) != LDNS_RR_TYPE_CNAME)
            continue;
        struct node node = find_node(zone, r->name);
        for (size_t k = 0; k < node.count; k++)
            if (node.records[k].rr != NULL && ldns_rr_compare(node.records[k].rr, r->rr) != 0)
                return err_set(err, "%s:%d: '%s' has a CNAME and other records", file, r->line, r->name);
    }
    return 0;
}

struct zone *zone_load(const char *file, struct err *err)
{
    struct zone *zone = xcalloc(1, sizeof(*zone));
    struct text text = { .all = STR_EMPTY, .line = 1 };

    int rc = read_file(file, &text.all, err);
    if (rc == 0)
        rc = read_records(zone, file, &text, err);
    str_clear(&text.all);
    if (rc == 0) {
        add_empty_nonterminals(zone);
        rc = check_cnames(zone, file, err);
    }
    if (rc != 0)
        zone_free(&zone);
    return zone;
}

void zone_free(struct zone **zone)
{
    if (*zone == NULL)
        return;
    for (size_t i = 0; i < (*zone)->count; i++) {
        ldns_rr_free((*zone)->records[i].rr);
        free((*zone)->records[i].name);
    }
    free((*zone)->records);
    free(*zone);
    *zone = NULL;
}

/* The name's own records or, where it does not exist, those of the wildcard below its closest encloser (RFC 4592). */
static struct node match(const struct zone *zone, const char *name)
{
    struct node node = find_node(zone, name);
    const char *encloser = name;
    char wildcard[DOMAIN_MAX + 2];

    if (node.count > 0)
        return node;
    while (node.count == 0) {
        encloser = parent_of(encloser);
        node = find_node(zone, encloser);
    }
    snprintf(wildcard, sizeof(wildcard), *encloser == '\0' ? "*" : "*.%s", encloser);
    return find_node(zone, wildcard);
}

static void lower_ttl(struct reply *reply, const ldns_rr *rr)
{
    if (ldns_rr_ttl(rr) < reply->ttl)
        reply->ttl = ldns_rr_ttl(rr);
}

static void push(struct reply *reply, ldns_pkt_section section, const ldns_rr *rr, const char *owner)
{
    ldns_rr *copy = ldns_rr_clone(rr);

    ldns_rdf_deep_free(ldns_rr_owner(copy));
    ldns_rr_set_owner(copy, rdf_from_name(owner));
    ldns_pkt_push_rr(reply->packet, section, copy);
}

/* Puts the records of the type into the reply, once each; how many. */
static size_t push_type(struct reply *reply, const struct node *node, enum dns_type type, const char *owner)
{
    size_t pushed = 0;

    for (size_t i = 0; i < node->count; i++) {
        ldns_rr *rr = node->records[i].rr;
        if (rr == NULL || ldns_rr_get_type(rr) != (ldns_rr_type)type || ldns_rr_list_contains_rr(reply->found, rr))
            continue;
        push(reply, LDNS_SECTION_ANSWER, rr, owner);
        ldns_rr_list_push_rr(reply->found, rr);
        lower_ttl(reply, rr);
        pushed++;
    }
    return pushed;
}

static const ldns_rr *find_cname(const struct node *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->records[i].rr != NULL && ldns_rr_get_type(node->records[i].rr) == LDNS_RR_TYPE_CNAME)
            return node->records[i].rr;
    return NULL;
}

/* RFC 2308 section 5: the SOA closest above says how long "no" is true. */
static void push_soa(const struct zone *zone, struct reply *reply, const char *name)
{
    uint32_t ttl = NEGATIVE_TTL;

    for (const char *at = name;; at = parent_of(at)) {
        struct node node = find_node(zone, at);
        for (size_t i = 0; i < node.count; i++) {
            ldns_rr *rr = node.records[i].rr;
            if (rr == NULL || ldns_rr_get_type(rr) != LDNS_RR_TYPE_SOA)
                continue;
            uint32_t minimum = ldns_rdf2native_int32(ldns_rr_rdf(rr, 6));
            ttl = ldns_rr_ttl(rr) < minimum ? ldns_rr_ttl(rr) : minimum;
            push(reply, LDNS_SECTION_AUTHORITY, rr, at);
            reply->ttl = ttl < reply->ttl ? ttl : reply->ttl;
            return;
        }
        if (*at == '\0')
            break;
    }
    reply->ttl = ttl < reply->ttl ? ttl : reply->ttl;
}

static void resolve(const struct zone *zone, const struct question *q, struct reply *reply)
{
    char name[DOMAIN_MAX];
    memcpy(name, q->name, sizeof(name));

    for (int hops = 0; hops <= CNAMES_MAX; hops++) {
        struct node node = match(zone, name);
        reply->status = DNS_OK;
        if (push_type(reply, &node, q->type, name) > 0)
            return;
        const ldns_rr *cname = find_cname(&node);
        if (cname == NULL) {
            reply->status = node.count > 0 ? DNS_NODATA : DNS_NXDOMAIN;
            push_soa(zone, reply, name);
            return;
        }
        lower_ttl(reply, cname);
        push(reply, LDNS_SECTION_ANSWER, cname, name);
        if (name_from_rdf(ldns_rr_rdf(cname, 0), name) != 0)
            break;
    }
    reply->status = DNS_TEMPFAIL;
}

static ldns_pkt *start_packet(const struct question *q)
{
    ldns_pkt *packet = ldns_pkt_new();
    ldns_rr *rr = ldns_rr_new();

    ldns_rr_set_question(rr, true);
    ldns_rr_set_owner(rr, rdf_from_name(q->name));
    ldns_rr_set_type(rr, (ldns_rr_type)q->type);
    ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
    ldns_pkt_push_rr(packet, LDNS_SECTION_QUESTION, rr);
    ldns_pkt_set_qr(packet, true);
    ldns_pkt_set_rd(packet, true);
    ldns_pkt_set_ra(packet, true);
    return packet;
}

static struct answer *make_answer(const struct reply *reply)
{
    size_t count = ldns_rr_list_rr_count(reply->found);
    struct dns_rdata *rdata = xcalloc(count + 1, sizeof(*rdata));
    ldns_buffer *buffer = ldns_buffer_new(LDNS_MAX_PACKETLEN);
    uint8_t *wire = NULL;
    size_t wire_len = 0;
    struct answer *answer;

    ldns_pkt_set_rcode(reply->packet, reply->status == DNS_NXDOMAIN ? LDNS_RCODE_NXDOMAIN : LDNS_RCODE_NOERROR);
    ldns_status status = ldns_pkt2wire(&wire, reply->packet, &wire_len);
    size_t *starts = xcalloc(count + 1, sizeof(*starts));
    for (size_t i = 0; i < count && status == LDNS_STATUS_OK; i++) {
        starts[i] = ldns_buffer_position(buffer);
        status = ldns_rr_rdata2buffer_wire(buffer, ldns_rr_list_rr(reply->found, i));
        starts[i + 1] = ldns_buffer_position(buffer);
    }
    for (size_t i = 0; i < count; i++)
        rdata[i] = (struct dns_rdata){ ldns_buffer_at(buffer, starts[i]), starts[i + 1] - starts[i] };
    if (status != LDNS_STATUS_OK || wire_len > UINT16_MAX)
        answer = answer_new_failure(DNS_TEMPFAIL);
    else
        answer = answer_new(reply->status, reply->ttl, rdata, count, wire, wire_len);
    free(wire);
    free(starts);
    free(rdata);
    ldns_buffer_free(buffer);
    return answer;
}

struct answer *zone_ask(const struct zone *zone, const struct question *q)
{
    struct reply reply = { .packet = start_packet(q), .found = ldns_rr_list_new(), .ttl = INT32_MAX };
    struct answer *answer;

    resolve(zone, q, &reply);
    if (reply.status == DNS_TEMPFAIL)
        answer = answer_new_failure(DNS_TEMPFAIL);
    else
        answer = make_answer(&reply);
    ldns_rr_list_free(reply.found);
    ldns_pkt_free(reply.packet);
    return answer;
}
