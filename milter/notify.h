/*
 * Tells systemd how the daemon is doing (sd_notify(3)); nothing happens where it did not start us.
 */
#ifndef PREFLIGHT_MILTER_NOTIFY_H
#define PREFLIGHT_MILTER_NOTIFY_H

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

#endif
