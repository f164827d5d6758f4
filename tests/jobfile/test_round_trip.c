/* test_round_trip.c - what is written is read back, whatever it is
 * Random jobs from a seed, which is printed when one fails; the seed may be given as an argument. */
#include "support.h"

#include "base/arena.h"
#include "base/random.h"

#include <signal.h>
#include <stdlib.h>

enum { JOBS = 20000 };

static uint64_t seed = 20251;

struct maker {
    struct mz_random random;
    struct mz_arena *arena;
};

static uint64_t below(struct maker *m, uint64_t bound)
{
    return mz_random_below(&m->random, bound);
}

static bool coin(struct maker *m)
{
    return below(m, 2) == 0;
}

static int64_t between(struct maker *m, int64_t low, int64_t high)
{
    return low + (int64_t)below(m, (uint64_t)(high - low) + 1);
}

/* Pieces that are hard on writers: quotes, backslashes, words that YAML or JSON might take for
 * something else, other scripts; control characters only where `any`. */
static const char *text(struct maker *m, bool any)
{
    static const char *const pieces[] = { "a", "null", "~", "true", "1e9", "\"", "\\", "'", "/",
        "{", "]", ":", "#", " x", "%j", "&", "\xC3\xA9", "\xE6\x97\xA5", "\xF0\x9F\x99\x82",
        "\\u0041", "<b>", "0", "-", "\n", "\t", "\r", "\x01", "\x1b[31m", "\x7f", "\xE2\x80\xA8",
        "\b" };
    struct mz_text out = { 0 };
    size_t count = 1 + (size_t)below(m, 6);
    const char *kept;

    for (size_t i = 0; i < count; i++)
        mz_text_add(&out, pieces[below(m, any ? 31 : 23)]);
    kept = mz_arena_printf(m->arena, "x%s", mz_text_string(&out));
    mz_text_finish(&out);
    return kept;
}

static const char *const *texts(struct maker *m, int32_t count, bool names)
{
    const char **list = mz_arena_alloc(m->arena, (size_t)count + 1, sizeof(*list));

    for (int32_t i = 0; i < count; i++)
        list[i] = names        ? mz_arena_printf(m->arena, "n%d%s", (int)i, text(m, false))
            : below(m, 5) == 0 ? ""
                               : text(m, true);
    return list;
}

static const char *path(struct maker *m)
{
    return coin(m) ? NULL : mz_arena_printf(m->arena, "/%d/a \"b\"/\xC3\xA9", (int)below(m, 9));
}

static void make_run(struct maker *m, struct mz_job_spec *spec)
{
    switch (below(m, 3)) {
    case 0: spec->run = text(m, true); break;
    case 1:
        spec->argc = (int32_t)between(m, 1, 5);
        spec->argv = texts(m, spec->argc, false);
        break;
    default:
        spec->script = mz_arena_printf(m->arena, "#!/bin/sh\n%s\n", text(m, true));
        spec->script_argc = (int32_t)below(m, 4);
        spec->script_argv = texts(m, spec->script_argc, false);
    }
}

static void make_where(struct maker *m, struct mz_job_spec *spec)
{
    static const char *const levels[] = { NULL, "rack", "spine", "site", "partner" };
    static const char *const keys[] = { "account", "comment", "constraint", "partition", "qos",
        "reservation" };
    struct mz_spec_pass *pass = mz_arena_alloc(m->arena, 18, sizeof(*pass));

    spec->partner_count = (int32_t)below(m, 5);
    spec->partner_names = texts(m, spec->partner_count, true);
    spec->required_level = levels[below(m, 5)];
    spec->preferred_level = levels[below(m, 5)];
    if (coin(m))
        spec->max_price_micro_per_chip_hour = between(m, 0, INT64_C(1000000000000));
    for (int32_t p = 0; p < 3; p++) { /* as readers keep them: sorted */
        const char *partner = mz_arena_printf(m->arena, "%c%s", '*' + p, p ? text(m, false) : "");

        for (size_t k = 0; k < 6; k++) {
            if (below(m, 4) == 0)
                pass[spec->pass_count++] =
                    (struct mz_spec_pass){ partner, keys[k], text(m, false) };
        }
    }
    spec->pass = pass;
}

