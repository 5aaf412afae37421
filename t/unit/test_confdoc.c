/*
 * lib/config: the table of options against itself, the sample and the manual page, and files with mistakes made by
 * chance: none may crash, leak or be refused without a word.
 */
#include "config.h"

#include "lib/base/ip.h"
#include "lib/config/options.h"
#include "lib/config/source.h"
#include "lib/config/value.h"
#include "t/unit/conffile.h"
#include "t/unit/unit.h"

#include <ctype.h>
#include <stdint.h>

#define MUTATIONS 3000

static char *read_tree(const char *file)
{
    struct str text = STR_EMPTY;
    struct err err = { "" };
    ck_assert_msg(source_read(unit_path(file), &text, &err) == 0, "%s", err.text);
    return str_steal(&text);
}

/* Where a row's value is in a configuration, which has a domain section. */
static const void *base_of(const struct option *option, const struct conf *conf)
{
    if (strcmp(option->section, "domain") == 0)
        return &conf->domains[0];
    if (strcmp(option->section, "egress") == 0)
        return &conf->egress[conf->n_egress - 1];
    return strcmp(option->section, "policy") == 0 ? (const void *)&conf->policy : conf;
}

START_TEST(defaults_are_what_the_table_says)
{
    struct conf *conf = conffile_load("domain example.com { }\n");

    for (const struct option *option = options; option->name != NULL; option++) {
        struct str got = STR_EMPTY;
        value_print(option, base_of(option, conf), &got);
        ck_assert_str_eq(str_get(&got), option->standard == NULL ? "\"" CONFFILE_HOST "\"" : option->standard);
        ck_assert_ptr_nonnull(option->help);
        ck_assert_ptr_eq(option_find(option->section, option->name), option);
        str_clear(&got);
    }
    ck_assert_ptr_null(option_find("dns", "socket"));
    conf_unref(&conf);
}
END_TEST

START_TEST(bounds_hold)
{
    struct conf *conf = conf_load_as(NULL, CONFFILE_HOST, NULL);
    int numbers = 0;

    for (const struct option *option = options; option->name != NULL; option++) {
        if (option->max == 0)
            continue;
        struct str bounds = STR_EMPTY, want = STR_EMPTY;
        value_print_bounds(option, &bounds);
        str_addf(&want, "must be between %s", str_get(&bounds));
        const char *unit = option->type == OPTION_DURATION ? "ms" : option->type == OPTION_SECONDS ? "s" : "";
        const struct { long value; bool ok; } cases[] = {
            { option->min, true }, { option->max, true }, { option->max + 1, false }, { option->min - 1, false },
        };
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && cases[i].value >= 0; i++) {
            char text[64];
            struct err err = { "" };
            snprintf(text, sizeof(text), option->type == OPTION_MODE ? "%lo%s" : "%ld%s", cases[i].value, unit);
            ck_assert_msg((value_check(option, text, &err) == 0) == cases[i].ok, "%s = %s", option->name, text);
            if (!cases[i].ok)
                ck_assert_str_eq(err.text, str_get(&want));
        }
        str_clear(&bounds);
        str_clear(&want);
        numbers++;
    }
    ck_assert_int_eq(numbers, 15);
    conf_unref(&conf);
}
END_TEST

