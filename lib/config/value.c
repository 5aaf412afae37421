/*
 * One value of an option, by its type; see value.h.
 * A type is a row of kinds[]: how it is parsed, printed and freed.
 */
#include "config.h"

#include "lib/config/value.h"

#include "lib/base/err.h"
#include "lib/base/ip.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/config/conf.h"
#include "lib/config/syntax.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    long factor;
};

static const struct unit durations[] = {        /* factors in milliseconds */
    { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { NULL, 0 }
};
static const struct unit sizes[] = { { "m", 1024 * 1024 }, { "k", 1024 }, { "", 1 }, { NULL, 0 } };
static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };

struct kind {
    int (*parse)(const struct option *option, void *base, const char *text, struct err *err);
    size_t (*count)(const struct option *option, const void *base);
    void (*text)(const struct option *option, const void *base, size_t i, struct str *out);
    void (*clear)(const struct option *option, void *base);
    bool is_list;
    bool is_quoted;                         /* in a file */
    char *(*canonical)(const char *text);   /* of strings and their items: the form that is stored, or NULL */
    const char *expected;                   /* what canonical accepts */
};

static const struct kind kinds[];

static void *field(const struct option *option, void *base)
{
    return (char *)base + option->offset;
}

static const void *const_field(const struct option *option, const void *base)
{
    return (const char *)base + option->offset;
}

/* --- numbers ---------------------------------------------------------------- */

/* Digits, then a unit: -1 for anything else, LONG_MAX for what is too large to tell. */
static long parse_number(const char *text, const struct unit *units, long bare)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0)
        return -1;
    long factor = text[digits] == '\0' ? bare : 0;
    for (const struct unit *unit = units; factor == 0 && unit->name != NULL; unit++) {
        if (strcmp(text + digits, unit->name) == 0)
            factor = unit->factor;
    }
    if (factor == 0)
        return -1;

    long value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (value > (LONG_MAX / factor - 9) / 10)
            return LONG_MAX;
        value = value * 10 + (text[i] - '0');
    }
    return value * factor;
}

static void print_number(long value, const struct unit *units, struct str *out)
{
    const struct unit *unit = units;

    while (unit[1].name != NULL && (value == 0 ? unit->factor > 1000 : value % unit->factor != 0))
        unit++;
    str_addf(out, "%ld%s", value / unit->factor, unit->name);
}

static const struct unit *units_of(const struct option *option)
{
    switch (option->type) {
    case OPTION_DURATION:
    case OPTION_SECONDS:
        return durations;
    case OPTION_SIZE:
        return sizes;
    default:
        return plain;
    }
}

/* What the option's number is multiplied with to be in its smallest unit. */
static long scale_of(const struct option *option)
{
    return option->type == OPTION_SECONDS ? 1000 : 1;
}

static int store_int(const struct option *option, void *base, long value, struct err *err)
{
    if (value < option->min || value > option->max) {
        struct str bounds = STR_EMPTY;
        value_print_bounds(option, &bounds);
        err_set(err, "must be between %s", str_get(&bounds));
        str_clear(&bounds);
        return -1;
    }
    int stored = (int)value;
    memcpy(field(option, base), &stored, sizeof(stored));
    return 0;
}

static int load_int(const struct option *option, const void *base)
{
    int value;

    memcpy(&value, const_field(option, base), sizeof(value));
    return value;
}

static int parse_int(const struct option *option, void *base, const char *text, struct err *err)
{
    long value = parse_number(text, plain, 1);

    return value < 0 ? syntax_refuse(err, text, "is not a whole number") : store_int(option, base, value, err);
}

static int parse_limit(const struct option *option, void *base, const char *text, struct err *err)
{
    const int none = -1;

    if (strcmp(text, "auto") != 0)
        return parse_int(option, base, text, err);
    memcpy(field(option, base), &none, sizeof(none));
    return 0;
}