static void make_lists(struct maker *m, struct mz_job_spec *spec)
{
    static const char *const names[] = { "A", "_b", "PATH", "x9", "NULL" };
    const char **env = mz_arena_alloc(m->arena, 5, sizeof(*env));
    int32_t *indices = mz_arena_alloc(m->arena, 40, sizeof(*indices));
    struct mz_dependency *dependencies = mz_arena_alloc(m->arena, 20, sizeof(*dependencies));
    int32_t index = (int32_t)below(m, 3);

    spec->env_count = (int32_t)below(m, 6);
    for (int32_t i = 0; i < spec->env_count; i++)
        env[i] = names[i];
    spec->env_names = env;
    spec->env_values = texts(m, spec->env_count, false);
    spec->array_count = coin(m) ? 0 : (int32_t)below(m, 41);
    for (int32_t i = 0; i < spec->array_count;
         i++, index += coin(m) ? 1 : (int32_t)between(m, 1, 9999))
        indices[i] = index;
    spec->array_indices = indices;
    spec->array_parallel = spec->array_count && coin(m) ? (int32_t)between(m, 1, 100000) : 0;
    spec->dependency_count = (int32_t)below(m, 21);
    for (int32_t i = 0; i < spec->dependency_count; i++)
        dependencies[i] = (struct mz_dependency){ (enum mz_dependency_kind)below(m, 3),
            coin(m) ? between(m, 1, 9) : between(m, 1, INT64_C(999999999999999999)) };
    spec->dependencies = dependencies;
}

static struct mz_job_spec make(struct maker *m)
{
    static const int32_t signals[] = { 0, SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGWINCH, SIGSYS };
    const int64_t second = 1000000;
    struct mz_job_spec spec = mz_job_spec_default();

    spec.name = text(m, false);
    spec.kind = coin(m) ? MZ_SPEC_TRAIN : MZ_SPEC_BATCH;
    make_run(m, &spec);
    make_where(m, &spec);
    make_lists(m, &spec);
    spec.workdir = path(m);
    spec.output = coin(m) ? NULL : "/o/%j-%%-%n.%t";
    spec.checkpoint_dir = path(m);
    if (coin(m)) {
        spec.chips_per_node = (int32_t)between(m, 1, 64);
        spec.nodes = (int32_t)between(m, 1, MZ_SPEC_NODES_MAX);
        spec.chips = coin(m) ? spec.nodes * spec.chips_per_node : 0;
    }
    spec.cpus_per_node = coin(m) ? 0 : (int32_t)between(m, 1, 65536);
    spec.memory_mib = coin(m) ? 0 : (int32_t)between(m, 1, 1 << 30);
    spec.chip_count = (int32_t)below(m, 4);
    spec.chip_names = texts(m, spec.chip_count, true);
    spec.time_us = coin(m) ? 0 : between(m, second, INT64_C(3650) * 86400 * second);
    spec.team = coin(m) ? NULL : text(m, false);
    spec.priority = (int32_t)between(m, -1000000, 1000000);
    spec.preemptible = coin(m);
    spec.hold = coin(m);
    spec.on_partner_loss = (enum mz_partner_loss)below(m, 3);
    spec.max_restarts = (int32_t)between(m, 0, MZ_SPEC_RESTARTS_MAX);
    spec.restart_on_failure = coin(m);
    spec.lease_us = coin(m) ? 300 * second : between(m, 2 * second, 86400 * second);
    spec.checkpoint_every_us = coin(m) ? 0 : between(m, second, 86400 * second);
    spec.checkpoint_signal = signals[below(m, 7)];
    spec.checkpoint_lead_us = coin(m) ? 30 * second : between(m, 0, 86400 * second);
    spec.kill_us = coin(m) ? 10 * second : between(m, 0, 86400 * second);
    return spec;
}

