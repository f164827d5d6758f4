/* test_option.c - options of `mizan submit`, small texts, and the check of the whole */
#include "support.h"

#include "base/arena.h"

struct option_case {
    const char *name;
    const char *value;
    const char *wanted; /* what the canonical JSON has more, or the whole sentence */
};

static const struct option_case option_cases[] = {
    { "N", "2", "\"nodes\":2" },
    { "nodes", "65536", "\"nodes\":65536" },
    { "nodes", "65537", "'--nodes' cannot be '65537': write a whole number from 1 to 65536" },
    { "N", "2-4", "'-N' cannot be '2-4': write a whole number from 1 to 65536" },
    { "G", "64", "\"chips\":64" },
    { "gpus", "h100:64", "\"chips\":64,\"chip\":[\"h100\"]" },
    { "chips", "a:1,b:2",
        "'--chips' cannot be 'a:1,b:2': all chips of a job are of one kind: write h100:8" },
    { "chips-per-node", "8", "\"chips_per_node\":8" },
    { "gpus-per-node", "h100:",
        "'--gpus-per-node' cannot be 'h100:': write a whole number from 1 "
        "to 4194304" },
    { "gres", "gpu", "\"chips_per_node\":1" },
    { "gres", "gpu:a100", "\"chips_per_node\":1,\"chip\":[\"a100\"]" },
    { "gres", "gpu:h100:4", "\"chips_per_node\":4,\"chip\":[\"h100\"]" },
    { "gres", "none", "" },
    { "gres", "fpga:2", "'--gres' cannot be 'fpga:2': only gpu is known: gpu:8 or gpu:h100:8" },
    { "chip", "h100-sxm,h200-sxm", "\"chip\":[\"h100-sxm\",\"h200-sxm\"]" },
    { "chip", "a,,b", "'--chip' cannot be '': it is empty" },
    { "c", "12", "\"cpus_per_node\":12" },
    { "ntasks", "12",
        "'--ntasks' has a meaning only in a script with #SBATCH lines: write --nodes, "
        "--chips-per-node, --cpus-per-node and --mem" },
    { "mem", "512", "\"memory_mib\":512" },
    { "mem", "512G", "\"memory_mib\":524288" },
    { "mem", "3000000T",
        "'--mem' cannot be '3000000T': write memory from 1 MiB to 1073741824 MiB" },
    { "t", "30", "\"time_s\":1800" },
    { "t", "4h", "\"time_s\":14400" },
    { "t", "1:30", "\"time_s\":90" },
    { "t", "1:0:0", "\"time_s\":3600" },
    { "t", "2-0", "\"time_s\":172800" },
    { "t", "2-1:30", "\"time_s\":178200" },
    { "t", "2-1:30:7", "\"time_s\":178207" },
    { "t", "0", "" },
    { "t", "UNLIMITED", "" },
    { "t", "-5", "'-t' cannot be '-5': write a time such as 48h, 90min or 2-00:00:00" },
    { "t", "99999999999", "'-t' cannot be '99999999999': write a time from 1 s to 3650 d" },
    { "t", "1-", "'-t' cannot be '1-': write a time such as 48h, 90min or 2-00:00:00" },
    { "J", "my job", NULL },
    { "name", "", "'--name' cannot be '': it is empty" },
    { "team", "nlp", "\"team\":\"nlp\"" },
    { "priority", "-7", "\"priority\":-7" },
    { "kind", "train", NULL },
    { "kind", "service", "'kind: service' comes later: write batch or train" },
    { "partners", "own,aws", "\"placement\":{\"partners\":[\"own\",\"aws\"]}" },
    { "hold", NULL, "\"hold\":true" },
    { "hold", "x", "'--hold' takes no value" },
    { "array", NULL, "'--array' needs a value" },
    { "array", "1-8%2", "\"array\":\"1-8%2\"" },
    { "dependency", "afterok:12", "\"dependency\":\"afterok:12\"" },
    { "d", "after:12",
        "'-d' cannot be 'after:12': 'after' is not supported: write afterok, "
        "afterany or afternotok" },
    { "env", "A=b=c", "\"env\":{\"A\":\"b=c\"}" },
    { "env", "A", "'--env' cannot be 'A': write NAME=VALUE" },
    { "env", "=b",
        "'--env': '' cannot be a variable: letters, digits and _, 128 at most, no digit "
        "first" },
    { "env", "A=\xFF", "the value of '--env' is not UTF-8 text" },
    { "D", "sub", "\"workdir\":\"/home/u/sub\"" },
    { "workdir", "/w", "\"workdir\":\"/w\"" },
    { "o", "out/%x.%j", "\"output\":\"/home/u/out/job.%j\"" },
    { "checkpoint-dir", "/ck", "\"checkpoint\":{\"dir\":\"/ck\"}" },
    { "checkpoint-every", "30min", "\"checkpoint\":{\"every_s\":1800}" },
    { "checkpoint-every", "30",
        "'--checkpoint-every' needs a unit: write \"30 s\", \"30 min\" or "
        "\"30 h\"" },
    { "checkpoint-signal", "USR1@120s", "\"checkpoint\":{\"signal\":\"USR1\",\"lead_s\":120}" },
    { "signal", "B:TERM", "\"checkpoint\":{\"signal\":\"TERM\",\"lead_s\":60}" },
    { "max-restarts", "1001",
        "'--max-restarts' cannot be '1001': write a whole number from 0 to "
        "1000" },
    { "on-partner-loss", "wait", "\"recovery\":{\"on_partner_loss\":\"wait\"}" },
    { "lease", "1 day", "\"recovery\":{\"lease_s\":86400}" },
    { "recovery", "job", "\"recovery\":{\"job\":true}" },
    { "recovery", "all", "'--recovery' cannot be 'all': write job or none" },
    { "no-requeue", NULL, "\"recovery\":{\"max_restarts\":0}" },
    { "max-price", "2.5", "\"placement\":{\"max_price_usd_per_chip_hour\":2.5}" },
    { "max-price", "2.5 USD/chip-hour", "\"placement\":{\"max_price_usd_per_chip_hour\":2.5}" },
    { "topology", "rack", "\"placement\":{\"topology\":{\"required\":\"rack\"}}" },
    { "topology", "rak", "'--topology' cannot be 'rak': did you mean 'rack'?" },
    { "topology-preferred", "rack", "\"placement\":{\"topology\":{\"preferred\":\"rack\"}}" },
    { "not-preemptible", NULL, "\"preemptible\":false" },
    { "kill-after", "1min", "\"kill_after_s\":60" },
    { "p", "train", "\"slurm\":{\"*\":{\"partition\":\"train\"}}" },
    { "account", "a\x1b",
        "'--account' cannot be 'a?': 1 to 1024 bytes without control characters" },
    { "export", "ALL", "" },
    { "export", "ALL,A=1", "\"env\":{\"A\":\"1\"}" },
    { "export", "NONE",
        "'--export' cannot be 'NONE': a job has the environment of its node: start "
        "the program with env -i" },
    { "mail-type", "ALL", "" },
    { "nodelist", "a",
        "'--nodelist' is not supported: nodes are chosen by mizan: write #MIZAN "
        "--partners or --topology" },
    { "nodez", "3", "there is no option '--nodez': did you mean '--nodes'?" },
    { "\x1b[2Jqqqqqq", "3", "there is no option '--?[2Jqqqqqq': see mizan help submit" },
    { "Z", NULL, "there is no option '-Z': see mizan help submit" },
};

