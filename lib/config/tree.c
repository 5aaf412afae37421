/*
 * A configuration file as a tree; see tree.h.  The only user of confuse.h.
 *
 * libconfuse reads the syntax: it knows every option as a string or a list of strings, checked value by value in its
 * callback, where file and line are still known; these are kept and joined to the values at the end.  Its own include()
 * loses files and memory on an error, so ours parses the other file within the call.
 */
#include "config.h"

#include "lib/config/tree.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "lib/base/str.h"
#include "lib/config/source.h"
#include "lib/config/suggest.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define INCLUDE_MAX 10      /* files in files */

struct mark {               /* where an option was last set */
    const cfg_opt_t *opt;
    size_t serial;
    const char *file;
    int line;
};

struct rows {
    cfg_opt_t *items;
    size_t count, room;
};

struct tree {
    struct tree_section root;
    char **files;           /* their names, which marks and nodes point to */
    size_t n_files, room_files;
};

struct parse {
    struct tree *tree;
    const struct tree_kind *kinds;
    tree_check *check;      /* NULL: none */
    const char *file;       /* being read; NULL while the defaults are */
    int depth;              /* of includes */
    struct mark *marks;
    size_t n_marks, room_marks;
    struct rows *rows;      /* one per kind */
    bool has_failed;
    struct err *err;        /* the first error */
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
        err_set(parse->err, "%s:%d: %s", parse->file == NULL ? "default" : parse->file, cfg->line, text);
    parse->has_failed = true;
    return -1;
}

/* "option 'egress bulk: helo': " before the text. */
static void frame(struct err *err, const char *section, const char *title, const char *option)
{
    err_prefix(err, "option '%s%s%s%s%s'", section, title == NULL ? "" : " ", title == NULL ? "" : title,
               *section == '\0' ? "" : ": ", option);
}

static const char *keep_file(struct tree *tree, const char *file)
{
    if (tree->n_files > 0 && strcmp(tree->files[tree->n_files - 1], file) == 0)
        return tree->files[tree->n_files - 1];
    tree->files = xgrow(tree->files, tree->n_files, &tree->room_files, sizeof(*tree->files));
    tree->files[tree->n_files] = xstrdup(file);
    return tree->files[tree->n_files++];
}

/* --- what libconfuse calls -------------------------------------------------- */

/* What libconfuse says of syntax stays, in our frame; its words for an unknown name become ours, with advice. */
static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
    struct str text = STR_EMPTY, safe = STR_EMPTY;

    if (strcmp(fmt, "no such option '%s'") == 0) {
        const char *name = va_arg(ap, const char *);
        str_addf(&text, "unknown option '%s'", name);
        suggest_option(parse_of(cfg)->kinds, section_of(cfg), name, &text);
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

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
    struct parse *parse = parse_of(cfg);
    struct err err;

    if (parse->check != NULL && parse->check(section_of(cfg), opt->name, value, &err) < 0) {
        frame(&err, section_of(cfg), cfg_title(cfg), opt->name);
        return report(cfg, err.text);
    }
    if (parse->file != NULL) {
        parse->marks = xgrow(parse->marks, parse->n_marks, &parse->room_marks, sizeof(*parse->marks));
        parse->marks[parse->n_marks] = (struct mark){ opt, parse->n_marks, parse->file, cfg->line };
        parse->n_marks++;
    }
    memcpy(result, &value, sizeof(value));
    return 0;
}

static int parse_text(cfg_t *cfg, struct str *text)
{
    FILE *stream = fmemopen(text->data, text->len, "r");

    if (stream == NULL)
        return report(cfg, "cannot open a stream in memory");
    int rc = cfg_parse_fp(cfg, stream) == CFG_SUCCESS ? 0 : -1;
    if (rc < 0)
        report(cfg, "syntax error");
    fclose(stream);
    return rc;
}

static int on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
    struct parse *parse = parse_of(cfg);
    const char *outer = parse->file;
    int line = cfg->line;
    struct str text = STR_EMPTY;
    struct err err;

    (void)opt;
    if (argc != 1 || parse->depth == INCLUDE_MAX) {
        err_set(&err, "include() is nested over %d files deep", INCLUDE_MAX);
        return report(cfg, err.text);
    }
    char *path = source_beside(outer, argv[0]);
    int rc = source_read(path, &text, &err);
    if (rc < 0) {
        report(cfg, err.text);
    } else if ((rc = source_check(&text, path, &err)) < 0) {
        parse->has_failed = true;
        err_set(parse->err, "%s", err.text);
    } else {
        parse->file = keep_file(parse->tree, path);
        parse->depth++;
        rc = parse_text(cfg, &text);
        parse->depth--;
        parse->file = outer;
        cfg->line = line;
    }
    free(path);
    str_clear(&text);
    return rc;
}

