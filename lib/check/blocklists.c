/*
 * The file of blocklists; see blocklists.h.  Texts are borrowed from the tree, which lives as long.
 */
#include "config.h"

#include "lib/check/blocklists.h"
#include "lib/base/domain.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/config/syntax.h"
#include "lib/config/tree.h"

#include <stdlib.h>
#include <string.h>

#define LOOPBACK_FIRST 0x7f000000u
#define LOOPBACK_LAST 0x7fffffffu
#define MASK_MAX 254                    /* the first bit is 127.0.0.1 */

struct blocklists {
    struct tree *tree;
    struct blocklist items[BLOCKLISTS_MAX];
    char zones[BLOCKLISTS_MAX][DOMAIN_MAX];
    size_t count;
};

static const struct tree_option blocklist_options[] = {
    { "title", false, NULL }, { "kind", false, NULL }, { "ipv6", false, "no" }, { "listed", true, NULL },
    { "unusable", true, NULL }, { "mask", false, NULL }, { "test_listed", false, NULL },
    { "test_unlisted", false, NULL }, { "codes", true, NULL }, { "page", false, NULL }, { "source", false, NULL },
    { .name = NULL }
};
static const struct tree_kind kinds[] = {
    { .name = "", .parent = "" },
    { "blocklist", "", true, false, blocklist_options },
    { .name = NULL }
};

const struct tree_kind *blocklists_kinds(void)
{
    return kinds;
}

/* --- values ------------------------------------------------------------------------ */

static uint32_t to_number(const struct ip_addr *addr)
{
    const uint8_t *b = addr->bytes;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int read_loopback(const char *text, uint32_t *number_r)
{
    struct ip_addr addr;

    if (ip_parse(text, &addr) < 0 || addr.family != AF_INET || addr.bytes[0] != 127)
        return -1;
    *number_r = to_number(&addr);
    return 0;
}

/* "127.0.0.2" or "127.0.0.2-127.0.0.11". */
static int read_range(const char *value, struct blocklist_range *range_r)
{
    const char *dash = strchr(value, '-');
    char *first = dash == NULL ? xstrdup(value) : xstrndup(value, (size_t)(dash - value));
    int rc = read_loopback(first, &range_r->first);

    free(first);
    if (rc == 0)
        rc = read_loopback(dash == NULL ? value : dash + 1, &range_r->last);
    return rc == 0 && range_r->first <= range_r->last ? 0 : -1;
}

/* -1 where the text is no number of 1..MASK_MAX. */
static int read_mask(const char *value)
{
    size_t n = strspn(value, "0123456789");
    int mask = n > 0 && n <= 3 && value[n] == '\0' ? atoi(value) : -1;

    return mask >= 1 && mask <= MASK_MAX ? mask : -1;
}

/* "127.0.0.2 spam sources", "127.0.0.4-127.0.0.7 exploits", or "8 phishing" where answers are a sum. */
static int read_code(const char *value, struct blocklist_code *code_r)
{
    size_t len = strcspn(value, " ");
    char *first = xstrndup(value, len);

    *code_r = (struct blocklist_code){ .meaning = value + len + strspn(value + len, " ") };
    int rc = read_range(first, &code_r->range), bits = rc < 0 ? read_mask(first) : 0;
    if (rc < 0)
        code_r->range = (struct blocklist_range){ 0, 0 };
    code_r->bits = bits > 0 ? (unsigned)bits : 0;
    free(first);
    return (rc == 0 || bits > 0) && code_r->meaning[0] != '\0' ? 0 : -1;
}

static int find_word(const char *value, const char *const *words)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], value) == 0)
            return i;
    }
    return -1;
}

static const char *const kind_names[] = { "addresses", "domains", NULL };
static const char *const bool_names[] = { "no", "yes", NULL };

static int check_line(const char *value, struct err *err)
{
    return syntax_accept(syntax_item(value), value, "is not one line of text", err);
}

