/* test_slurm_parse.c - what Slurm says, in the notations of its versions, and what is said to it
 *
 * The answers are written by hand after the documented formats, as short as they can be. */
#include "driver/slurm_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct mz_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = mz_arena_create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mz_arena_free(arena);
    return 0;
}

struct hosts_case {
    const char *text;
    const char *names; /* joined with blanks; NULL: malformed */
};

static const struct hosts_case hosts_cases[] = {
    { "", "" },
    { "a1", "a1" },
    { "a1,b2", "a1 b2" },
    { "a[1-3,7],b4", "a1 a2 a3 a7 b4" },
    { "n[08-11]", "n08 n09 n10 n11" },
    { "rack[1-2]n[3,5]x", "rack1n3x rack1n5x rack2n3x rack2n5x" },
    { "a[1-", NULL },
    { "a[3-1]", NULL },
    { "a[x]", NULL },
    { "a[1;2]", NULL },
    { "a[0-99999999]", NULL },
    { "a[0-999]b[0-999]c[0-999]", NULL },
};

static void a_list_of_hosts_becomes_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(hosts_cases) / sizeof(hosts_cases[0]); i++) {
        const struct hosts_case *one = &hosts_cases[i];
        struct mz_text joined = { 0 };
        char **names = NULL;
        int32_t count = 0;
        bool good = mz_slurm_hosts(arena, one->text, &names, &count);

        assert_int_equal(good, one->names != NULL);
        for (int32_t k = 0; good && k < count; k++)
            mz_text_addf(&joined, "%s%s", k ? " " : "", names[k]);
        if (good)
            assert_string_equal(mz_text_string(&joined), one->names);
        mz_text_finish(&joined);
    }
}

struct gres_case {
    const char *text;
    int32_t count;
    const char *kind;
};

static const struct gres_case gres_cases[] = {
    { "", 0, "" },
    { "(null)", 0, "" },
    { "gpu", 1, "" },
    { "gpu:8", 8, "" },
    { "gpu:h100:8", 8, "h100" },
    { "gpu:h100:8(S:0-1)", 8, "h100" },
    { "gpu:h100:4(IDX:0-1,3,5)", 4, "h100" },
    { "gres:gpu:h100:4", 4, "h100" },
    { "gres/gpu:4", 4, "" },
    { "gres/gpu:a100=2", 2, "a100" },
    { "gres/gpu=2", 2, "" },
    { "gpu:h100:0(IDX:N/A)", 0, "h100" },
    { "gpu:3g.20gb:2", 2, "3g.20gb" },
    { "shard:16,gpu:h100:4,gpu:h200:4,nic:2", 8, "h100" },
    { "gpumem:80", 0, "" },
};

static void gpus_are_counted_in_every_notation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(gres_cases) / sizeof(gres_cases[0]); i++) {
        char kind[MZ_SLURM_NAME_MAX];

        assert_int_equal(mz_slurm_gres(gres_cases[i].text, kind), gres_cases[i].count);
        assert_string_equal(kind, gres_cases[i].kind);
    }
}

static void memory_has_units(void **state)
{
    (void)state;
    assert_int_equal(mz_slurm_memory_mib("100M"), 100);
    assert_int_equal(mz_slurm_memory_mib("1.50G"), 1536);
    assert_int_equal(mz_slurm_memory_mib("2T"), 2 * 1024 * 1024);
    assert_int_equal(mz_slurm_memory_mib("2048"), 2048);
    assert_int_equal(mz_slurm_memory_mib("0"), 0);
    assert_int_equal(mz_slurm_memory_mib("N/A"), 0);
    assert_int_equal(mz_slurm_memory_mib("999999999999P"), INT64_C(1) << 40);
    assert_int_equal(mz_slurm_memory_mib("nan"), 0);
}

static void a_number_that_no_machine_has_is_brought_within_bounds(void **state)
{
    const char *text = "{\"jobs\":[{\"job_id\":1,\"job_state\":\"RUNNING\",\"nodes\":\"a[1-3]\","
                       "\"cpus\":2147483647,\"end_time\":9223372036854775807,"
                       "\"memory_per_node\":9223372036854775807}]}";
    struct mz_slurm_list list = { .arena = arena };

    (void)state;
    assert_int_equal(mz_slurm_json_jobs(&list, text, strlen(text), NULL), MZ_OK);
    assert_int_equal(list.jobs[0].share_count, 3);
    assert_int_equal(list.jobs[0].shares[0].cpus, (MZ_SLURM_COUNT_MAX + 2) / 3);
    assert_int_equal(list.jobs[0].shares[0].memory_mib, INT64_C(1) << 40);
    assert_int_equal(list.jobs[0].end_s, INT64_C(1) << 37);
    assert_int_equal(mz_slurm_count(INT64_MIN), 0);
}