/* --- the kinds, as libconfuse wants them ------------------------------------- */

/* Behind the last row there is always one of zeroes, which ends them for libconfuse. */
static cfg_opt_t *add_row(struct rows *rows, const char *name, cfg_type_t type, int flags)
{
    rows->items = xgrow(rows->items, rows->count + 1, &rows->room, sizeof(*rows->items));
    cfg_opt_t *row = &rows->items[rows->count++];
    *row = (cfg_opt_t){ .name = name, .type = type, .flags = flags };
    return row;
}

static void add_option(struct rows *rows, const struct tree_option *option)
{
    int flags = (option->is_list ? CFGF_LIST : CFGF_NONE) | (option->standard == NULL ? CFGF_NODEFAULT : CFGF_NONE);
    cfg_opt_t *row = add_row(rows, option->name, CFGT_STR, flags);

    row->parsecb = on_value;
    row->def.parsed = xstrdup(option->standard);
}

/* The rows of a kind: its options, include() and the sections that stand in it. */
static struct rows *add_kind(struct parse *parse, size_t index)
{
    const struct tree_kind *kind = &parse->kinds[index];
    struct rows *rows = &parse->rows[index];

    for (const struct tree_option *option = kind->options; option != NULL && option->name != NULL; option++)
        add_option(rows, option);
    cfg_opt_t *include = add_row(rows, "include", CFGT_FUNC, CFGF_NONE);
    include->func = on_include;
    include->simple_value.ptr = (void *)parse;
    for (size_t i = 1; parse->kinds[i].name != NULL; i++) {
        const struct tree_kind *child = &parse->kinds[i];
        if (strcmp(child->parent, kind->name) != 0)
            continue;
        struct rows *content = add_kind(parse, i);
        int flags = (child->is_titled ? CFGF_MULTI | CFGF_TITLE : CFGF_NONE) |
                    (child->is_unique ? CFGF_NO_TITLE_DUPES : CFGF_NONE);
        cfg_opt_t *row = add_row(rows, child->name, CFGT_SEC, flags);
        row->subopts = content->items;
    }
    return rows;
}

static size_t count_kinds(const struct tree_kind *kinds)
{
    size_t n = 0;

    while (kinds[n].name != NULL)
        n++;
    return n;
}

static void rows_clear(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free(rows->items[i].def.parsed);
    free(rows->items);
}

/* libconfuse copies the rows. */
static cfg_t *new_cfg(struct parse *parse)
{
    size_t n = count_kinds(parse->kinds);

    parse->rows = xcalloc(n, sizeof(*parse->rows));
    cfg_t *cfg = cfg_init(add_kind(parse, 0)->items, CFGF_NONE);
    if (cfg == NULL)
        abort();
    cfg_set_error_function(cfg, on_error);
    for (size_t i = 0; i < n; i++)
        rows_clear(&parse->rows[i]);
    free(parse->rows);
    return cfg;
}

/* --- the tree ----------------------------------------------------------------- */

