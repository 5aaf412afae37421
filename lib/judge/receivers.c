/*
 * The file of receivers; see receivers.h.
 * Values are checked while the file is read, where their line is known; what they mean together after it.
 * Texts are borrowed from the tree, which lives as long.
 */
#include "config.h"

#include "lib/judge/receivers.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/config/builtin.h"
#include "lib/config/suggest.h"
#include "lib/config/syntax.h"
#include "lib/config/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES_MAX 32       /* what a log line shows of a receiver's name */
#define GENERIC "generic"

struct entry {                  /* one receiver as it was read */
    struct rule *rules;         /* its own first, then those of another that it is like */
    size_t n_own;
};

struct receivers {
    int refs;                   /* atomic */
    struct tree *tree;
    struct receiver *items;
    struct entry *entries;      /* of items */
    size_t count;
    const struct receiver *generic;
};

static const struct tree_option receiver_options[] = {
    { "title", false, NULL }, { "mx", true, NULL }, { "page", false, NULL }, { "like", false, NULL }, { .name = NULL }
};
static const struct tree_option rule_options[] = {
    { "when", true, NULL }, { "domains", true, NULL }, { "author_domains", true, NULL }, { "outcome", false, NULL },
    { "replies", true, NULL }, { "confidence", false, "documented" }, { "source", false, NULL }, { .name = NULL }
};
static const struct tree_kind kinds[] = {
    { .name = "", .parent = "" },
    { "receiver", "", true, false, receiver_options },
    { "rule", "receiver", true, true, rule_options },
    { .name = NULL }
};

/* --- values ------------------------------------------------------------------------ */

static int check_fact(const char *value, struct err *err)
{
    const char *name = value + (*value == '!');
    const char *names[FACT_COUNT];
    struct str why = STR_EMPTY;

    if (fact_find(name) >= 0)
        return 0;
    for (int i = 0; i < FACT_COUNT; i++)
        names[i] = fact_name((enum fact_id)i);
    str_add(&why, "is not a fact");
    suggest_name(names, FACT_COUNT, name, &why);
    syntax_refuse(err, value, str_get(&why));
    str_clear(&why);
    return -1;
}

/* One to three digits without a leading zero (RFC 3463 section 2); moves on behind them. */
static bool skip_number(const char **p)
{
    size_t n = 0;

    while (n < 3 && is_digit((*p)[n]))
        n++;
    bool is_good = n > 0 && (n == 1 || **p != '0');
    *p += n;
    return is_good;
}

/* "550", or "550 5.7.26" with an enhanced code (RFC 3463) of the same class. */
static bool is_reply(const char *p)
{
    char class = *p;

    if ((class != '4' && class != '5') || p[1] < '0' || p[1] > '5' || !is_digit(p[2]))
        return false;
    p += 3;
    if (*p == '\0')
        return true;
    if (*p++ != ' ' || *p++ != class || *p++ != '.' || !skip_number(&p) || *p++ != '.')
        return false;
    return skip_number(&p) && *p == '\0';
}

static const enum verdict outcomes[] = { VERDICT_ACCEPT, VERDICT_JUNK, VERDICT_DEFER, VERDICT_REJECT };
#define OUTCOMES (sizeof(outcomes) / sizeof(outcomes[0]))

static int find_outcome(const char *value)
{
    for (size_t i = 0; i < OUTCOMES; i++) {
        if (strcmp(verdict_name(outcomes[i]), value) == 0)
            return (int)outcomes[i];
    }
    return -1;
}

static int find_confidence(const char *value)
{
    for (int i = 0; i < CONFIDENCE_COUNT; i++) {
        if (strcmp(confidence_name((enum confidence)i), value) == 0)
            return i;
    }
    return -1;
}

static int check_value(const char *section, const char *option, const char *value, struct err *err)
{
    (void)section;
    if (strcmp(option, "when") == 0)
        return check_fact(value, err);
    if (strcmp(option, "mx") == 0 || strcmp(option, "domains") == 0 || strcmp(option, "author_domains") == 0)
        return syntax_accept(syntax_domains(value), value, "is not a domain name or .domain", err);
    if (strcmp(option, "replies") == 0)
        return is_reply(value) ? 0 : syntax_refuse(err, value, "is not a reply such as '550' or '550 5.7.1'");
    if (strcmp(option, "outcome") == 0)
        return find_outcome(value) >= 0 ? 0 : syntax_refuse(err, value, "is not accept, junk, defer or reject");
    if (strcmp(option, "confidence") == 0)
        return find_confidence(value) >= 0 ? 0 : syntax_refuse(err, value, "is not documented, observed or inferred");
    return syntax_accept(syntax_item(value), value, "is not one line of text", err);
}

/* --- one rule -------------------------------------------------------------------------- */