struct node_case {
    const char *text;
    bool is_up;
    bool is_cordoned;
};

static const struct node_case node_cases[] = {
    { "IDLE", true, false },
    { "MIXED+PLANNED", true, false },
    { "ALLOCATED+COMPLETING", true, false },
    { "IDLE+CLOUD+POWERED_DOWN", true, false }, /* Slurm starts it when it has work */
    { "DOWN", false, false },
    { "DOWN*+DRAIN", false, false },
    { "IDLE*", false, false },
    { "idle*", false, false },
    { "IDLE+DRAIN", false, false },
    { "MIXED+DRAIN", true, true },
    { "drained", false, false },
    { "draining", true, true },
    { "ALLOCATED+MAINTENANCE", true, true },
    { "ALLOCATED+NOT_RESPONDING", false, false },
    { "UNKNOWN", false, false },
    { "FUTURE", false, false },
};

static void the_state_of_a_node_says_if_it_takes_work(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(node_cases) / sizeof(node_cases[0]); i++) {
        struct mz_slurm_node_words words = { 0 };
        struct mz_slurm_node node = { 0 };

        mz_slurm_node_word(&words, node_cases[i].text);
        mz_slurm_node_settle(&words, &node);
        assert_int_equal(node.is_up, node_cases[i].is_up);
        assert_int_equal(node.is_cordoned, node_cases[i].is_cordoned);
    }
}

/* The same two jobs as slurmrestd of 22.05, 23.02, and 24.11 tells them. */
static const char *const job_answers[] = {
    "{\"errors\":[],\"jobs\":[{\"job_id\":7,\"name\":\"mz-abcdefgh-3-1\",\"user_name\":\"ann\","
    "\"job_state\":\"RUNNING\",\"state_reason\":\"None\",\"submit_time\":1700000000,"
    "\"end_time\":1700003600,\"nodes\":\"a[1-2]\",\"cpus\":8,\"memory_per_node\":100,"
    "\"memory_per_cpu\":null,\"gres_detail\":[\"gpu:h100:4(IDX:0-3)\",\"gpu:h100:2(IDX:0-1)\"],"
    "\"job_resources\":{\"nodes\":\"a[1-2]\",\"allocated_nodes\":[{\"nodename\":\"a1\","
    "\"memory_allocated\":128},{\"nodename\":\"a2\",\"memory_allocated\":64}]}},"
    "{\"job_id\":8,\"name\":\"x\",\"user_name\":\"bob\",\"job_state\":\"PENDING\","
    "\"state_reason\":\"Resources\",\"submit_time\":1700000001,\"end_time\":0,\"nodes\":\"\"}]}",
    "{\"jobs\":[{\"job_id\":7,\"name\":\"mz-abcdefgh-3-1\",\"user_name\":\"ann\","
    "\"job_state\":\"RUNNING\",\"state_reason\":\"None\",\"submit_time\":1700000000,"
    "\"end_time\":1700003600,\"nodes\":\"a[1-2]\",\"cpus\":{\"set\":true,\"infinite\":false,"
    "\"number\":8},\"memory_per_node\":{\"set\":true,\"infinite\":false,\"number\":100},"
    "\"gres_detail\":[\"gpu:h100:4(IDX:0-3)\",\"gpu:h100:2(IDX:0-1)\"],\"job_resources\":{"
    "\"allocated_nodes\":[{\"nodename\":\"a1\",\"memory_allocated\":128},"
    "{\"nodename\":\"a2\",\"memory_allocated\":64}]}},"
    "{\"job_id\":8,\"name\":\"x\",\"user_name\":\"bob\",\"job_state\":\"PENDING\","
    "\"state_reason\":\"Resources\",\"submit_time\":1700000001,\"end_time\":{\"set\":false,"
    "\"infinite\":false,\"number\":0},\"nodes\":\"\"}]}",
    "{\"last_update\":{\"set\":true,\"infinite\":false,\"number\":1700000009},\"jobs\":[{"
    "\"job_id\":7,\"name\":\"mz-abcdefgh-3-1\",\"user_name\":\"ann\",\"job_state\":[\"RUNNING\"],"
    "\"state_reason\":\"None\",\"submit_time\":{\"set\":true,\"infinite\":false,"
    "\"number\":1700000000},\"end_time\":{\"set\":true,\"infinite\":false,\"number\":1700003600},"
    "\"nodes\":\"a[1-2]\",\"cpus\":{\"set\":true,\"infinite\":false,\"number\":8},"
    "\"memory_per_node\":{\"set\":true,\"infinite\":false,\"number\":100},"
    "\"gres_detail\":[\"gpu:h100:4(IDX:0-3)\",\"gpu:h100:2(IDX:0-1)\"],\"job_resources\":{"
    "\"nodes\":{\"count\":2,\"list\":\"a[1-2]\",\"allocation\":[{\"name\":\"a1\",\"cpus\":{"
    "\"count\":4,\"used\":0},\"memory\":{\"used\":0,\"allocated\":128}},{\"name\":\"a2\","
    "\"cpus\":{\"count\":4,\"used\":0},\"memory\":{\"used\":0,\"allocated\":64}}]}}},"
    "{\"job_id\":8,\"name\":\"x\",\"user_name\":\"bob\",\"job_state\":[\"PENDING\"],"
    "\"state_reason\":\"Resources\",\"submit_time\":{\"set\":true,\"infinite\":false,"
    "\"number\":1700000001},\"end_time\":{\"set\":true,\"infinite\":true,\"number\":0},"
    "\"nodes\":\"\"}]}",
};

