/*
 * Runs a fuzz target over inputs: the files and folders named, or else its committed seeds.  TAP, one point per file.
 * For compilers without libFuzzer, for other sanitizers, and so that make check keeps what fuzzing once found.
 */
#include "config.h"

#include "lib/base/str.h"
#include "t/fuzz/fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

static int count;

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct str text = STR_EMPTY;
    char chunk[8192];
    size_t n;

    HOLDS(file != NULL, "cannot open %s", path);
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        str_addn(&text, chunk, n);
    fclose(file);
    /* Exactly as large as the input, so that a sanitizer sees a byte too far. */
    uint8_t *data = xmalloc(text.len);
    if (text.len > 0)
        memcpy(data, text.data, text.len);
    printf("# %s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(data, text.len);
    printf("ok %d - %s\n", ++count, strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1);
    free(data);
    str_clear(&text);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay(const char *path)
{
    struct dirent **entries;
    struct stat st;

    HOLDS(stat(path, &st) == 0, "there is no %s", path);
    if (!S_ISDIR(st.st_mode)) {
        replay_file(path);
        return;
    }
    int n = scandir(path, &entries, is_visible, alphasort);
    HOLDS(n >= 0, "cannot read %s", path);
    for (int i = 0; i < n; i++) {
        char *inner = xasprintf("%s/%s", path, entries[i]->d_name);
        replay(inner);
        free(inner);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    const char *top = getenv("top_srcdir"), *name = strrchr(argv[0], '/');
    char *seeds = xasprintf("%s/t/fuzz/seeds/%s", top == NULL ? "." : top, name == NULL ? argv[0] : name + 1);

    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    if (argc == 1)
        replay(seeds);
    free(seeds);
    printf("1..%d\n", count);
    return EXIT_SUCCESS;
}
