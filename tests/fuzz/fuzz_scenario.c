/* fuzz_scenario.c - any bytes as a scenario file
 * Loaded as they are, with an override of the file, and with changes of the other kinds; what is
 * found is printed in both forms. Build with clang -fsanitize=fuzzer,address,undefined. */
#include "cli/print_diag.h"
#include "scenario/scenario.h"
#include "scenario/tree.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mz_arena *catalogue_arena;
static struct mz_catalogue catalogue;
static FILE *nowhere;

static void open_once(void)
{
    struct mz_error err;

    if (catalogue_arena)
        return;
    catalogue_arena = mz_arena_create();
    if (mz_catalogue_open(catalogue_arena, &catalogue, &err) != MZ_OK)
        abort();
    nowhere = fopen("/dev/null", "w");
}

static void load(const struct mz_source *source, const struct mz_change *changes, size_t count)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_diags diags;
    const struct mz_scenario *scenario = NULL;
    enum mz_status status;

    mz_diags_init(&diags, arena);
    status = mz_scenario_load(arena, source, &catalogue, changes, count, &diags, &scenario);
    /* refused with a reason, or loaded without an error; never anything between */
    if ((status == MZ_OK) != (scenario != NULL) || (status == MZ_OK) != (diags.error_count == 0))
        abort();
    mz_diags_print(nowhere, &diags, source, true);
    mz_diags_print_json(nowhere, &diags);
    mz_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_source source = { "fuzz.yaml", (const char *)data, size };
    struct mz_node *root = NULL;
    struct mz_diags diags;
    const struct mz_node *overrides;

    open_once();
    load(&source, NULL, 0);
    mz_diags_init(&diags, arena);
    if (mz_tree_parse(arena, "fuzz.yaml", source.bytes, size, 0, &diags, &root) == MZ_OK) {
        struct mz_change changes[] = {
            { .kind = MZ_CHANGE_OVERRIDE, .name = "nothing" },
            { .kind = MZ_CHANGE_SCALE, .path = "contracts.c.capacity", .factor = 1.1 },
            { .kind = MZ_CHANGE_SET, .path = "sites.aws/a.slip", .value = "{2027-01: 3 months}" },
            { .kind = MZ_CHANGE_LOSE, .name = "aws", .month = 2027 * 12 },
        };

        overrides = mz_node_value(root, "overrides");
        if (overrides && overrides->kind == MZ_NODE_MAP && overrides->count > 0) {
            changes[0].name = overrides->entries[size % overrides->count].key;
            load(&source, changes, 1);
        }
        if (size > 0)
            load(&source, changes + 1 + data[size - 1] % 3, 1);
    }
    mz_arena_free(arena);
    return 0;
}