static void jobs_read_the_same_in_every_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(job_answers) / sizeof(job_answers[0]); i++) {
        struct mz_slurm_list list = { .arena = arena };
        struct mz_error error;
        const struct mz_slurm_job *job;

        assert_int_equal(
            mz_slurm_json_jobs(&list, job_answers[i], strlen(job_answers[i]), &error), MZ_OK);
        assert_int_equal(list.job_count, 2);
        job = &list.jobs[0];
        assert_string_equal(job->id, "7");
        assert_string_equal(job->name, "mz-abcdefgh-3-1");
        assert_string_equal(job->user, "ann");
        assert_int_equal(job->state, MZ_REMOTE_RUNNING);
        assert_string_equal(job->reason, "");
        assert_int_equal(job->submit_s, 1700000000);
        assert_int_equal(job->end_s, 1700003600);
        assert_int_equal(job->share_count, 2);
        assert_string_equal(job->shares[1].node, "a2");
        assert_int_equal(job->shares[0].chips, 4);
        assert_int_equal(job->shares[1].chips, 2);
        assert_int_equal(job->shares[1].cpus, 4);
        assert_int_equal(job->shares[0].memory_mib, 128);
        assert_int_equal(job->shares[1].memory_mib, 64);
        job = &list.jobs[1];
        assert_int_equal(job->state, MZ_REMOTE_QUEUED);
        assert_string_equal(job->reason, "Resources");
        assert_int_equal(job->submit_s, 1700000001);
        assert_int_equal(job->end_s, 0);
        assert_int_equal(job->share_count, 0);
    }
}

struct state_case {
    const char *json;
    enum mz_remote_state state;
    const char *reason;
};

static const struct state_case state_cases[] = {
    { "\"COMPLETING\"", MZ_REMOTE_RUNNING, "COMPLETING" },
    { "[\"CANCELLED\",\"COMPLETING\"]", MZ_REMOTE_RUNNING, "CANCELLED" },
    { "[\"CANCELLED\"]", MZ_REMOTE_ENDED, "CANCELLED" },
    { "[\"NODE_FAIL\",\"REQUEUED\"]", MZ_REMOTE_QUEUED, "" },
    { "\"NODE_FAIL\"", MZ_REMOTE_ENDED, "NODE_FAIL" },
    { "\"OF_THE_FUTURE\"", MZ_REMOTE_RUNNING, "OF_THE_FUTURE" },
    { "[]", MZ_REMOTE_RUNNING, "" },
    { "null", MZ_REMOTE_RUNNING, "" },
};