/* want NULL: refused. */
static const struct { const char *section, *name, *text, *want; } values[] = {
    { "dns", "timeout", "500ms", "500ms" }, { "dns", "timeout", "0060", "1m" }, { "dns", "timeout", "1000ms", "1s" },
    { "dns", "timeout", "", NULL }, { "dns", "timeout", "s", NULL }, { "dns", "timeout", "1 s", NULL },
    { "dns", "timeout", "1.5s", NULL }, { "dns", "timeout", "1S", NULL }, { "dns", "timeout", "+1s", NULL },
    { "dns", "max_ttl", "2", "2s" }, { "dns", "max_ttl", "3000ms", "3s" }, { "dns", "max_ttl", "1ms", NULL },
    { "dns", "cache_entries", "1000000", "1000000" }, { "dns", "cache_entries", "1k", NULL },
    { "limits", "header_bytes", "1024k", "1m" }, { "limits", "header_bytes", "9223372036854775807m", NULL },
    { "", "socket_mode", "600", "0600" }, { "", "socket_mode", "", NULL }, { "", "socket_mode", "0x1", NULL },
    { "", "mode", "enforce", "enforce" }, { "", "mode", "Enforce", NULL }, { "", "mode", "", NULL },
    { "", "syslog_facility", "local7", "\"local7\"" }, { "", "syslog_facility", "local8", NULL },
    { "outgoing", "local", "TRUE", "yes" }, { "outgoing", "local", "Off", "no" }, { "outgoing", "local", "1", NULL },
    { "", "socket", "unix:/a", "\"local:/a\"" }, { "", "socket", "local:a", NULL }, { "", "socket", "/a", NULL },
    { "", "socket", "inet:1", "\"inet:1\"" }, { "", "socket", "inet:65535@127.0.0.1", "\"inet:65535@127.0.0.1\"" },
    { "", "socket", "inet:65536@127.0.0.1", NULL }, { "", "socket", "inet:0@127.0.0.1", NULL },
    { "", "socket", "inet:25@", NULL }, { "", "socket", "inet:25@::1", NULL }, { "", "socket", "inet:25@1.2.3", NULL },
    { "", "socket", "inet6:25@::1", "\"inet6:25@::1\"" }, { "", "socket", "inet6:25@127.0.0.1", NULL },
    { "", "socket", "inet:25@host.example", "\"inet:25@host.example\"" }, { "", "socket", "inet:smtp@host", NULL },
    { "", "socket", "", NULL }, { "", "socket", ":", NULL }, { "", "socket", "tcp:25@host", NULL },
    { "", "socket", "local:/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
      "12345678901234567", NULL },
    { "egress", "helo", "MX.Example.", "\"mx.example\"" }, { "egress", "helo", ".example", NULL },
    { "egress", "helo", "", NULL }, { "egress", "helo", "b\xc3\xbc""cher.example", "\"xn--bcher-kva.example\"" },
    { "egress", "addresses", "IPv6:2001:DB8::1", "{ \"2001:db8::1\" }" },
    { "egress", "addresses", "::ffff:192.0.2.1", "{ \"192.0.2.1\" }" }, { "egress", "addresses", "127.0.0.1",
      "{ \"127.0.0.1\" }" }, { "egress", "addresses", "::", NULL }, { "egress", "addresses", "224.0.0.1", NULL },
    { "egress", "addresses", "255.255.255.255", NULL }, { "egress", "addresses", "192.0.2.0/24", NULL },
    { "egress", "senders", "A@B.Example", "{ \"a@b.example\" }" }, { "egress", "senders", "@.B.Example",
      "{ \"@.b.example\" }" }, { "egress", "senders", "a@.b.example", NULL }, { "egress", "senders", "@", NULL },
    { "egress", "senders", "", NULL }, { "egress", "senders", "<>", "{ \"<>\" }" },
    { "egress", "senders", "a@b c", NULL },
    { "egress", "users", "", NULL }, { "egress", "users", "a\tb", NULL }, { "egress", "users", "a b", "{ \"a b\" }" },
    { "outgoing", "networks", "10.1.2.3/8", "{ \"10.0.0.0/8\" }" }, { "outgoing", "networks", "0.0.0.0/0",
      "{ \"0.0.0.0/0\" }" }, { "outgoing", "networks", "10.0.0.0/", NULL }, { "outgoing", "networks", "2001:db8::/32",
      "{ \"2001:db8::/32\" }" }, { "outgoing", "networks", "host", NULL },
    { "outgoing", "local_domains", ".Example", "{ \".example\" }" }, { "outgoing", "local_domains", "..example", NULL },
    { "domain", "selectors", "S1.", "{ \"s1\" }" }, { "domain", "selectors", "a b", NULL },
    { "domain", "selectors", "", NULL },
    { "dns", "servers", "192.0.2.1@5353", "{ \"192.0.2.1@5353\" }" }, { "dns", "servers", "::1@53", "{ \"::1@53\" }" },
    { "dns", "servers", "192.0.2.1@0", NULL }, { "dns", "servers", "192.0.2.1@", NULL },
    { "dns", "servers", "0.0.0.0", NULL },
    { "dns", "servers", "192.0.2.1:53", NULL }, { "dns", "servers", "ns.example", NULL },
    { "dns", "servers", "", NULL },
    { "dns", "servers", "192.0.2.1@53@53", NULL },
};

START_TEST(values_are_read_by_type)
{
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct conf *conf = calloc(1, sizeof(*conf));
        struct conf_egress egress = { 0 };
        const struct option *option = option_find(values[i].section, values[i].name);
        void *base = strcmp(values[i].section, "egress") == 0 ? (void *)&egress : conf;
        struct err err = { "" };
        struct str got = STR_EMPTY;

        ck_assert_ptr_nonnull(option);
        int rc = value_set(option, base, values[i].text, &err);
        ck_assert_msg((rc == 0) == (values[i].want != NULL), "%s = '%s': %s", option->name, values[i].text, err.text);
        ck_assert_int_eq(value_check(option, values[i].text, &err), rc);
        if (rc == 0) {
            value_print(option, base, &got);
            ck_assert_str_eq(str_get(&got), values[i].want);
        } else {
            ck_assert_str_ne(err.text, "");
        }
        value_clear(option, base);
        str_clear(&got);
        free(conf);
    }
}
END_TEST

