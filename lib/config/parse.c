/*
 * A configuration file into a struct conf; see parse.h.  The only user of confuse.h.
 *
 * libconfuse reads the syntax: it knows every option as a string or a list of strings, checked value by value in its
 * callback, where the line is still known.  Its own include() loses files and memory on an error, so ours parses the
 * other file within the call.
 */
#include "config.h"

#include "lib/config/parse.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/config/conf.h"
#include "lib/config/options.h"
#include "lib/config/source.h"
#include "lib/config/suggest.h"
#include "lib/config/syntax.h"
#include "lib/config/value.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INCLUDE_MAX 10      /* files in files */

struct parse {
    const char *file;       /* being read; NULL while the defaults are */
    int depth;              /* of includes */
    char *path;             /* the last relative path made absolute */
    bool has_failed;
    struct err *err;        /* the first error */
};

struct rows {
    cfg_opt_t *items;
    size_t count, room;
};

/* The context travels in every section's "include" row: libconfuse hands callbacks no pointer of ours. */
static struct parse *parse_of(const cfg_t *cfg)
{
    const cfg_opt_t *opt = cfg->opts;

    while (opt->type != CFGT_FUNC)
        opt++;
    return (void *)opt->simple_value.ptr;
}

static const char *section_of(const cfg_t *cfg)
{
    return strcmp(cfg->name, "root") == 0 ? "" : cfg->name;
}

/* Keeps the first error: what libconfuse says after it is only a consequence. */
static int report(const cfg_t *cfg, const char *text)
{
    struct parse *parse = parse_of(cfg);

    if (!parse->has_failed)
        err_set(parse->err, "%s:%d: %s", parse->file, cfg->line, text);
    parse->has_failed = true;
    return -1;
}

static int reportf(const cfg_t *cfg, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int reportf(const cfg_t *cfg, const char *fmt, ...)
{
    struct err text = { "" };
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text.text, sizeof(text.text), fmt, ap);
    va_end(ap);
    return report(cfg, text.text);
}

/* --- what libconfuse calls -------------------------------------------------- */

/* What libconfuse says of syntax stays, in our frame; its words for an unknown name become ours, with advice. */
static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
    struct str text = STR_EMPTY, safe = STR_EMPTY;

    if (strcmp(fmt, "no such option '%s'") == 0) {
        const char *name = va_arg(ap, const char *);
        str_addf(&text, "unknown option '%s'", name);
        suggest_option(section_of(cfg), name, &text);
    } else if (strcmp(fmt, "found duplicate title '%s'") == 0) {
        str_addf(&text, "duplicate section '%s'", va_arg(ap, const char *));
    } else {
        struct err said = { "" };
        vsnprintf(said.text, sizeof(said.text), fmt, ap);
        str_add(&text, said.text);
    }
    str_add_escaped(&safe, str_get(&text), 400, false);
    report(cfg, str_get(&safe));
    str_clear(&safe);
    str_clear(&text);
}

/* The path as seen from the directory of the file being read; caller frees. */
static char *beside(const struct parse *parse, const char *path)
{
    const char *slash = strrchr(parse->file, '/');

    if (*path == '/' || slash == NULL)
        return xstrdup(path);
    return xasprintf("%.*s%s", (int)(slash + 1 - parse->file), parse->file, path);
}

/* The same, from the root: the daemon changes its directory.  Kept in parse->path. */
static const char *absolute(struct parse *parse, const char *path)
{
    free(parse->path);
    parse->path = beside(parse, path);
    if (*parse->path != '/') {
        char *here = getcwd(NULL, 0);
        char *whole = xasprintf("%s/%s", here == NULL ? "" : here, parse->path);
        free(here);
        free(parse->path);
        parse->path = whole;
    }
    return parse->path;
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
    struct parse *parse = parse_of(cfg);
    const struct option *option = option_find(section_of(cfg), opt->name);
    struct err err;

    if (value_check(option, value, &err) < 0) {
        const char *title = cfg_title(cfg);
        return reportf(cfg, "option '%s%s%s%s%s': %s", section_of(cfg), title == NULL ? "" : " ",
                       title == NULL ? "" : title, *section_of(cfg) == '\0' ? "" : ": ", opt->name, err.text);
    }
    if (option->type == OPTION_PATH && *value != '\0' && *value != '/')
        value = absolute(parse, value);
    memcpy(result, &value, sizeof(value));
    return 0;
}

static int parse_text(cfg_t *cfg, struct str *text)
{
    FILE *stream = fmemopen(text->data, text->len, "r");

    if (stream == NULL)
        return reportf(cfg, "cannot open a stream in memory");
    int rc = cfg_parse_fp(cfg, stream) == CFG_SUCCESS ? 0 : -1;
    if (rc < 0)
        report(cfg, "syntax error");
    fclose(stream);
    return rc;
}