static int parse_duration(const struct option *option, void *base, const char *text, struct err *err)
{
    long value = parse_number(text, durations, 1000);

    if (value < 0)
        return syntax_refuse(err, text, "is not a duration (such as 500ms, 3s, 10m, 2h or 1d)");
    if (value != LONG_MAX && value % scale_of(option) != 0)
        return syntax_refuse(err, text, "is not a whole number of seconds");
    return store_int(option, base, value == LONG_MAX ? value : value / scale_of(option), err);
}

static int parse_size(const struct option *option, void *base, const char *text, struct err *err)
{
    long value = parse_number(text, sizes, 1);

    return value < 0 ? syntax_refuse(err, text, "is not a size (such as 4096, 64k or 1m)")
                     : store_int(option, base, value, err);
}

static void scaled_text(const struct option *option, const void *base, size_t i, struct str *out)
{
    (void)i;
    print_number(load_int(option, base) * scale_of(option), units_of(option), out);
}

static void limit_text(const struct option *option, const void *base, size_t i, struct str *out)
{
    if (load_int(option, base) < 0)
        str_add(out, "auto");
    else
        scaled_text(option, base, i, out);
}

static int parse_mode(const struct option *option, void *base, const char *text, struct err *err)
{
    size_t len = strlen(text);

    if (len == 0 || len > 5 || strspn(text, "01234567") != len)
        return syntax_refuse(err, text, "is not an octal mode (such as 0660)");
    return store_int(option, base, strtol(text, NULL, 8), err);
}

static void mode_text(const struct option *option, const void *base, size_t i, struct str *out)
{
    (void)i;
    str_addf(out, "%04o", (unsigned)load_int(option, base));
}

/* --- words ------------------------------------------------------------------ */

static int parse_bool(const struct option *option, void *base, const char *text, struct err *err)
{
    static const struct { const char *word; bool value; } words[] = {
        { "yes", true }, { "true", true }, { "on", true }, { "no", false }, { "false", false }, { "off", false },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i].word) == 0) {
            memcpy(field(option, base), &words[i].value, sizeof(bool));
            return 0;
        }
    }
    return syntax_refuse(err, text, "is not yes or no");
}

static void bool_text(const struct option *option, const void *base, size_t i, struct str *out)
{
    (void)i;
    bool value;

    memcpy(&value, const_field(option, base), sizeof(value));
    str_add(out, value ? "yes" : "no");
}

static int find_choice(const struct option *option, const char *text, struct err *err)
{
    struct str why = STR_EMPTY;

    str_add(&why, "is not one of");
    for (int i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            str_clear(&why);
            return i;
        }
        str_addf(&why, "%s %s", i == 0 ? "" : ",", option->choices[i]);
    }
    syntax_refuse(err, text, str_get(&why));
    str_clear(&why);
    return -1;
}

static int parse_choice(const struct option *option, void *base, const char *text, struct err *err)
{
    int choice = find_choice(option, text, err);

    if (choice < 0)
        return -1;
    memcpy(field(option, base), &choice, sizeof(choice));
    return 0;
}

static void choice_text(const struct option *option, const void *base, size_t i, struct str *out)
{
    (void)i;
    str_add(out, option->choices[load_int(option, base)]);
}

/* --- strings ---------------------------------------------------------------- */

void value_print_quoted(const char *text, struct str *out)
{
    str_addc(out, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\' || c == '$')
            str_addf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            str_addf(out, "\\x%02x", c);
        else
            str_addc(out, (char)c);
    }
    str_addc(out, '"');
}

static int canonical_of(const struct option *option, const char *text, char **stored_r, struct err *err)
{
    const struct kind *kind = &kinds[option->type];

    if (option->choices != NULL && find_choice(option, text, err) < 0)
        return -1;
    *stored_r = kind->canonical(text);
    return *stored_r == NULL ? syntax_refuse(err, text, kind->expected) : 0;
}

static int parse_string(const struct option *option, void *base, const char *text, struct err *err)
{
    char **string = field(option, base);
    char *stored;

    if (canonical_of(option, text, &stored, err) < 0)
        return -1;
    free(*string);
    *string = stored;
    return 0;
}

static void string_text(const struct option *option, const void *base, size_t i, struct str *out)
{
    char *const *string = const_field(option, base);
    (void)i;

    str_add(out, *string);
}

