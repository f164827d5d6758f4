/* local.c - this machine as a partner: shims as processes of the daemon's user */
#include "driver/driver.h"

enum mz_status mz_driver_local_create(
    const struct mz_driver_setup *setup, struct mz_driver **ret_driver, struct mz_error *err)
{
    (void)ret_driver;
    return mz_fail(err, MZ_E_INPUT, "partner '%s': this build has no local driver yet",
        setup->partner->name);
}
