/* sigpipe.c - once for the process; children get the default back from uv_spawn */
#include "net/sigpipe.h"

#include <signal.h>
#include <stddef.h>

void mz_net_sigpipe_ignore(void)
{
    struct sigaction now;
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        (void)sigaction(SIGPIPE, &ignore, NULL);
}