static void a_job_has_ended_only_when_nothing_speaks_against_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(state_cases) / sizeof(state_cases[0]); i++) {
        struct mz_slurm_list list = { .arena = arena };
        char *text = mz_arena_printf(
            arena, "{\"jobs\":[{\"job_id\":1,\"job_state\":%s}]}", state_cases[i].json);

        assert_int_equal(mz_slurm_json_jobs(&list, text, strlen(text), NULL), MZ_OK);
        assert_int_equal(list.jobs[0].state, state_cases[i].state);
        assert_string_equal(list.jobs[0].reason, state_cases[i].reason);
    }
}

static const char *const node_answers[] = {
    "{\"nodes\":[{\"name\":\"a1\",\"state\":\"mixed\",\"state_flags\":[\"DRAIN\"],\"cpus\":64,"
    "\"real_memory\":500000,\"gres\":\"gpu:h100:8\",\"partitions\":[\"train\",\"spot\"],"
    "\"reason\":\"disk\"}]}",
    "{\"nodes\":[{\"name\":\"a1\",\"state\":[\"MIXED\",\"DRAIN\"],\"cpus\":64,"
    "\"real_memory\":500000,\"gres\":\"gpu:h100:8(S:0-1)\",\"partitions\":[\"train\",\"spot\"],"
    "\"reason\":\"disk\"}]}",
};

static void nodes_read_the_same_in_every_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(node_answers) / sizeof(node_answers[0]); i++) {
        struct mz_slurm_list list = { .arena = arena };
        const struct mz_slurm_node *node;

        assert_int_equal(
            mz_slurm_json_nodes(&list, node_answers[i], strlen(node_answers[i]), NULL), MZ_OK);
        node = &list.nodes[0];
        assert_string_equal(node->name, "a1");
        assert_string_equal(node->chip, "h100");
        assert_string_equal(node->partitions, "train,spot");
        assert_string_equal(node->reason, "disk");
        assert_int_equal(node->chips, 8);
        assert_int_equal(node->cpus, 64);
        assert_int_equal(node->memory_mib, 500000);
        assert_true(node->is_up && node->is_cordoned);
    }
}

static void an_answer_without_a_list_is_no_empty_list(void **state)
{
    static const char *const bad[] = { "", "[]", "{}", "{\"jobs\":null}", "{\"jobs\":[", "busy",
        "{\"jobs\":{}}", "{\"jobs\":[]", "{\"jobs\":[{}}", "{\"jobs\":[{},]}", "{\"jobs\":[1]}",
        "{\"jobs\":[{\"a\":}]}" };
    struct mz_slurm_list list = { .arena = arena };
    struct mz_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(mz_slurm_json_jobs(&list, bad[i], strlen(bad[i]), &error), MZ_E_PARSE);
    assert_int_equal(mz_slurm_json_jobs(&list, "{\"jobs\":[]}", 11, &error), MZ_OK);
    assert_int_equal(
        mz_slurm_json_jobs(&list, "{\"errors\":[{}],\"jobs\":[]}", 26, &error), MZ_E_IO);
}

static void a_name_that_is_not_utf8_spoils_no_list(void **state)
{
    const char *text = "{\"jobs\":[{\"job_id\":1,\"name\":\"a\xff\"},{\"job_id\":2}]}";
    struct mz_slurm_list list = { .arena = arena };

    (void)state;
    assert_int_equal(mz_slurm_json_jobs(&list, text, strlen(text), NULL), MZ_OK);
    assert_int_equal(list.job_count, 2);
    assert_string_equal(list.jobs[0].name, "a?");
}

static void errors_have_a_number_under_two_names(void **state)
{
    static const char *const answers[] = {
        "{\"errors\":[{\"error_code\":2000,\"error\":\"Invalid partition name specified\"}]}",
        "{\"errors\":[{\"description\":\"\"},{\"error_number\":2000,"
        "\"error\":\"Invalid partition name specified\"}]}",
    };
    struct mz_slurm_errors errors;

    (void)state;
    mz_slurm_json_errors(answers[0], strlen(answers[0]), &errors);
    assert_true(errors.any && errors.number == 2000);
    assert_string_equal(errors.text, "Invalid partition name specified");
    mz_slurm_json_errors(answers[1], strlen(answers[1]), &errors);
    assert_true(errors.any && errors.number == 2000);
    mz_slurm_json_errors("{\"errors\":[]}", 13, &errors);
    assert_false(errors.any);
    mz_slurm_json_errors("Authentication failure", 22, &errors);
    assert_false(errors.any);
}