static int check_code(const char *value, struct err *err)
{
    struct blocklist_code code;

    if (read_code(value, &code) < 0)
        return syntax_refuse(err, value,
                             "is not an answer and what it means, as '127.0.0.2 spam sources' or '8 phishing'");
    return check_line(value, err);
}

static int check_value(const char *section, const char *option, const char *value, struct err *err)
{
    struct blocklist_range range;
    char domain[DOMAIN_MAX];

    (void)section;
    if (strcmp(option, "kind") == 0)
        return find_word(value, kind_names) >= 0 ? 0 : syntax_refuse(err, value, "is not addresses or domains");
    if (strcmp(option, "ipv6") == 0)
        return find_word(value, bool_names) >= 0 ? 0 : syntax_refuse(err, value, "is not yes or no");
    if (strcmp(option, "listed") == 0 || strcmp(option, "unusable") == 0)
        return read_range(value, &range) == 0 ? 0
               : syntax_refuse(err, value,
                               "is not an address in 127.0.0.0/8, nor two of them as '127.0.0.2-127.0.0.11'");
    if (strcmp(option, "mask") == 0)
        return read_mask(value) > 0 ? 0 : syntax_refuse(err, value, "is not a number from 1 to 254");
    if (strcmp(option, "codes") == 0)
        return check_code(value, err);
    if (strcmp(option, "test_listed") == 0 || strcmp(option, "test_unlisted") == 0)
        return domain_normalize(value, domain) == 0 ? 0 : syntax_refuse(err, value, "is not a name below the zone");
    return check_line(value, err);
}

/* --- one list ------------------------------------------------------------------------ */

static struct blocklist_range *read_ranges(const struct tree_section *section, const char *option, size_t *n_r)
{
    const struct tree_entry *entry = tree_entry(section, option);

    if (entry == NULL)
        return NULL;
    struct blocklist_range *ranges = xcalloc(entry->count, sizeof(*ranges));
    for (size_t i = 0; i < entry->count; i++) {
        if (read_range(entry->values[i], &ranges[*n_r]) == 0)
            ++*n_r;
    }
    return ranges;
}

static struct blocklist_code *read_codes(const struct tree_section *section, size_t *n_r)
{
    const struct tree_entry *entry = tree_entry(section, "codes");

    if (entry == NULL)
        return NULL;
    struct blocklist_code *codes = xcalloc(entry->count, sizeof(*codes));
    for (size_t i = 0; i < entry->count; i++) {
        if (read_code(entry->values[i], &codes[*n_r]) == 0)
            ++*n_r;
    }
    return codes;
}

static const char *string_or(const struct tree_section *section, const char *option, const char *standard)
{
    const char *value = tree_string(section, option);

    return value == NULL ? standard : value;
}

static int fill_list(const struct tree_section *section, char zone[DOMAIN_MAX], struct blocklist *list,
                     struct err *err)
{
    const char *kind = tree_string(section, "kind"), *mask = tree_string(section, "mask");

    list->listed = read_ranges(section, "listed", &list->n_listed);
    list->unusable = read_ranges(section, "unusable", &list->n_unusable);
    list->codes = read_codes(section, &list->n_codes);
    if (domain_normalize(section->title, zone) < 0)
        return tree_error(section, NULL, err, "blocklist '%s' is not named as a zone", section->title);
    if (kind == NULL)
        return tree_error(section, NULL, err, "blocklist '%s' has no 'kind'", section->title);
    if (mask != NULL && list->n_listed > 0)
        return tree_error(section, tree_entry(section, "mask"), err, "either 'mask' or 'listed'");
    list->kind = (enum blocklist_kind)find_word(kind, kind_names);
    list->has_ipv6 = find_word(tree_string(section, "ipv6"), bool_names) == 1;
    if (list->has_ipv6 && list->kind == BLOCKLIST_DOMAINS)
        return tree_error(section, tree_entry(section, "ipv6"), err, "a list of domains has no addresses");
    list->zone = zone;
    list->title = string_or(section, "title", zone);
    list->page = string_or(section, "page", list->title);
    list->mask = mask == NULL ? 0 : (unsigned)read_mask(mask);
    list->test_listed = string_or(section, "test_listed", kind[0] == 'd' ? "test" : "2.0.0.127");
    list->test_unlisted = string_or(section, "test_unlisted", kind[0] == 'd' ? "invalid" : "1.0.0.127");
    return 0;
}