static int compare_marks(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;

    if (x->opt != y->opt)
        return x->opt < y->opt ? -1 : 1;
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

/* The last mark of an option; the array is sorted. */
static const struct mark *find_mark(const struct parse *parse, const cfg_opt_t *opt)
{
    size_t low = 0, high = parse->n_marks;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (parse->marks[middle].opt <= opt)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && parse->marks[low - 1].opt == opt ? &parse->marks[low - 1] : NULL;
}

static void fill_entry(const struct parse *parse, cfg_opt_t *opt, const char *name, struct tree_entry *entry_r)
{
    const struct mark *mark = find_mark(parse, opt);
    unsigned int n = cfg_opt_size(opt);

    *entry_r = (struct tree_entry){ .name = name, .count = n, .values = xcalloc(n, sizeof(char *)) };
    for (unsigned int i = 0; i < n; i++)
        entry_r->values[i] = xstrdup(cfg_opt_getnstr(opt, i));
    if (mark != NULL) {
        entry_r->file = mark->file;
        entry_r->line = mark->line;
    }
}

static void fill_section(const struct parse *parse, cfg_t *cfg, const struct tree_kind *kind,
                         struct tree_section *section_r)
{
    size_t room = 0;

    *section_r = (struct tree_section){ .kind = kind, .title = xstrdup(cfg_title(cfg)), .line = cfg->line };
    for (const struct tree_option *option = kind->options; option != NULL && option->name != NULL; option++) {
        cfg_opt_t *opt = cfg_getopt(cfg, option->name);
        if (cfg_opt_size(opt) == 0)
            continue;
        section_r->entries = xgrow(section_r->entries, section_r->n_entries, &room, sizeof(*section_r->entries));
        struct tree_entry *entry = &section_r->entries[section_r->n_entries++];
        fill_entry(parse, opt, option->name, entry);
        if (section_r->file == NULL)
            section_r->file = entry->file;
    }
    if (section_r->file == NULL)
        section_r->file = parse->file;
    room = 0;
    for (const struct tree_kind *child = parse->kinds + 1; child->name != NULL; child++) {
        if (strcmp(child->parent, kind->name) != 0)
            continue;
        for (unsigned int i = 0; i < cfg_size(cfg, child->name); i++) {
            section_r->sections = xgrow(section_r->sections, section_r->n_sections, &room,
                                        sizeof(*section_r->sections));
            fill_section(parse, cfg_getnsec(cfg, child->name, i), child,
                         &section_r->sections[section_r->n_sections++]);
        }
    }
}

static void clear_section(struct tree_section *section)
{
    for (size_t i = 0; i < section->n_entries; i++) {
        for (size_t k = 0; k < section->entries[i].count; k++)
            free(section->entries[i].values[k]);
        free(section->entries[i].values);
    }
    for (size_t i = 0; i < section->n_sections; i++)
        clear_section(&section->sections[i]);
    free(section->entries);
    free(section->sections);
    free(section->title);
}

void tree_free(struct tree **tree)
{
    if (*tree != NULL) {
        clear_section(&(*tree)->root);
        for (size_t i = 0; i < (*tree)->n_files; i++)
            free((*tree)->files[i]);
        free((*tree)->files);
        free(*tree);
    }
    *tree = NULL;
}

/* text: NULL for the defaults alone. */
static struct tree *read_checked(const char *name, struct str *text, const struct tree_kind *kinds, tree_check *check,
                                 struct err *err)
{
    struct tree *tree = xcalloc(1, sizeof(*tree));
    struct parse parse = { .tree = tree, .kinds = kinds, .check = check, .err = err };
    cfg_t *cfg = new_cfg(&parse);
    int rc = parse.has_failed ? -1 : 0;

    if (rc == 0 && text != NULL) {
        parse.file = keep_file(tree, name);
        rc = parse_text(cfg, text);
    }
    if (rc == 0) {
        if (parse.n_marks > 0)
            qsort(parse.marks, parse.n_marks, sizeof(*parse.marks), compare_marks);
        fill_section(&parse, cfg, kinds, &tree->root);
    } else {
        tree_free(&tree);
    }
    cfg_free(cfg);
    free(parse.marks);
    return tree;
}

struct tree *tree_read(const char *path, const struct tree_kind *kinds, tree_check *check, struct err *err)
{
    struct str text = STR_EMPTY;
    struct tree *tree = NULL;

    if (path == NULL)
        return read_checked("", NULL, kinds, check, err);
    if (source_read(path, &text, err) == 0 && source_check(&text, path, err) == 0)
        tree = read_checked(path, &text, kinds, check, err);
    str_clear(&text);
    return tree;
}

struct tree *tree_read_text(const char *name, const char *text, const struct tree_kind *kinds, tree_check *check,
                            struct err *err)
{
    struct str copy = STR_EMPTY;
    struct tree *tree = NULL;

    str_add(&copy, text);
    if (source_check(&copy, name, err) == 0)
        tree = read_checked(name, &copy, kinds, check, err);
    str_clear(&copy);
    return tree;
}

/* --- reading it ----------------------------------------------------------------- */

const struct tree_section *tree_root(const struct tree *tree)
{
    return &tree->root;
}

const struct tree_entry *tree_entry(const struct tree_section *section, const char *option)
{
    for (size_t i = 0; i < section->n_entries; i++) {
        if (strcmp(section->entries[i].name, option) == 0)
            return &section->entries[i];
    }
    return NULL;
}

const char *tree_string(const struct tree_section *section, const char *option)
{
    const struct tree_entry *entry = tree_entry(section, option);

    return entry == NULL ? NULL : entry->values[entry->count - 1];
}

const struct tree_section *tree_only(const struct tree_section *section, const char *kind)
{
    for (size_t i = 0; i < section->n_sections; i++) {
        if (strcmp(section->sections[i].kind->name, kind) == 0)
            return &section->sections[i];
    }
    return NULL;
}

int tree_error(const struct tree_section *section, const struct tree_entry *entry, struct err *err,
               const char *fmt, ...)
{
    struct err text = { "" };
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text.text, sizeof(text.text), fmt, ap);
    va_end(ap);
    if (entry != NULL) {
        frame(&text, section->kind->name, section->title, entry->name);
        return err_set(err, "%s:%d: %s", entry->file == NULL ? section->file : entry->file,
                       entry->file == NULL ? section->line : entry->line, text.text);
    }
    return err_set(err, "%s:%d: %s", section->file, section->line, text.text);
}