static void fill_domains(const struct tree_section *section, const char *option, struct conf_strings *list_r)
{
    const struct tree_entry *entry = tree_entry(section, option);

    if (entry == NULL)
        return;
    list_r->items = xcalloc(entry->count + 1, sizeof(char *));
    while (list_r->count < entry->count) {
        list_r->items[list_r->count] = syntax_domains(entry->values[list_r->count]);
        list_r->count++;
    }
}

static void clear_domains(struct conf_strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
}

static int fill_when(const struct tree_section *section, struct rule *rule, struct err *err)
{
    const struct tree_entry *when = tree_entry(section, "when");

    if (when == NULL)
        return tree_error(section, NULL, err, "rule '%s' has no 'when': it would hold for all mail", section->title);
    if (when->count > RULE_CONDITIONS_MAX)
        return tree_error(section, when, err, "more than %d facts", RULE_CONDITIONS_MAX);
    for (size_t i = 0; i < when->count; i++) {
        bool is_negated = when->values[i][0] == '!';
        enum fact_id fact = (enum fact_id)fact_find(when->values[i] + is_negated);
        for (size_t k = 0; k < rule->n_when; k++) {
            if (rule->when[k].fact == fact)
                return tree_error(section, when, err, "the fact '%s' twice", fact_name(fact));
        }
        rule->when[rule->n_when].fact = fact;
        rule->when[rule->n_when++].is_negated = is_negated;
    }
    return 0;
}

/* The codes fit the outcome: the first one is likeliest, others may be what the receiver answers at other times. */
static int fill_replies(const struct tree_section *section, struct rule *rule, struct err *err)
{
    const struct tree_entry *replies = tree_entry(section, "replies");

    if (replies == NULL)
        return 0;
    if (rule->outcome != VERDICT_REJECT && rule->outcome != VERDICT_DEFER)
        return tree_error(section, replies, err, "the outcome %s has none", verdict_name(rule->outcome));
    if (replies->count > RULE_REPLIES_MAX)
        return tree_error(section, replies, err, "more than %d replies", RULE_REPLIES_MAX);
    if (replies->values[0][0] != (rule->outcome == VERDICT_REJECT ? '5' : '4'))
        return tree_error(section, replies, err, "the first is '%s', which does not %s", replies->values[0],
                          verdict_name(rule->outcome));
    for (size_t i = 0; i < replies->count; i++)
        rule->replies[i] = replies->values[i];
    return 0;
}

static int fill_rule(const struct tree_section *section, struct rule *rule, struct err *err)
{
    const char *outcome = tree_string(section, "outcome");
    struct err why;

    rule->name = section->title;
    rule->source = tree_string(section, "source");
    rule->confidence = (enum confidence)find_confidence(tree_string(section, "confidence"));
    fill_domains(section, "domains", &rule->domains);
    fill_domains(section, "author_domains", &rule->author_domains);
    if (syntax_accept(syntax_label(section->title), section->title,
                      "is not a name: letters, digits, '-', '_' and '.', at most 64", &why) < 0)
        return tree_error(section, NULL, err, "%s", why.text);
    if (outcome == NULL)
        return tree_error(section, NULL, err, "rule '%s' has no 'outcome'", section->title);
    if (rule->source == NULL)
        return tree_error(section, NULL, err, "rule '%s' has no 'source'", section->title);
    rule->outcome = (enum verdict)find_outcome(outcome);
    return fill_when(section, rule, err) < 0 ? -1 : fill_replies(section, rule, err);
}

/* --- one receiver ------------------------------------------------------------------------ */