static int on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
    struct parse *parse = parse_of(cfg);
    struct parse outer = *parse;
    int line = cfg->line;
    struct str text = STR_EMPTY;
    struct err err;

    (void)opt;
    if (argc != 1 || parse->depth == INCLUDE_MAX)
        return reportf(cfg, "include() is nested over %d files deep", INCLUDE_MAX);
    char *path = beside(parse, argv[0]);
    int rc = source_read(path, &text, &err);
    if (rc < 0) {
        report(cfg, err.text);
    } else if ((rc = source_check(&text, path, &err)) < 0) {
        parse->has_failed = true;
        err_set(parse->err, "%s", err.text);
    } else {
        parse->file = path;
        parse->depth++;
        rc = parse_text(cfg, &text);
        parse->file = outer.file;
        parse->depth = outer.depth;
        cfg->line = line;
    }
    free(path);
    str_clear(&text);
    return rc;
}

static bool has_selectors(cfg_t *egress)
{
    return cfg_size(egress, "senders") + cfg_size(egress, "recipients") + cfg_size(egress, "users") +
           cfg_size(egress, "daemons") > 0;
}

static int on_egress(cfg_t *cfg, cfg_opt_t *opt)
{
    unsigned int last = cfg_opt_size(opt) - 1;
    cfg_t *egress = cfg_opt_getnsec(opt, last);
    char *name = syntax_label(cfg_title(egress));

    if (name == NULL)
        return reportf(cfg, "the name of an egress has letters, digits, '-', '_' and '.', at most 64");
    free(name);
    for (unsigned int i = 0; i < last && !has_selectors(egress); i++) {
        cfg_t *other = cfg_opt_getnsec(opt, i);
        if (!has_selectors(other))
            return reportf(cfg, "egress '%s' has no senders, recipients, users or daemons, and neither has '%s': "
                           "only one can be the default", cfg_title(egress), cfg_title(other));
    }
    return 0;
}

static int on_domain(cfg_t *cfg, cfg_opt_t *opt)
{
    unsigned int last = cfg_opt_size(opt) - 1;
    char *name = syntax_domains(cfg_title(cfg_opt_getnsec(opt, last)));
    int rc = 0;

    if (name == NULL)
        return reportf(cfg, "the title of a domain section is not a domain name or .domain");
    for (unsigned int i = 0; i < last && rc == 0; i++) {
        char *other = syntax_domains(cfg_title(cfg_opt_getnsec(opt, i)));
        if (other != NULL && strcmp(name, other) == 0)
            rc = reportf(cfg, "duplicate section '%s'", name);
        free(other);
    }
    free(name);
    return rc;
}

/* --- the table, as libconfuse wants it -------------------------------------- */

static cfg_opt_t *add_row(struct rows *rows, const char *name, cfg_type_t type, int flags)
{
    rows->items = xgrow(rows->items, rows->count + 1, &rows->room, sizeof(*rows->items));
    cfg_opt_t *row = &rows->items[rows->count++];
    row->name = name;
    row->type = type;
    row->flags = flags;
    return row;
}

static void add_section(struct rows *rows, const char *name, struct rows *content, int flags,
                        cfg_validate_callback_t check)
{
    cfg_opt_t *row = add_row(rows, name, CFGT_SEC, flags);

    row->subopts = content->items;
    row->validcb = check;
}

/* The options of a section and include(); without defaults, what is not in the file stays unset. */
static void add_options(struct rows *rows, struct parse *parse, const char *section, bool with_defaults)
{
    for (const struct option *option = options; option->name != NULL; option++) {
        if (strcmp(option->section, section) != 0)
            continue;
        bool has_default = with_defaults && option->standard != NULL;
        cfg_opt_t *row = add_row(rows, option->name, CFGT_STR, (option_is_list(option) ? CFGF_LIST : CFGF_NONE) |
                                                                   (has_default ? CFGF_NONE : CFGF_NODEFAULT));
        row->parsecb = on_value;
        row->def.parsed = has_default ? xstrdup(option->standard) : NULL;
    }
    cfg_opt_t *include = add_row(rows, "include", CFGT_FUNC, CFGF_NONE);
    include->func = on_include;
    include->simple_value.ptr = (void *)parse;
}

static void rows_clear(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free(rows->items[i].def.parsed);
    free(rows->items);
}