static void the_highest_version_that_both_know_is_taken(void **state)
{
    const char *old = "{\"paths\":{\"/slurm/v0.0.36/jobs\":{},\"/slurm/v0.0.38/jobs\":{},"
                      "\"/slurmdb/v0.0.40/jobs\":{},\"/slurm/v0.0.37/jobs\":{}}}";
    const char *newer = "{\"paths\":{\"/slurm/v0.0.40/jobs/\":{},\"/slurm/v0.0.42/jobs/\":{},"
                        "\"/slurm/v0.0.42/jobs/state/\":{},\"/slurm/v0.0.77/jobs/\":{}}}";

    (void)state;
    assert_int_equal(mz_slurm_json_version(old, strlen(old)), 38);
    assert_int_equal(mz_slurm_json_version(newer, strlen(newer)), 42);
    assert_int_equal(mz_slurm_json_version("{}", 2), 0);
    assert_int_equal(mz_slurm_json_version("x", 1), 0);
}

static void a_token_tells_its_end_and_its_user(void **state)
{
    char user[32];
    int64_t exp_s;

    (void)state; /* {"exp":1700000000,"iat":1,"sun":"ann"} */
    mz_slurm_token_read(
        "h.eyJleHAiOjE3MDAwMDAwMDAsImlhdCI6MSwic3VuIjoiYW5uIn0.s", &exp_s, user, sizeof(user));
    assert_int_equal(exp_s, 1700000000);
    assert_string_equal(user, "ann");
    mz_slurm_token_read("no.token", &exp_s, user, sizeof(user));
    assert_int_equal(exp_s, 0);
    mz_slurm_token_read("a.!!!.c", &exp_s, user, sizeof(user));
    assert_int_equal(exp_s, 0);
    assert_string_equal(user, "");
}

#define SEP "\x1f"

static void what_commands_print_is_read_by_its_mark(void **state)
{
    const char *text =
        "mark hello\nmark user ann\n"
        "NodeName=a1 Arch=x86_64 CPUAlloc=6 CPUTot=64 Gres=gpu:h100:8 GresUsed=gpu:h100:5(IDX:0-4)"
        " OS=Linux 6.1 Gres RealMemory=500000 AllocMem=3000 State=MIXED+DRAIN Partitions=train "
        " Reason=bad Gres=gpu:99 [root@2026]\n"
        "mark nodes 0\n"
        "mark job " SEP "7" SEP "1700000000" SEP "1700003600" SEP "RUNNING" SEP "ann" SEP "8" SEP
        "1G" SEP "gres:gpu:h100:4" SEP "a[1-2]" SEP "None" SEP "mz-abcdefgh-3-1\n"
        "mark job " SEP "8" SEP "1700000001" SEP "N/A" SEP "PENDING" SEP "bob" SEP "1" SEP "0" SEP
        "N/A" SEP SEP "Resources" SEP "a" SEP "name\n"
        "on a second line: mark job " SEP "9\n"
        "mark jobs 0\nmark whole\n";
    struct mz_slurm_list list = { .arena = arena, .user = "" };
    struct mz_error error;

    (void)state;
    assert_int_equal(mz_slurm_text_observed(&list, "mark", text, strlen(text), &error), MZ_OK);
    assert_string_equal(list.user, "ann");
    assert_int_equal(list.node_count, 1);
    assert_int_equal(list.nodes[0].chips, 8);
    assert_int_equal(list.nodes[0].used_chips, 5);
    assert_int_equal(list.nodes[0].used_cpus, 6);
    assert_int_equal(list.nodes[0].used_memory_mib, 3000);
    assert_int_equal(list.nodes[0].memory_mib, 500000);
    assert_string_equal(list.nodes[0].partitions, "train");
    assert_string_equal(list.nodes[0].reason, "bad Gres=gpu:99 [root@2026]");
    assert_true(list.nodes[0].is_cordoned);
    assert_int_equal(list.job_count, 2);
    assert_int_equal(list.jobs[0].share_count, 2);
    assert_int_equal(list.jobs[0].shares[0].chips, 4);
    assert_int_equal(list.jobs[0].shares[0].cpus, 4);
    assert_int_equal(list.jobs[0].shares[0].memory_mib, 1024);
    assert_string_equal(list.jobs[1].name, "a" SEP "name");
    assert_string_equal(list.jobs[1].reason, "Resources");
}

