/* api_pages.c - the dashboard's pages, from the same rows as the commands */
#include "control/daemon_impl.h"

bool mz_api_page(struct mz_daemon *daemon, struct mz_http_request *request)
{
    (void)daemon;
    (void)request;
    return false;
}

void mz_pages_tick(struct mz_daemon *daemon)
{
    (void)daemon;
}