static void an_option_sets_its_key_or_says_what_to_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(option_cases) / sizeof(option_cases[0]); i++) {
        const struct option_case *c = &option_cases[i];
        struct mz_arena *arena = mz_arena_create();
        struct mz_job_spec spec = mz_job_spec_default();
        struct mz_job_spec before;
        struct mz_error err = { MZ_OK, "" };
        struct mz_text text = { 0 };
        struct mz_text wanted = { 0 };

        spec.name = "job";
        before = spec;
        if (mz_jobfile_option(arena, c->name, c->value, JOB_DIRECTORY, &spec, &err) == MZ_OK) {
            mz_jobfile_write_json(&spec, &text);
            mz_text_addf(&wanted, "{\"name\":\"job\"%s%s}", c->wanted && c->wanted[0] ? "," : "",
                c->wanted ? c->wanted : "");
            if (!c->wanted)
                mz_text_clear(&text), mz_text_clear(&wanted);
        } else {
            assert_int_equal(err.status, MZ_E_INPUT);
            assert_memory_equal(&spec, &before, sizeof(spec));
            mz_text_add(&text, err.text);
            mz_text_add(&wanted, c->wanted);
        }
        if (strcmp(mz_text_string(&text), mz_text_string(&wanted)) != 0)
            print_error("--%s %s\n", c->name, c->value ? c->value : "");
        assert_string_equal(mz_text_string(&text), mz_text_string(&wanted));
        mz_text_finish(&text);
        mz_text_finish(&wanted);
        mz_arena_free(arena);
    }
}

static void options_know_whether_they_take_a_value(void **state)
{
    (void)state;
    assert_int_equal(mz_jobfile_option_arity("N"), 1);
    assert_int_equal(mz_jobfile_option_arity("nodes"), 1);
    assert_int_equal(mz_jobfile_option_arity("hold"), 0);
    assert_int_equal(mz_jobfile_option_arity("H"), 0);
    assert_int_equal(mz_jobfile_option_arity("exclusive"), 0);
    assert_int_equal(mz_jobfile_option_arity("mail-type"), 1);
    assert_int_equal(mz_jobfile_option_arity("node"), -1);
    assert_int_equal(mz_jobfile_option_arity(""), -1);
    assert_string_equal(mz_jobfile_option_ignored("mail-type"), "mizan sends no mail");
    assert_null(mz_jobfile_option_ignored("nodes"));
    assert_null(mz_jobfile_option_ignored("priority")); /* here it is mizan's own */
}