static void a_list_that_was_not_finished_is_no_list(void **state)
{
    const char *text = "mark hello\nmark user ann\nmark nodes 0\n"
                       "slurm_load_jobs error: Unable to contact slurm controller\nmark jobs 1\n";
    struct mz_slurm_list list = { .arena = arena, .user = "" };
    struct mz_error error;

    (void)state;
    assert_int_equal(mz_slurm_text_observed(&list, "mark", text, strlen(text), &error), MZ_E_IO);
    assert_string_equal(error.text, "slurm_load_jobs error: Unable to contact slurm controller");
    assert_int_equal(mz_slurm_text_observed(&list, "mark", "", 0, &error), MZ_E_IO);
}

static void each_submit_of_a_script_has_its_own_end(void **state)
{
    const char *text = "mark hello\nmark begin 0\n12;alpha\nmark end 0 0\nmark begin 1\n"
                       "sbatch: error: Batch job submission failed: Invalid qos\nmark end 1 1\n"
                       "mark begin 2\n13\nmark end 2 0\nmark begin 3\n"
                       "mark time " SEP "12" SEP "1700000000" SEP "mz-a\n";
    struct mz_slurm_text_result results[5];
    bool is_whole;

    (void)state;
    mz_slurm_text_results(arena, "mark", text, strlen(text), results, 5, &is_whole);
    assert_false(is_whole);
    assert_true(results[0].has_ended && results[0].exit_code == 0);
    assert_string_equal(results[0].id, "12");
    assert_int_equal(results[0].submit_s, 1700000000);
    assert_int_equal(results[1].exit_code, 1);
    assert_string_equal(results[1].said, "sbatch: error: Batch job submission failed: Invalid qos");
    assert_string_equal(results[2].id, "13");
    assert_int_equal(results[2].submit_s, 0);
    assert_true(results[3].has_begun && !results[3].has_ended);
    assert_false(results[4].has_begun);
}

struct said_case {
    int32_t exit_code;
    const char *said;
    enum mz_driver_outcome outcome;
};

static const struct said_case said_cases[] = {
    { 1, "sbatch: error: Batch job submission failed: Invalid partition name specified",
        MZ_DRIVER_REFUSED },
    { 1,
        "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect "
        "failure)",
        MZ_DRIVER_NOT_SENT },
    { 1, "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
        MZ_DRIVER_UNKNOWN },
    { 1, "sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received",
        MZ_DRIVER_UNKNOWN },
    { 1, "sbatch: unrecognized option '--nonsense'", MZ_DRIVER_REFUSED },
    { 127, "env: 'sbatch': No such file or directory", MZ_DRIVER_NOT_SENT },
    { 137, "", MZ_DRIVER_UNKNOWN },
};

static void a_sentence_tells_what_became_of_a_submit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(said_cases) / sizeof(said_cases[0]); i++)
        assert_int_equal(mz_slurm_text_outcome(said_cases[i].exit_code, said_cases[i].said),
            said_cases[i].outcome);
}

static const char *const two_nodes[] = { "a3", "a1" };
static const char *const key_names[] = { "account", "constraint" };
static const char *const key_values[] = { "nlp", "ib&nvme" };

static struct mz_driver_submit submit_of_two(void)
{
    return (struct mz_driver_submit){ .name = "mz-abcdefgh-1-1",
        .node_count = 2,
        .nodes = two_nodes,
        .chips_per_node = 4,
        .chip = "h100",
        .cpus_per_node = 2,
        .memory_mib = 100,
        .time_us = 61000000,
        .token = "tok",
        .comment = "c",
        .pass_count = 2,
        .pass_names = key_names,
        .pass_values = key_values };
}