/* --- all of them ------------------------------------------------------------------------ */

static int fill(struct blocklists *lists, struct err *err)
{
    const struct tree_section *root = tree_root(lists->tree);

    if (root->n_sections > BLOCKLISTS_MAX)
        return tree_error(&root->sections[BLOCKLISTS_MAX], NULL, err, "more than %d blocklists", BLOCKLISTS_MAX);
    for (size_t i = 0; i < root->n_sections; i++) {
        lists->count++;
        if (fill_list(&root->sections[i], lists->zones[i], &lists->items[i], err) < 0)
            return -1;
    }
    return 0;
}

struct blocklists *blocklists_load(const char *path, struct err *err)
{
    struct blocklists *lists = xcalloc(1, sizeof(*lists));

    if (path == NULL || path[0] == '\0')
        return lists;
    lists->tree = tree_read(path, kinds, check_value, err);
    if (lists->tree == NULL || fill(lists, err) < 0)
        blocklists_free(&lists);
    return lists;
}

void blocklists_free(struct blocklists **blocklists)
{
    struct blocklists *lists = *blocklists;

    *blocklists = NULL;
    if (lists == NULL)
        return;
    for (size_t i = 0; i < lists->count; i++) {
        free(lists->items[i].listed);
        free(lists->items[i].unusable);
        free(lists->items[i].codes);
    }
    tree_free(&lists->tree);
    free(lists);
}

const struct blocklist *blocklists_all(const struct blocklists *blocklists, size_t *count_r)
{
    *count_r = blocklists->count;
    return blocklists->items;
}

/* --- answers ------------------------------------------------------------------------------ */

static bool is_in_ranges(uint32_t number, const struct blocklist_range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (number >= ranges[i].first && number <= ranges[i].last)
            return true;
    }
    return false;
}

/* What no list may mean as a listing: its errors by convention, and the answers of parked and rewritten names. */
static bool is_refusal(uint32_t number)
{
    return number < LOOPBACK_FIRST || number > LOOPBACK_LAST || number == LOOPBACK_FIRST + 1
           || number >> 8 == 0x7fffff;
}

enum blocklist_answer blocklist_classify(const struct blocklist *list, const struct ip_addr *answer)
{
    uint32_t number = answer->family == AF_INET ? to_number(answer) : 0;

    if (is_refusal(number) || is_in_ranges(number, list->unusable, list->n_unusable))
        return BLOCKLIST_REFUSED;
    if (list->mask != 0)
        return (number & list->mask) != 0 ? BLOCKLIST_LISTED : BLOCKLIST_OTHER;
    if (list->n_listed == 0 || is_in_ranges(number, list->listed, list->n_listed))
        return BLOCKLIST_LISTED;
    return BLOCKLIST_OTHER;
}

void blocklist_add_meaning(const struct blocklist *list, const struct ip_addr *answer, struct str *text)
{
    uint32_t number = answer->family == AF_INET ? to_number(answer) : 0;
    char shown[IP_TEXT_MAX];
    const char *gap = " ";

    ip_format(answer, shown);
    str_add(text, shown);
    for (size_t i = 0; i < list->n_codes; i++) {
        const struct blocklist_code *code = &list->codes[i];
        if (code->bits != 0 ? (number & code->bits) == 0 : !is_in_ranges(number, &code->range, 1))
            continue;
        str_addf(text, "%s%s", gap, code->meaning);
        gap = " and ";
    }
}