static void a_variable_that_is_set_again_is_replaced(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_job_spec spec = mz_job_spec_default();
    struct mz_error err = { MZ_OK, "" };
    const char *sets[] = { "A=1", "B=2", "A=3" };

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(mz_jobfile_option(arena, "env", sets[i], "/", &spec, &err), MZ_OK);
    assert_int_equal(spec.env_count, 2);
    assert_string_equal(spec.env_values[0], "3");
    assert_string_equal(spec.env_values[1], "2");
    mz_arena_free(arena);
}

static void an_array_is_sorted_and_each_index_stands_once(void **state)
{
    static const struct {
        const char *text;
        int32_t count;
        int32_t parallel;
        int32_t first;
        int32_t last;
    } good[] = {
        { "0", 1, 0, 0, 0 },
        { "1-3,7,10-20:5%4", 7, 4, 1, 20 },
        { "9,1,5,1-2", 4, 0, 1, 9 },
        { "0-99999", 100000, 0, 0, 99999 },
        { "4000000%1", 1, 1, 4000000, 4000000 },
        { "1-10:100", 1, 0, 1, 1 },
    };
    static const char *const bad[] = { "", "a", "1,", ",1", "1-", "-1", "1-2-3", "1:2", "1-9:0",
        "1%0", "1%", "1%2%3", "4000001", "99999999999999999999", "1 2", "1-2,%3", "0-100000" };
    struct mz_arena *arena = mz_arena_create();

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const int32_t *indices = NULL;
        struct mz_error err = { MZ_OK, "" };
        int32_t count = 0;
        int32_t parallel = -1;

        assert_int_equal(
            mz_jobfile_array_parse(arena, good[i].text, &count, &indices, &parallel, &err), MZ_OK);
        assert_int_equal(count, good[i].count);
        assert_int_equal(parallel, good[i].parallel);
        assert_int_equal(indices[0], good[i].first);
        assert_int_equal(indices[count - 1], good[i].last);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const int32_t *indices = NULL;
        int32_t count = -7;
        int32_t parallel;

        assert_int_not_equal(
            mz_jobfile_array_parse(arena, bad[i], &count, &indices, &parallel, NULL), MZ_OK);
        assert_int_equal(count, -7);
    }
    mz_arena_free(arena);
}

static void the_whole_of_a_job_is_checked_at_the_end(void **state)
{
    static const char *const one[] = { "a" };
    static const char *const empty[] = { "" };
    static const struct {
        struct mz_job_spec spec;
        const char *wanted; /* NULL: it is right */
    } cases[] = {
        { { .name = "n", .run = "a" }, NULL },
        { { .name = "n", .script = "#!/bin/sh\n", .script_argc = 1, .script_argv = one }, NULL },
        { { .run = "a" }, "the name of the job cannot be used: it is missing" },
        { { .name = "n" },
            "there is nothing to run: write 'run', 'command' or 'script' in the job "
            "file, or a command behind --" },
        { { .name = "n", .run = "a", .argc = 1, .argv = one },
            "'run', 'command' and 'script' exclude each other: a job runs one of them" },
        { { .name = "n", .argc = 1, .argv = empty }, "the name of the program to run is empty" },
        { { .name = "n", .run = "a", .script_argc = 1, .script_argv = one },
            "'args' are arguments of a script, and there is none" },
        { { .name = "n", .script = "echo" },
            "the script does not begin with its interpreter, such as #!/bin/sh" },
        { { .name = "n", .run = "a", .nodes = 3, .chips = 16 },
            "16 chips do not divide over 3 nodes: every node of a job has as many" },
        { { .name = "n", .run = "a", .chips_per_node = 8, .chips = 12 },
            "12 chips are not whole nodes of 8: every node of a job has as many" },
        { { .name = "n", .run = "a", .chips_per_node = 1 << 21, .nodes = 60000 },
            "60000 nodes of 2097152 chips are more than the 4194304 chips that a job may have" },
        { { .name = "n", .run = "a", .required_level = "rack", .preferred_level = "site" },
            "the topology 'site' is preferred, but 'rack' is required, which is nearer" },
        { { .name = "n", .run = "a", .required_level = "site", .preferred_level = "rack" }, NULL },
        { { .name = "n", .run = "a", .env_count = 1025 }, "a job sets 1024 variables at most" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static const char *many[1025];
        struct mz_job_spec spec = cases[i].spec;
        struct mz_error err = { MZ_OK, "" };

        for (size_t j = 0; j < 1025; j++)
            many[j] = "A";
        spec.env_names = many;
        spec.env_values = many;
        if (mz_jobfile_check(&spec, &err) == MZ_OK)
            assert_null(cases[i].wanted);
        else
            assert_string_equal(err.text, cases[i].wanted ? cases[i].wanted : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_option_sets_its_key_or_says_what_to_write),
        cmocka_unit_test(options_know_whether_they_take_a_value),
        cmocka_unit_test(a_variable_that_is_set_again_is_replaced),
        cmocka_unit_test(an_array_is_sorted_and_each_index_stands_once),
        cmocka_unit_test(the_whole_of_a_job_is_checked_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
