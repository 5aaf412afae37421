/*
 * Tells systemd how the daemon is doing; see notify.h.
 */
#include "config.h"

#include "milter/notify.h"
#include "lib/base/clock.h"
#include "milter/log.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#else
static int sd_notify(int unset_environment, const char *state)
{
    (void)unset_environment;
    (void)state;
    return 0;
}
#endif

static void tell(const char *state)
{
    int rc = sd_notify(0, state);
    if (rc < 0)
        log_line(LOG_WARNING, "cannot notify systemd: %s", strerror(-rc));
}

void notify_ready(void)
{
    tell("READY=1");
}

void notify_reloading(void)
{
    char state[80];
    snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_ms() * 1000);
    tell(state);
}

void notify_stopping(void)
{
    tell("STOPPING=1");
}
