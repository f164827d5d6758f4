/* page_asset.c - style and script by name */
#include "control/page.h"

#include <string.h>

const struct mz_asset *mz_page_asset(const char *name)
{
    for (int32_t i = 0; i < mz_page_asset_count; i++) {
        if (strcmp(mz_page_assets[i].name, name) == 0)
            return &mz_page_assets[i];
    }
    return NULL;
}
