/*
 * What a table of header_checks(5) or body_checks(5) answers, as far as smtp(8) acts on it; all else only logs.
 * A pure function.
 */
#ifndef PREFLIGHT_DEPART_CHECKACTION_H
#define PREFLIGHT_DEPART_CHECKACTION_H

enum check_action { CHECK_ACTION_NONE, CHECK_ACTION_REMOVE, CHECK_ACTION_REPLACE, CHECK_ACTION_PREPEND };

/* text_r: what follows the action's name; borrows answer. */
enum check_action checkaction_read(const char *answer, const char **text_r);

#endif