/* --- the sample ------------------------------------------------------------- */

/* Takes the '#' from "#option = ..." and "#}", but not from "# prose". */
static char *uncomment(const char *sample)
{
    struct str out = STR_EMPTY;
    bool is_start = true;

    for (const char *p = sample; *p != '\0'; p++) {
        if (is_start && *p == '#' && (islower((unsigned char)p[1]) || p[1] == '}'))
            continue;
        is_start = *p == '\n' || (is_start && *p == ' ');
        str_addc(&out, *p);
    }
    return str_steal(&out);
}

/* The sample with everything in force, and the selector that its second egress needs. */
static char *read_sample_in_force(void)
{
    static const char users[] = "users = {}";
    char *sample = read_tree("conf/preflight.conf"), *text = uncomment(sample);
    struct str out = STR_EMPTY;

    const char *at = strstr(text, users);
    ck_assert_ptr_nonnull(at);
    str_addn(&out, text, (size_t)(at - text));
    str_add(&out, "users = { \"newsletter\" }");
    str_add(&out, at + strlen(users));
    free(text);
    free(sample);
    return str_steal(&out);
}

START_TEST(the_sample_is_the_defaults)
{
    char *sample = read_tree("conf/preflight.conf");
    struct conf *conf = conffile_load(sample), *standard = conf_load_as(NULL, CONFFILE_HOST, NULL);
    char *got = conffile_print(conf), *want = conffile_print(standard);

    ck_assert_str_eq(got, want);
    free(got);
    free(want);
    conf_unref(&conf);
    conf_unref(&standard);
    free(sample);
}
END_TEST

/* The first line of an option in its section, as "name = value"; caller frees, NULL where there is none. */
static char *find_line(const char *text, const struct option *option)
{
    char section[32] = "";
    char *copy = strdup(text), *rest = copy, *found = NULL;
    size_t len = strlen(option->name);

    for (char *line = strsep(&rest, "\n"); line != NULL && found == NULL; line = strsep(&rest, "\n")) {
        line += strspn(line, " ");
        if (has_suffix(line, " {") && *line != '#')
            snprintf(section, sizeof(section), "%.*s", (int)strcspn(line, " "), line);
        else if (*line == '}')
            section[0] = '\0';
        else if (strcmp(section, option->section) == 0 && strncmp(line, option->name, len) == 0 && line[len] == ' ')
            found = strdup(line);
    }
    free(copy);
    return found;
}

START_TEST(every_option_is_in_the_sample)
{
    char *sample = read_tree("conf/preflight.conf"), *text = uncomment(sample);

    for (const struct option *option = options; option->name != NULL; option++) {
        char want[200];
        char *line = find_line(text, option);
        ck_assert_msg(line != NULL, "%s: %s is not in the sample", option->section, option->name);
        snprintf(want, sizeof(want), "%s = %s", option->name, option->standard);
        if (option->standard != NULL)
            ck_assert_str_eq(line, want);
        free(line);
    }
    char *in_force = read_sample_in_force();
    struct conf *conf = conffile_load(in_force);
    free(in_force);
    ck_assert_uint_eq(conf->n_egress, 2);
    ck_assert_uint_eq(conf->n_domains, 1);
    conf_unref(&conf);
    free(text);
    free(sample);
}
END_TEST

/* --- the manual page -------------------------------------------------------- */

/* The text of an option in its section of the manual, up to the next item; caller frees, NULL where there is none. */
static char *find_item(const char *manual, const struct option *option)
{
    char head[64], item[64];

    snprintf(head, sizeof(head), *option->section == '\0' ? "\n.Ss Top level\n" : "\n.Ss Section %s", option->section);
    snprintf(item, sizeof(item), "\n.It Ic %s ", option->name);
    const char *section = strstr(manual, head);
    const char *start = section == NULL ? NULL : strstr(section, item);
    if (start == NULL || start > strstr(section, "\n.El\n"))
        return NULL;
    const char *end = strstr(start + 1, "\n.It "), *close = strstr(start, "\n.El\n");
    return strndup(start, (size_t)((end != NULL && end < close ? end : close) - start));
}

/* Text as mdoc has it: quotes as \(dq, and "from MIN to MAX". */
static void add_mdoc(struct str *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"')
            str_add(out, "\\(dq");
        else
            str_addc(out, *text);
    }
}