static int check_name(const struct tree_section *section, struct err *err)
{
    size_t n = strlen(section->title);

    if (n == 0 || n > NAME_BYTES_MAX || strspn(section->title, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
        return tree_error(section, NULL, err, "the name of a receiver has lower-case letters, digits and '-', at most "
                          "%d", NAME_BYTES_MAX);
    return 0;
}

static int fill_receiver(const struct tree_section *section, struct receiver *receiver, struct entry *entry,
                         struct err *err)
{
    receiver->name = section->title;
    receiver->title = tree_string(section, "title");
    receiver->page = tree_string(section, "page");
    if (receiver->title == NULL)
        receiver->title = receiver->name;
    fill_domains(section, "mx", &receiver->mx);
    entry->rules = xcalloc(section->n_sections, sizeof(*entry->rules));
    receiver->rules = entry->rules;
    if (check_name(section, err) < 0)
        return -1;
    if (receiver->mx.count == 0 && strcmp(receiver->name, GENERIC) != 0)
        return tree_error(section, NULL, err, "receiver '%s' has no 'mx', by which it would be known", receiver->name);
    for (size_t i = 0; i < section->n_sections; i++) {
        receiver->n_rules = ++entry->n_own;
        if (fill_rule(&section->sections[i], &entry->rules[i], err) < 0)
            return -1;
    }
    return 0;
}

static bool has_rule(const struct rule *rules, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rules[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Takes over the rules of the receiver that this one is like, but those it has itself. */
static int inherit(struct receivers *rs, size_t index, const struct tree_section *section, struct err *err)
{
    const struct tree_entry *like = tree_entry(section, "like");
    struct receiver *receiver = &rs->items[index];
    struct entry *entry = &rs->entries[index];

    if (like == NULL)
        return 0;
    const struct receiver *base = receivers_find(rs, like->values[0]);
    if (base == NULL)
        return tree_error(section, like, err, "there is no receiver '%s'", like->values[0]);
    if (tree_entry(&tree_root(rs->tree)->sections[base - rs->items], "like") != NULL)
        return tree_error(section, like, err, "receiver '%s' is like another itself", base->name);
    entry->rules = xrealloc(entry->rules, (entry->n_own + base->n_rules + 1) * sizeof(*entry->rules));
    receiver->rules = entry->rules;
    for (size_t i = 0; i < base->n_rules; i++) {
        if (!has_rule(entry->rules, entry->n_own, base->rules[i].name))
            entry->rules[receiver->n_rules++] = base->rules[i];
    }
    return 0;
}

static const struct receiver *find_mx(const struct receiver *receivers, size_t n, const char *host)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < receivers[i].mx.count; k++) {
            if (strcmp(receivers[i].mx.items[k], host) == 0)
                return &receivers[i];
        }
    }
    return NULL;
}

static int check_mx(const struct receivers *rs, size_t index, const struct tree_section *section, struct err *err)
{
    const struct receiver *receiver = &rs->items[index];

    for (size_t i = 0; i < receiver->mx.count; i++) {
        const struct receiver *other = find_mx(rs->items, index, receiver->mx.items[i]);
        if (other != NULL)
            return tree_error(section, tree_entry(section, "mx"), err, "'%s' is that of receiver '%s'",
                              receiver->mx.items[i], other->name);
    }
    return 0;
}

/* --- all of them --------------------------------------------------------------------------- */

static int fill(struct receivers *rs, struct err *err)
{
    const struct tree_section *root = tree_root(rs->tree);

    rs->items = xcalloc(root->n_sections, sizeof(*rs->items));
    rs->entries = xcalloc(root->n_sections, sizeof(*rs->entries));
    for (size_t i = 0; i < root->n_sections; i++) {
        rs->count++;
        if (fill_receiver(&root->sections[i], &rs->items[i], &rs->entries[i], err) < 0 ||
            check_mx(rs, i, &root->sections[i], err) < 0)
            return -1;
    }
    rs->generic = receivers_find(rs, GENERIC);
    if (rs->generic == NULL)
        return err_set(err, "%s: there is no receiver '" GENERIC "': begin with include() of the receivers.conf that "
                       "comes with Preflight, or add one", root->file);
    for (size_t i = 0; i < root->n_sections; i++) {
        if (inherit(rs, i, &root->sections[i], err) < 0)
            return -1;
    }
    return 0;
}

struct receivers *receivers_load(const char *path, struct err *err)
{
    struct receivers *rs = xcalloc(1, sizeof(*rs));

    rs->refs = 1;
    rs->tree = path == NULL || path[0] == '\0'
                   ? tree_read_text("receivers.conf (built in)", builtin_receivers, kinds, check_value, err)
                   : tree_read(path, kinds, check_value, err);
    if (rs->tree == NULL || fill(rs, err) < 0)
        receivers_unref(&rs);
    return rs;
}

struct receivers *receivers_ref(struct receivers *receivers)
{
    __atomic_add_fetch(&receivers->refs, 1, __ATOMIC_RELAXED);
    return receivers;
}

void receivers_unref(struct receivers **receivers)
{
    struct receivers *rs = *receivers;

    *receivers = NULL;
    if (rs == NULL || __atomic_sub_fetch(&rs->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < rs->count; i++) {
        for (size_t k = 0; k < rs->entries[i].n_own; k++) {
            clear_domains(&rs->entries[i].rules[k].domains);
            clear_domains(&rs->entries[i].rules[k].author_domains);
        }
        free(rs->entries[i].rules);
        clear_domains(&rs->items[i].mx);
    }
    free(rs->entries);
    free(rs->items);
    tree_free(&rs->tree);
    free(rs);
}

const struct receiver *receivers_all(const struct receivers *receivers, size_t *count_r)
{
    *count_r = receivers->count;
    return receivers->items;
}

const struct tree_kind *receivers_kinds(void)
{
    return kinds;
}

const struct receiver *receivers_generic(const struct receivers *receivers)
{
    return receivers->generic;
}

const struct receiver *receivers_find(const struct receivers *receivers, const char *name)
{
    for (size_t i = 0; i < receivers->count; i++) {
        if (strcmp(receivers->items[i].name, name) == 0)
            return &receivers->items[i];
    }
    return NULL;
}
