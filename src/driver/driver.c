/* driver.c - the kinds of drivers by their name in the fleet file */
#include "driver/driver.h"

#include <string.h>

enum mz_status mz_driver_create(
    const struct mz_driver_setup *setup, struct mz_driver **ret_driver, struct mz_error *err)
{
    const char *kind = setup->partner->driver.kind ? setup->partner->driver.kind : "";

    if (strcmp(kind, "local") == 0)
        return mz_driver_local_create(setup, ret_driver, err);
    if (strcmp(kind, "fake") == 0)
        return mz_driver_fake_create(setup, ret_driver, err);
    if (strcmp(kind, "slurm") == 0)
        return mz_driver_slurm_create(setup, ret_driver, err);
    return mz_fail(err, MZ_E_INPUT, "partner '%s': there is no driver '%s': local, slurm, fake",
        setup->partner->name, kind);
}

void mz_driver_free(struct mz_driver *driver)
{
    if (driver)
        driver->ops->free(driver);
}
