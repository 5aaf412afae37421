/*
 * Fuzz target: List-Unsubscribe, List-Unsubscribe-Post and encoded words in structured fields.  Comments and folds
 * around a value change nothing, and no more URIs are counted than the text has room for.
 */
#include "config.h"

#include "lib/message/lex.h"
#include "lib/message/unsubscribe.h"
#include "t/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = input_of(data, size);
    char *value = input_rest(&input);
    char *commented = xasprintf(" (a <https://b.example>) \\) (b\r\n\t))\r\n %s", value);
    char *spare = xasprintf("(a \\) (b))\r\n\t%s", value);
    struct unsubscribe_uris uris, again;

    unsubscribe_read(value, &uris);
    HOLDS(uris.https + uris.http <= uris.count, "%zu and %zu of %zu", uris.https, uris.http, uris.count);
    HOLDS(uris.count * strlen("<a:b>") <= strlen(value), "%zu URIs in %zu bytes", uris.count, strlen(value));
    unsubscribe_read(spare, &again);
    HOLDS(uris.count == again.count && uris.https == again.https && uris.http == again.http,
          "with a comment %zu, not %zu: %s", again.count, uris.count, value);
    unsubscribe_read(commented, &again);
    HOLDS(uris.count == again.count, "with text between %zu, not %zu: %s", again.count, uris.count, value);
    HOLDS(is_one_click_post(value) == is_one_click_post(spare), "with a comment: %s", value);
    HOLDS(!is_one_click_post(value) || uris.count == 0, "one click and URIs: %s", value);
    HOLDS(has_encoded_word(value) == has_encoded_word(spare), "with a comment: %s", value);
    free(spare);
    free(commented);
    free(value);
    return 0;
}
