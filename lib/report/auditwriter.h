/*
 * What the reports on audits share.  Within lib/report only.
 */
#ifndef PREFLIGHT_REPORT_AUDITWRITER_H
#define PREFLIGHT_REPORT_AUDITWRITER_H

#include "lib/audit/audit.h"
#include "lib/audit/listing.h"
#include "lib/audit/publish.h"
#include "lib/check/factvalue.h"
#include "lib/report/jsonvalue.h"
#include "lib/report/writer.h"

#include <stddef.h>

#define AUDIT_LABEL_MAX 40      /* columns; a longer zone's text follows it unaligned */

/* "FAULTY  egress default, to be mended: ptr-missing"; what: "egress default". */
void write_audit_headline(struct writer *w, enum audit_outcome outcome, const char *what,
                          const struct findings *findings);

/* The longest label: a zone's, or least; at most AUDIT_LABEL_MAX. */
size_t audit_label_length(size_t least, const struct listings *listings);

/* "    PTR       mail.example.com, confirmed", labels padded to length; color is the text's, which is escaped. */
void write_audit_item(struct writer *w, size_t length, const char *label, const char *text, enum color color);

/* The same of an SPF evaluation: "pass by ip4:192.0.2.1". */
void write_audit_spf(struct writer *w, size_t length, const char *label, const struct spf_result *spf,
                     enum color color);

/* One line for each list.  Where there is none: whether some are configured, has_lists. */
void write_audit_listings(struct writer *w, size_t length, const struct listings *listings, bool has_lists);

/* "To publish", as a zone file has it; nothing where there is nothing. */
void write_audit_publish(struct writer *w, const struct publish *publish);

/* True, false, or nothing at all where it is not known. */
void jsonvalue_put_fact(struct json_t *object, const char *key, enum fact_value value);
struct json_t *jsonvalue_listings(const struct listings *listings);
struct json_t *jsonvalue_publish(const struct publish *publish);

#endif
