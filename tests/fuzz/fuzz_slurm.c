/* fuzz_slurm.c - nothing that slurmrestd or a command prints breaks its reader
 *
 * The first byte chooses the reader; the rest is the answer. For what commands print, the mark of
 * the call is "m". */
#include "driver/slurm_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_words(struct mz_arena *arena, const char *text)
{
    struct mz_slurm_node_words words = { 0 };
    char kind[MZ_SLURM_NAME_MAX];
    char **names = NULL;
    int32_t count = 0;

    if (mz_slurm_hosts(arena, text, &names, &count)) {
        assert(count >= 0 && count <= MZ_SLURM_NODE_COUNT_MAX);
        for (int32_t i = 0; i < count; i++)
            assert(names[i][0] && strlen(names[i]) < MZ_SLURM_NAME_MAX);
    }
    assert(mz_slurm_gres(text, kind) >= 0 && strlen(kind) < MZ_SLURM_NAME_MAX);
    assert(mz_slurm_memory_mib(text) >= 0);
    mz_slurm_node_word(&words, text);
    (void)mz_slurm_text_outcome(1, text);
}

static void read_token(const char *text)
{
    char user[32];
    int64_t exp_s;

    mz_slurm_token_read(text, &exp_s, user, sizeof(user));
    assert(exp_s >= 0 && strlen(user) < sizeof(user));
}

static void read_results(struct mz_arena *arena, const char *text, size_t length)
{
    struct mz_slurm_text_result results[4];
    bool is_whole;

    mz_slurm_text_results(arena, "m", text, length, results, 4, &is_whole);
    for (int32_t i = 0; i < 4; i++)
        assert(results[i].said && results[i].id && results[i].submit_s >= 0);
}

/* What the driver makes of a list, twice: the second looks at what the first left. */
static void observe(const struct mz_slurm_list *list)
{
    struct mz_driver_keys keys = { 0 };
    struct mz_slurm slurm = { .keys = &keys, .setup.install = "0123456789ab" };

    for (int32_t round = 0; round < 2; round++) {
        struct mz_driver_event event = { 0 };

        mz_slurm_observe_event(&slurm, list, &event);
        for (int32_t i = 0; i < event.use_count; i++)
            assert(event.uses[i].chips >= 0 && event.uses[i].cpus >= 0 &&
                event.uses[i].memory_mib >= 0);
    }
    free(slurm.rest_uses);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_slurm_list list = { .arena = arena, .user = "" };
    struct mz_slurm_errors errors;
    struct mz_error error;
    int64_t id;
    char *text = size > 0 ? mz_arena_strndup(arena, (const char *)data + 1, size - 1) : NULL;
    size_t length = size > 0 ? size - 1 : 0;

    switch (size > 0 ? data[0] : 0) {
    case 'j': (void)mz_slurm_json_jobs(&list, text, length, &error); break;
    case 'n': (void)mz_slurm_json_nodes(&list, text, length, &error); break;
    case 's': (void)mz_slurm_json_submitted(text, length, &id, &error); break;
    case 'e': mz_slurm_json_errors(text, length, &errors); break;
    case 'v': (void)mz_slurm_json_version(text, length); break;
    case 't': read_token(text); break;
    case 'o': (void)mz_slurm_text_observed(&list, "m", text, length, &error); break;
    case 'r': read_results(arena, text, length); break;
    case 'w': read_words(arena, text); break;
    default: break;
    }
    observe(&list);
    for (int32_t i = 0; i < list.job_count; i++) {
        assert(list.jobs[i].id && list.jobs[i].name && list.jobs[i].user && list.jobs[i].reason);
        for (int32_t k = 0; k < list.jobs[i].share_count; k++)
            assert(list.jobs[i].shares[k].node);
    }
    mz_arena_free(arena);
    return 0;
}