static bool same_text(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static bool same_texts(int32_t a_count, const char *const *a, int32_t b_count, const char *const *b)
{
    bool same = a_count == b_count;

    for (int32_t i = 0; same && i < a_count; i++)
        same = strcmp(a[i], b[i]) == 0;
    return same;
}

static bool same_plain(const struct mz_job_spec *a, const struct mz_job_spec *b)
{
    return a->kind == b->kind && a->nodes == b->nodes && a->chips_per_node == b->chips_per_node &&
        a->chips == b->chips && a->cpus_per_node == b->cpus_per_node &&
        a->memory_mib == b->memory_mib && a->time_us == b->time_us && a->priority == b->priority &&
        a->preemptible == b->preemptible && a->hold == b->hold &&
        a->max_price_micro_per_chip_hour == b->max_price_micro_per_chip_hour &&
        a->on_partner_loss == b->on_partner_loss && a->max_restarts == b->max_restarts &&
        a->restart_on_failure == b->restart_on_failure && a->lease_us == b->lease_us &&
        a->checkpoint_every_us == b->checkpoint_every_us &&
        a->checkpoint_signal == b->checkpoint_signal &&
        a->checkpoint_lead_us == b->checkpoint_lead_us && a->kill_us == b->kill_us &&
        a->array_count == b->array_count && a->array_parallel == b->array_parallel &&
        a->dependency_count == b->dependency_count && a->pass_count == b->pass_count;
}

static bool same_spec(const struct mz_job_spec *a, const struct mz_job_spec *b)
{
    bool same = same_plain(a, b) && same_text(a->name, b->name) && same_text(a->run, b->run) &&
        same_texts(a->argc, a->argv, b->argc, b->argv) && same_text(a->script, b->script) &&
        same_texts(a->script_argc, a->script_argv, b->script_argc, b->script_argv) &&
        same_text(a->workdir, b->workdir) && same_text(a->output, b->output) &&
        same_texts(a->env_count, a->env_names, b->env_count, b->env_names) &&
        same_texts(a->env_count, a->env_values, b->env_count, b->env_values) &&
        same_texts(a->chip_count, a->chip_names, b->chip_count, b->chip_names) &&
        same_text(a->team, b->team) &&
        same_texts(a->partner_count, a->partner_names, b->partner_count, b->partner_names) &&
        same_text(a->required_level, b->required_level) &&
        same_text(a->preferred_level, b->preferred_level) &&
        same_text(a->checkpoint_dir, b->checkpoint_dir);

    for (int32_t i = 0; same && i < a->array_count; i++)
        same = a->array_indices[i] == b->array_indices[i];
    for (int32_t i = 0; same && i < a->dependency_count; i++)
        same = a->dependencies[i].kind == b->dependencies[i].kind &&
            a->dependencies[i].job == b->dependencies[i].job;
    for (int32_t i = 0; same && i < a->pass_count; i++)
        same = same_text(a->pass[i].partner, b->pass[i].partner) &&
            same_text(a->pass[i].key, b->pass[i].key) &&
            same_text(a->pass[i].value, b->pass[i].value);
    return same;
}

static void a_job_that_is_written_is_read_back_the_same(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < JOBS; i++) {
        struct maker maker = { .arena = mz_arena_create() };
        struct mz_job_spec spec;
        struct mz_job_spec back = mz_job_spec_default();
        struct mz_error err = { MZ_OK, "" };
        struct mz_text first = { 0 };
        struct mz_text second = { 0 };

        mz_random_stream(&maker.random, seed, i);
        spec = make(&maker);
        mz_jobfile_write_json(&spec, &first);
        if (mz_jobfile_read_json(maker.arena, first.bytes, first.length, &back, &err) != MZ_OK)
            fail_msg("seed %llu, job %llu: %s\n%s", (unsigned long long)seed, (unsigned long long)i,
                err.text, first.bytes);
        mz_jobfile_write_json(&back, &second);
        if (!same_spec(&spec, &back) || strcmp(first.bytes, second.bytes) != 0)
            fail_msg("seed %llu, job %llu:\n%s\n%s", (unsigned long long)seed,
                (unsigned long long)i, first.bytes, second.bytes);
        mz_text_finish(&first);
        mz_text_finish(&second);
        mz_arena_free(maker.arena);
    }
}

static void the_largest_job_is_read_back(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_job_spec spec = mz_job_spec_default();
    struct mz_job_spec back = mz_job_spec_default();
    struct mz_error err = { MZ_OK, "" };
    struct mz_text text_ = { 0 };
    char *script = mz_arena_alloc(arena, MZ_SPEC_TEXT_BYTES_MAX + 1, 1);
    int32_t *indices = mz_arena_alloc(arena, MZ_SPEC_ARRAY_MAX, sizeof(*indices));

    (void)state;
    memset(script, 1, MZ_SPEC_TEXT_BYTES_MAX); /* six bytes each in JSON */
    memcpy(script, "#!", 2);
    for (int32_t i = 0; i < MZ_SPEC_ARRAY_MAX; i++)
        indices[i] = 2 * i + 1;
    spec.name = "n";
    spec.script = script;
    spec.array_count = MZ_SPEC_ARRAY_MAX;
    spec.array_indices = indices;
    assert_int_equal(mz_jobfile_check(&spec, &err), MZ_OK);
    mz_jobfile_write_json(&spec, &text_);
    assert_int_equal(mz_jobfile_read_json(arena, text_.bytes, text_.length, &back, &err), MZ_OK);
    assert_true(same_spec(&spec, &back));
    mz_text_finish(&text_);
    mz_arena_free(arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_that_is_written_is_read_back_the_same),
        cmocka_unit_test(the_largest_job_is_read_back),
    };

    if (argc > 1)
        seed = strtoull(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