static cfg_t *new_cfg(struct parse *parse)
{
    static const char *const plain[] = { "outgoing", "policy", "dns", "limits" };
    enum { PLAIN = sizeof(plain) / sizeof(plain[0]) };
    struct rows root = { 0 }, egress = { 0 }, domain = { 0 }, domain_policy = { 0 }, sections[PLAIN] = { { 0 } };
    const int titled = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;

    add_options(&root, parse, "", true);
    for (size_t i = 0; i < PLAIN; i++) {
        add_options(&sections[i], parse, plain[i], true);
        add_section(&root, plain[i], &sections[i], CFGF_NONE, NULL);
    }
    add_options(&egress, parse, "egress", true);
    add_section(&root, "egress", &egress, titled, on_egress);
    add_options(&domain_policy, parse, "policy", false);
    add_options(&domain, parse, "domain", true);
    add_section(&domain, "policy", &domain_policy, CFGF_NONE, NULL);
    add_section(&root, "domain", &domain, titled, on_domain);

    cfg_t *cfg = cfg_init(root.items, CFGF_NONE);
    if (cfg == NULL)
        abort();
    cfg_set_error_function(cfg, on_error);
    rows_clear(&root);
    rows_clear(&egress);
    rows_clear(&domain);
    rows_clear(&domain_policy);
    for (size_t i = 0; i < PLAIN; i++)
        rows_clear(&sections[i]);
    return cfg;
}

/* --- the values, into the struct -------------------------------------------- */

static int fill_section(cfg_t *cfg, void *base, struct err *err)
{
    for (const struct option *option = options; option->name != NULL; option++) {
        if (strcmp(option->section, section_of(cfg)) != 0)
            continue;
        cfg_opt_t *opt = cfg_getopt(cfg, option->name);
        for (unsigned int i = 0; i < cfg_opt_size(opt); i++) {
            if (value_set(option, base, cfg_opt_getnstr(opt, i), err) < 0)
                return err_prefix(err, "option '%s'", option->name);
        }
    }
    return 0;
}

static void policy_reset(struct conf_policy *policy)
{
    for (int verdict = 0; verdict < VERDICT_COUNT; verdict++)
        policy->action[verdict] = -1;
    policy->action[VERDICT_ACCEPT] = ACTION_ACCEPT;
}

static int fill_egress(cfg_t *cfg, struct conf *conf, struct err *err)
{
    unsigned int n = cfg_size(cfg, "egress");

    conf->egress = xcalloc(n + 1, sizeof(*conf->egress));
    for (unsigned int i = 0; i < n; i++) {
        cfg_t *section = cfg_getnsec(cfg, "egress", i);
        struct conf_egress *egress = &conf->egress[conf->n_egress++];
        egress->name = xstrdup(cfg_title(section));
        if (fill_section(section, egress, err) < 0)
            return -1;
    }
    return 0;
}

static int fill_domains(cfg_t *cfg, struct conf *conf, struct err *err)
{
    unsigned int n = cfg_size(cfg, "domain");

    conf->domains = xcalloc(n, sizeof(*conf->domains));
    for (unsigned int i = 0; i < n; i++) {
        cfg_t *section = cfg_getnsec(cfg, "domain", i);
        struct conf_domain *domain = &conf->domains[conf->n_domains++];
        domain->name = syntax_domains(cfg_title(section));
        policy_reset(&domain->policy);
        if (fill_section(cfg_getsec(section, "policy"), &domain->policy, err) < 0)
            return -1;
    }
    return 0;
}

static int fill(cfg_t *cfg, struct conf *conf, struct err *err)
{
    policy_reset(&conf->policy);
    if (fill_section(cfg, conf, err) < 0 || fill_section(cfg_getsec(cfg, "outgoing"), conf, err) < 0 ||
        fill_section(cfg_getsec(cfg, "policy"), &conf->policy, err) < 0 ||
        fill_section(cfg_getsec(cfg, "dns"), conf, err) < 0 || fill_section(cfg_getsec(cfg, "limits"), conf, err) < 0)
        return -1;
    return fill_egress(cfg, conf, err) < 0 ? -1 : fill_domains(cfg, conf, err);
}

int parse_file(const char *path, struct conf *conf, struct err *err)
{
    struct str text = STR_EMPTY;
    struct parse parse = { .err = err };

    if (path != NULL && (source_read(path, &text, err) < 0 || source_check(&text, path, err) < 0)) {
        str_clear(&text);
        return -1;
    }
    cfg_t *cfg = new_cfg(&parse);
    int rc = 0;
    if (path != NULL) {
        parse.file = path;
        rc = parse_text(cfg, &text);
    }
    if (rc == 0)
        rc = fill(cfg, conf, err);
    cfg_free(cfg);
    free(parse.path);
    str_clear(&text);
    return rc;
}
