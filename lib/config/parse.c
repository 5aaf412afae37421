/*
 * A configuration file into a struct conf; see parse.h.
 * The kinds of sections come out of the table of options; a value is checked where it is read, and set out of the tree.
 */
#include "config.h"

#include "lib/config/parse.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/config/conf.h"
#include "lib/config/options.h"
#include "lib/config/source.h"
#include "lib/config/syntax.h"
#include "lib/config/tree.h"
#include "lib/config/value.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A domain's policy leaves open what the file leaves out: no defaults. */
static const struct { const char *name, *parent; bool is_titled, with_defaults; } sections[] = {
    { "", "", false, true },
    { "outgoing", "", false, true },
    { "policy", "", false, true },
    { "dns", "", false, true },
    { "postfix", "", false, true },
    { "limits", "", false, true },
    { "egress", "", true, true },
    { "domain", "", true, true },
    { "policy", "domain", false, false },
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

static struct tree_option *make_options(const char *section, bool with_defaults)
{
    struct tree_option *made = NULL;
    size_t n = 0, room = 0;

    for (const struct option *option = options; option->name != NULL; option++) {
        if (strcmp(option->section, section) != 0)
            continue;
        made = xgrow(made, n + 1, &room, sizeof(*made));
        made[n++] = (struct tree_option){
            option->name, option_is_list(option), with_defaults ? option->standard : NULL
        };
        made[n] = (struct tree_option){ .name = NULL };
    }
    return made;
}

struct kinds {
    struct tree_kind rows[SECTIONS + 1];
    struct tree_option *options[SECTIONS];
};

static void kinds_init(struct kinds *kinds)
{
    for (size_t i = 0; i < SECTIONS; i++) {
        kinds->options[i] = make_options(sections[i].name, sections[i].with_defaults);
        kinds->rows[i] = (struct tree_kind){ sections[i].name, sections[i].parent, sections[i].is_titled,
                                             sections[i].is_titled, kinds->options[i] };
    }
    kinds->rows[SECTIONS] = (struct tree_kind){ .name = NULL };
}

static void kinds_clear(struct kinds *kinds)
{
    for (size_t i = 0; i < SECTIONS; i++)
        free(kinds->options[i]);
}

static int check(const char *section, const char *option, const char *value, struct err *err)
{
    return value_check(option_find(section, option), value, err);
}

/* --- what the sections have to be ---------------------------------------------- */

static bool has_selectors(const struct tree_section *egress)
{
    return tree_entry(egress, "senders") != NULL || tree_entry(egress, "recipients") != NULL ||
           tree_entry(egress, "users") != NULL || tree_entry(egress, "daemons") != NULL;
}

static int check_egress(const struct tree_section *file, const struct tree_section *egress, struct err *err)
{
    char *name = syntax_label(egress->title);

    if (name == NULL)
        return tree_error(egress, NULL, err, "the name of an egress has letters, digits, '-', '_' and '.', at most 64");
    free(name);
    for (const struct tree_section *other = file->sections; other != egress; other++) {
        if (other->kind == egress->kind && !has_selectors(egress) && !has_selectors(other))
            return tree_error(egress, NULL, err, "egress '%s' has no senders, recipients, users or daemons, and "
                              "neither has '%s': only one can be the default", egress->title, other->title);
    }
    return 0;
}

static int check_domain(const struct tree_section *file, const struct tree_section *domain, struct err *err)
{
    char *name = syntax_domains(domain->title);
    int rc = 0;

    if (name == NULL)
        return tree_error(domain, NULL, err, "the title of a domain section is not a domain name or .domain");
    for (const struct tree_section *other = file->sections; other != domain && rc == 0; other++) {
        char *known = other->kind == domain->kind ? syntax_domains(other->title) : NULL;
        if (known != NULL && strcmp(name, known) == 0)
            rc = tree_error(domain, NULL, err, "duplicate section '%s'", name);
        free(known);
    }
    free(name);
    return rc;
}

/* --- the values, into the struct -------------------------------------------- */

/* From the root, since the daemon changes its directory; caller frees. */
static char *absolute(const char *file, const char *path)
{
    char *beside = source_beside(file, path);

    if (*beside == '/')
        return beside;
    char *here = getcwd(NULL, 0);
    char *whole = xasprintf("%s/%s", here == NULL ? "" : here, beside);
    free(here);
    free(beside);
    return whole;
}

static int fill_entry(const struct tree_section *section, const struct tree_entry *entry, void *base, struct err *err)
{
    const struct option *option = option_find(section->kind->name, entry->name);

    for (size_t i = 0; i < entry->count; i++) {
        const char *value = entry->values[i];
        bool is_path = option->type == OPTION_PATH && *value != '\0' && *value != '/' && entry->file != NULL;
        char *path = is_path ? absolute(entry->file, value) : NULL;
        struct err why;
        int rc = value_set(option, base, path == NULL ? value : path, &why);
        free(path);
        if (rc < 0)
            return tree_error(section, entry, err, "%s", why.text);
    }
    return 0;
}

static int fill_section(const struct tree_section *section, void *base, struct err *err)
{
    for (size_t i = 0; i < section->n_entries; i++) {
        if (fill_entry(section, &section->entries[i], base, err) < 0)
            return -1;
    }
    return 0;
}

static void policy_reset(struct conf_policy *policy)
{
    for (int verdict = 0; verdict < VERDICT_COUNT; verdict++)
        policy->action[verdict] = -1;
    policy->action[VERDICT_ACCEPT] = ACTION_ACCEPT;
    policy->recipients = -1;
}

static int add_egress(const struct tree_section *section, struct conf *conf, struct err *err)
{
    struct conf_egress *egress = &conf->egress[conf->n_egress++];

    egress->name = xstrdup(section->title);
    return fill_section(section, egress, err);
}

static int add_domain(const struct tree_section *section, struct conf *conf, struct err *err)
{
    struct conf_domain *domain = &conf->domains[conf->n_domains++];

    domain->name = syntax_domains(section->title);
    policy_reset(&domain->policy);
    if (fill_section(section, domain, err) < 0)
        return -1;
    return fill_section(tree_only(section, "policy"), &domain->policy, err);
}

static int fill(const struct tree_section *file, struct conf *conf, struct err *err)
{
    int rc = fill_section(file, conf, err);

    conf->egress = xcalloc(file->n_sections + 1, sizeof(*conf->egress));
    conf->domains = xcalloc(file->n_sections, sizeof(*conf->domains));
    policy_reset(&conf->policy);
    for (size_t i = 0; i < file->n_sections && rc == 0; i++) {
        const struct tree_section *section = &file->sections[i];
        if (strcmp(section->kind->name, "egress") == 0)
            rc = check_egress(file, section, err) < 0 ? -1 : add_egress(section, conf, err);
        else if (strcmp(section->kind->name, "domain") == 0)
            rc = check_domain(file, section, err) < 0 ? -1 : add_domain(section, conf, err);
        else if (strcmp(section->kind->name, "policy") == 0)
            rc = fill_section(section, &conf->policy, err);
        else
            rc = fill_section(section, conf, err);
    }
    return rc;
}

int parse_file(const char *path, struct conf *conf, struct err *err)
{
    struct kinds kinds;
    int rc = -1;

    kinds_init(&kinds);
    struct tree *tree = tree_read(path, kinds.rows, check, err);
    if (tree != NULL)
        rc = fill(tree_root(tree), conf, err);
    tree_free(&tree);
    kinds_clear(&kinds);
    return rc;
}