START_TEST(every_option_is_in_the_manual)
{
    char *manual = read_tree("man/preflight.conf.5");

    for (const struct option *option = options; option->name != NULL; option++) {
        struct str want = STR_EMPTY, bounds = STR_EMPTY;
        char *item = find_item(manual, option);
        ck_assert_msg(item != NULL, "%s: %s is not in the manual", option->section, option->name);
        str_add(&want, option->standard == NULL ? "\nDefault: " : "\nDefault:\n.Ql ");
        if (option->standard != NULL) {
            add_mdoc(&want, option->standard);
            str_add(&want, " .");
        }
        ck_assert_msg(strstr(item, str_get(&want)) != NULL, "no '%s' in %s", str_get(&want), item);
        if (option->max > 0) {
            value_print_bounds(option, &bounds);
            char *and = strstr(bounds.data, " and ");
            str_reset(&want);
            str_addf(&want, "From %.*s to %s.", (int)(and - bounds.data), bounds.data, and + strlen(" and "));
            ck_assert_msg(strstr(item, str_get(&want)) != NULL, "no '%s' in %s", str_get(&want), item);
        }
        for (int i = 0; option->type == OPTION_CHOICE && option->choices[i] != NULL; i++)
            ck_assert_msg(strstr(manual, option->choices[i]) != NULL, "no '%s'", option->choices[i]);
        free(item);
        str_clear(&want);
        str_clear(&bounds);
    }
    free(manual);
}
END_TEST

/* --- mistakes by chance ----------------------------------------------------- */

static uint32_t chance(uint32_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % below;
}

static void mutate(struct str *out, const char *text, uint32_t *state)
{
    static const char *const pieces[] = {
        "{", "}", "(", ")", "=", "+=", ",", "\"", "'", "\\", "#", "//", "/*", "*/", "*", "${", "${HOME}", "|", "\n",
        "\r", "\x01", "\xff", "include(\"x\")", "include(", "egress a {", "domain", "dns", "0", "-1",
        "99999999999999999999",
        "\\777", "\\x00", "%s%n", "a@b", "::1", " ", "default"
    };
    size_t len = strlen(text), at = chance(state, (uint32_t)len), cut = chance(state, 3) == 0 ? chance(state, 40) : 0;

    if (at + cut > len)
        cut = len - at;
    str_reset(out);
    str_addn(out, text, at);
    if (chance(state, 20) == 0)
        return;
    for (uint32_t n = chance(state, 3); n > 0; n--)
        str_add(out, pieces[chance(state, sizeof(pieces) / sizeof(pieces[0]))]);
    str_add(out, text + at + cut);
    if (chance(state, 4) == 0 && out->len > 0)
        out->data[chance(state, (uint32_t)out->len)] = (char)chance(state, 256);
}

START_TEST(survives_mistakes)
{
    char *text = read_sample_in_force();
    struct str mutant = STR_EMPTY, again = STR_EMPTY;
    uint32_t state = 20240229;
    int good = 0, bad = 0;

    for (int i = 0; i < MUTATIONS; i++) {
        struct err err = { "" };
        mutate(&mutant, text, &state);
        if (i % 2 == 1) {
            mutate(&again, str_get(&mutant), &state);
            str_reset(&mutant);
            str_addn(&mutant, again.data, again.len);
        }
        const char *path = conffile_write_bytes("mutant.conf", str_get(&mutant), mutant.len);
        struct conf *conf = conf_load_as(path, CONFFILE_HOST, &err);
        if (conf == NULL) {
            ck_assert_msg(strlen(err.text) > 10, "%d: no error text", i);
            bad++;
            continue;
        }
        char *printed = conffile_print(conf);
        conf_unref(&conf);
        conf = conf_load_as(conffile_write("again.conf", printed), CONFFILE_HOST, &err);
        ck_assert_msg(conf != NULL, "%d: %s\n%s", i, err.text, printed);
        conf_unref(&conf);
        free(printed);
        good++;
    }
    ck_assert_int_gt(good, MUTATIONS / 20);
    ck_assert_int_gt(bad, MUTATIONS / 3);
    str_clear(&mutant);
    str_clear(&again);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("confdoc");
    TCase *tc = tcase_create("confdoc");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, conffile_start, conffile_done);
    tcase_add_test(tc, defaults_are_what_the_table_says);
    tcase_add_test(tc, bounds_hold);
    tcase_add_test(tc, values_are_read_by_type);
    tcase_add_test(tc, the_sample_is_the_defaults);
    tcase_add_test(tc, every_option_is_in_the_sample);
    tcase_add_test(tc, every_option_is_in_the_manual);
    tcase_add_test(tc, survives_mistakes);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