static void a_job_is_written_in_the_words_of_each_version(void **state)
{
    static const struct {
        int32_t version;
        const char *parts[8];
    } cases[] = {
        { 38,
            { "\"nodelist\":\"a3,a1\"", "\"nodes\":2", "\"gpus_per_node\":\"h100:4\"",
                "\"no_requeue\":true", "\"environment\":{\"PATH\"", "\"time_limit\":2",
                "\"script\":\"S\",\"job\":{", "\"constraints\":\"ib&nvme\"" } },
        { 39,
            { "\"required_nodes\":[\"a3\",\"a1\"]", "\"nodes\":\"2\"",
                "\"tres_per_node\":\"gres:gpu:h100:4\"", "\"requeue\":false",
                "\"environment\":[\"PATH=", "\"time_limit\":{\"set\":true,\"number\":2}",
                "\"memory_per_node\":{\"set\":true,\"number\":100}",
                "\"script\":\"S\",\"job\":{" } },
        { 42,
            { "\"tres_per_node\":\"gres/gpu:h100:4\"", "{\"job\":{", "\"script\":\"S\"}}",
                "\"account\":\"nlp\"", "\"partition\":\"train\"", "\"cpus_per_task\":2",
                "\"tasks_per_node\":1", "\"current_working_directory\":\"/tmp\"" } },
    };
    const struct mz_driver_keys keys = { .partition = "train" };
    struct mz_driver_submit submit = submit_of_two();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mz_text body = { 0 };

        mz_slurm_body(&body, cases[i].version, &keys, &submit, "S");
        for (size_t k = 0; k < 8; k++) {
            if (!strstr(mz_text_string(&body), cases[i].parts[k]))
                fail_msg("v0.0.%d: no %s in %s", cases[i].version, cases[i].parts[k],
                    mz_text_string(&body));
        }
        assert_null(strstr(mz_text_string(&body), "argv"));
        mz_text_finish(&body);
    }
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    char buffer[MZ_SLURM_TEXT_MAX];
    struct mz_driver_submit submit = submit_of_two();
    static const char *const bad_nodes[] = { "a1", "a;reboot" };
    static const char *const bad_names[] = { "argv", "account" };
    static const char *const bad_values[] = { "nlp", "a\nb" };

    (void)state;
    assert_null(mz_slurm_submit_check(&submit, buffer));
    submit.nodes = bad_nodes;
    assert_non_null(mz_slurm_submit_check(&submit, buffer));
    submit = submit_of_two();
    submit.pass_names = bad_names;
    assert_non_null(strstr(mz_slurm_submit_check(&submit, buffer), "'argv'"));
    submit = submit_of_two();
    submit.pass_values = bad_values;
    assert_non_null(strstr(mz_slurm_submit_check(&submit, buffer), "control character"));
    submit = submit_of_two();
    submit.token = "two\nlines";
    assert_non_null(mz_slurm_submit_check(&submit, buffer));
    submit = submit_of_two();
    submit.chip = "h100 --wrap=reboot";
    assert_non_null(mz_slurm_submit_check(&submit, buffer));
}

static void a_limit_of_time_is_rounded_up_to_minutes(void **state)
{
    (void)state;
    assert_int_equal(mz_slurm_minutes(0), 0);
    assert_int_equal(mz_slurm_minutes(1), 1);
    assert_int_equal(mz_slurm_minutes(60000000), 1);
    assert_int_equal(mz_slurm_minutes(60000001), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_hosts_becomes_names),
        cmocka_unit_test(gpus_are_counted_in_every_notation),
        cmocka_unit_test(memory_has_units),
        cmocka_unit_test(a_number_that_no_machine_has_is_brought_within_bounds),
        cmocka_unit_test(the_state_of_a_node_says_if_it_takes_work),
        cmocka_unit_test(jobs_read_the_same_in_every_version),
        cmocka_unit_test(a_job_has_ended_only_when_nothing_speaks_against_it),
        cmocka_unit_test(nodes_read_the_same_in_every_version),
        cmocka_unit_test(an_answer_without_a_list_is_no_empty_list),
        cmocka_unit_test(a_name_that_is_not_utf8_spoils_no_list),
        cmocka_unit_test(errors_have_a_number_under_two_names),
        cmocka_unit_test(the_highest_version_that_both_know_is_taken),
        cmocka_unit_test(a_token_tells_its_end_and_its_user),
        cmocka_unit_test(what_commands_print_is_read_by_its_mark),
        cmocka_unit_test(a_list_that_was_not_finished_is_no_list),
        cmocka_unit_test(each_submit_of_a_script_has_its_own_end),
        cmocka_unit_test(a_sentence_tells_what_became_of_a_submit),
        cmocka_unit_test(a_job_is_written_in_the_words_of_each_version),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(a_limit_of_time_is_rounded_up_to_minutes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
