/*
 * The effective configuration in the file's own syntax; see conf_print in conf.h.
 */
#include "config.h"

#include "lib/base/str.h"
#include "lib/config/conf.h"
#include "lib/config/options.h"
#include "lib/config/value.h"

#include <string.h>

static void print_options(const char *section, const void *base, const char *indent, struct str *out)
{
    for (const struct option *option = options; option->name != NULL; option++) {
        if (strcmp(option->section, section) != 0 || !value_is_set(option, base))
            continue;
        str_addf(out, "%s%s = ", indent, option->name);
        value_print(option, base, out);
        str_addc(out, '\n');
    }
}

static void print_section(const char *section, const void *base, struct str *out)
{
    str_addf(out, "\n%s {\n", section);
    print_options(section, base, "    ", out);
    str_add(out, "}\n");
}

static void print_egress(const struct conf_egress *egress, struct str *out)
{
    str_add(out, "\negress ");
    value_print_quoted(egress->name, out);
    str_add(out, " {\n");
    print_options("egress", egress, "    ", out);
    str_add(out, "}\n");
}

/* Of its policy only what the domain sets itself: the rest follows the policy of all. */
static void print_domain(const struct conf_domain *domain, struct str *out)
{
    str_add(out, "\ndomain ");
    value_print_quoted(domain->name, out);
    str_add(out, " {\n");
    print_options("domain", domain, "    ", out);
    str_add(out, "    policy {\n");
    print_options("policy", &domain->policy, "        ", out);
    str_add(out, "    }\n}\n");
}

int conf_print(const struct conf *conf, FILE *out)
{
    struct str text = STR_EMPTY;

    print_options("", conf, "", &text);
    for (size_t i = 0; i < conf->n_egress; i++)
        print_egress(&conf->egress[i], &text);
    print_section("outgoing", conf, &text);
    print_section("policy", &conf->policy, &text);
    for (size_t i = 0; i < conf->n_domains; i++)
        print_domain(&conf->domains[i], &text);
    print_section("dns", conf, &text);
    print_section("postfix", conf, &text);
    print_section("limits", conf, &text);

    bool ok = fwrite(text.data, 1, text.len, out) == text.len && fflush(out) == 0;
    str_clear(&text);
    return ok ? 0 : -1;
}