static void clear_string(const struct option *option, void *base)
{
    char **string = field(option, base);

    free(*string);
    *string = NULL;
}

/* --- lists ------------------------------------------------------------------ */

static int parse_strings(const struct option *option, void *base, const char *text, struct err *err)
{
    struct conf_strings *list = field(option, base);
    char *stored;

    if (canonical_of(option, text, &stored, err) < 0)
        return -1;
    list->items = xrealloc(list->items, (list->count + 2) * sizeof(*list->items));
    list->items[list->count++] = stored;
    list->items[list->count] = NULL;
    return 0;
}

static size_t strings_count(const struct option *option, const void *base)
{
    const struct conf_strings *list = const_field(option, base);

    return list->count;
}

static void strings_text(const struct option *option, const void *base, size_t i, struct str *out)
{
    const struct conf_strings *list = const_field(option, base);

    str_add(out, list->items[i]);
}

static void clear_strings(const struct option *option, void *base)
{
    struct conf_strings *list = field(option, base);

    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct conf_strings){ NULL, 0 };
}

/* Addresses and networks: an array and, elsewhere, its count. */
static void append(const struct option *option, void *base, const void *item, size_t size)
{
    void **array = field(option, base);
    size_t *count = (void *)((char *)base + option->count_offset);

    *array = xrealloc(*array, (*count + 1) * size);
    memcpy((char *)*array + *count * size, item, size);
    (*count)++;
}

static size_t array_count(const struct option *option, const void *base)
{
    size_t count;

    memcpy(&count, (const char *)base + option->count_offset, sizeof(count));
    return count;
}

static void clear_array(const struct option *option, void *base)
{
    void **array = field(option, base);
    size_t none = 0;

    free(*array);
    *array = NULL;
    memcpy((char *)base + option->count_offset, &none, sizeof(none));
}

static int parse_address(const struct option *option, void *base, const char *text, struct err *err)
{
    struct ip_addr addr;

    if (ip_parse(text, &addr) < 0)
        return syntax_refuse(err, text, "is not an IP address");
    if (!is_unicast(&addr))
        return syntax_refuse(err, text, "is not an address that mail can leave from");
    append(option, base, &addr, sizeof(addr));
    return 0;
}

static void address_text(const struct option *option, const void *base, size_t i, struct str *out)
{
    struct ip_addr *const *array = const_field(option, base);
    char text[IP_TEXT_MAX];

    ip_format(&(*array)[i], text);
    str_add(out, text);
}

static int parse_network(const struct option *option, void *base, const char *text, struct err *err)
{
    struct ip_net net;

    if (ip_net_parse(text, &net) < 0)
        return syntax_refuse(err, text, "is not an IP address or network (such as 192.0.2.0/24)");
    append(option, base, &net, sizeof(net));
    return 0;
}

static void network_text(const struct option *option, const void *base, size_t i, struct str *out)
{
    struct ip_net *const *array = const_field(option, base);
    const struct ip_net *net = &(*array)[i];
    char text[IP_TEXT_MAX + 4];

    if (net->prefix == (net->addr.family == AF_INET ? 32 : 128))
        ip_format(&net->addr, text);
    else
        ip_net_format(net, text);
    str_add(out, text);
}

/* --- the types -------------------------------------------------------------- */

static void clear_nothing(const struct option *option, void *base)
{
    (void)option;
    (void)base;
}

static size_t one(const struct option *option, const void *base)
{
    (void)option;
    (void)base;
    return 1;
}

#define SCALAR(parse, text) { parse, one, text, clear_nothing, false, false, NULL, NULL }
#define TEXT(canonical, expected) { parse_string, one, string_text, clear_string, false, true, canonical, expected }
#define LIST(canonical, expected) \
    { parse_strings, strings_count, strings_text, clear_strings, true, true, canonical, expected }
#define ARRAY(parse, text) { parse, array_count, text, clear_array, true, true, NULL, NULL }

