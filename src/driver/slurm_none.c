/* slurm_none.c - stands where the Slurm and fake drivers are not built */
#include "driver/driver.h"

enum mz_status mz_driver_slurm_create(
    const struct mz_driver_setup *setup, struct mz_driver **ret_driver, struct mz_error *err)
{
    (void)ret_driver;
    return mz_fail(
        err, MZ_E_INPUT, "partner '%s': this build has no Slurm driver", setup->partner->name);
}

enum mz_status mz_driver_fake_create(
    const struct mz_driver_setup *setup, struct mz_driver **ret_driver, struct mz_error *err)
{
    (void)ret_driver;
    return mz_fail(
        err, MZ_E_INPUT, "partner '%s': this build has no fake driver", setup->partner->name);
}