static const struct kind kinds[] = {
    [OPTION_STRING] = TEXT(syntax_line, "has a control character or is over 1000 bytes"),
    [OPTION_PATH] = TEXT(syntax_line, "has a control character or is over 1000 bytes"),
    [OPTION_SOCKET] = TEXT(syntax_socket, "is not a socket: local:/PATH, inet:PORT@HOST or inet6:PORT@HOST"),
    [OPTION_DOMAIN] = TEXT(syntax_domain, "is not a domain name"),
    [OPTION_BOOL] = SCALAR(parse_bool, bool_text),
    [OPTION_INT] = SCALAR(parse_int, scaled_text),
    [OPTION_LIMIT] = SCALAR(parse_limit, limit_text),
    [OPTION_MODE] = SCALAR(parse_mode, mode_text),
    [OPTION_DURATION] = SCALAR(parse_duration, scaled_text),
    [OPTION_SECONDS] = SCALAR(parse_duration, scaled_text),
    [OPTION_SIZE] = SCALAR(parse_size, scaled_text),
    [OPTION_CHOICE] = SCALAR(parse_choice, choice_text),
    [OPTION_STRINGS] = LIST(syntax_item, "is empty, has a control character or is over 1000 bytes"),
    [OPTION_DOMAINS] = LIST(syntax_domains, "is not a domain name or .domain"),
    [OPTION_SELECTORS] = LIST(syntax_domain, "is not a selector"),
    [OPTION_PATTERNS] = LIST(syntax_pattern, "is not user@domain, @domain, @.domain or <>"),
    [OPTION_SERVERS] = LIST(syntax_server, "is not a server address: ADDR or ADDR@PORT"),
    [OPTION_TABLES] = LIST(syntax_table, "is not a table, TYPE:NAME"),
    [OPTION_ADDRESSES] = ARRAY(parse_address, address_text),
    [OPTION_NETWORKS] = ARRAY(parse_network, network_text),
};

int value_set(const struct option *option, void *base, const char *text, struct err *err)
{
    return kinds[option->type].parse(option, base, text, err);
}

int value_check(const struct option *option, const char *text, struct err *err)
{
    struct { _Alignas(max_align_t) char value[sizeof(struct conf_strings)]; size_t count; } scratch = { 0 };
    struct option here = *option;

    here.offset = 0;
    here.count_offset = offsetof(typeof(scratch), count);
    int rc = value_set(&here, &scratch, text, err);
    value_clear(&here, &scratch);
    return rc;
}

bool value_is_set(const struct option *option, const void *base)
{
    return option->type != OPTION_CHOICE || *(const int *)const_field(option, base) >= 0;
}

size_t value_count(const struct option *option, const void *base)
{
    return kinds[option->type].count(option, base);
}

void value_text(const struct option *option, const void *base, size_t i, struct str *out)
{
    kinds[option->type].text(option, base, i, out);
}

static void print_one(const struct option *option, const void *base, size_t i, struct str *out)
{
    struct str text = STR_EMPTY;

    value_text(option, base, i, &text);
    if (kinds[option->type].is_quoted)
        value_print_quoted(str_get(&text), out);
    else
        str_add(out, str_get(&text));
    str_clear(&text);
}

void value_print(const struct option *option, const void *base, struct str *out)
{
    size_t count = value_count(option, base);

    if (!option_is_list(option)) {
        print_one(option, base, 0, out);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        str_add(out, i == 0 ? "{ " : ", ");
        print_one(option, base, i, out);
    }
    str_add(out, count == 0 ? "{}" : " }");
}

void value_print_bounds(const struct option *option, struct str *out)
{
    if (option->type == OPTION_MODE) {
        str_addf(out, "%04lo and %04lo", (unsigned long)option->min, (unsigned long)option->max);
        return;
    }
    print_number(option->min * scale_of(option), units_of(option), out);
    str_add(out, " and ");
    print_number(option->max * scale_of(option), units_of(option), out);
}

void value_clear(const struct option *option, void *base)
{
    kinds[option->type].clear(option, base);
}

bool option_is_list(const struct option *option)
{
    return kinds[option->type].is_list;
}
