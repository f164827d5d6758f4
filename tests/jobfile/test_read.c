/* test_read.c - job files in YAML and JSON: what they give, and whole texts of errors */
#include "support.h"

#include "base/arena.h"
#include "scenario/codes.h"

#include <stdlib.h>

struct read_case {
    const char *text;
    const char *wanted;
};

#define RUN "run: a\n"
/* wraps a value into a job that runs something */
#define GOOD(text, json)                                                                           \
    {                                                                                              \
        RUN text "\n", "{\"name\":\"job\",\"run\":\"a\"" json "}\n"                                \
    }
#define BAD(text, errors)                                                                          \
    {                                                                                              \
        text "\n", errors "\n"                                                                     \
    }

static const struct read_case good_cases[] = {
    { "run: ./train.sh --fast\n", "{\"name\":\"job\",\"run\":\"./train.sh --fast\"}\n" },
    { "command: [python, 'a b.py', '']\n",
        "{\"name\":\"job\",\"command\":[\"python\",\"a b.py\",\"\"]}\n" },
    { "script: |\n  #!/bin/sh\n  echo \"$1\"\nargs: [x]\n",
        "{\"name\":\"job\",\"script\":\"#!/bin/sh\\necho \\\"$1\\\"\\n\",\"args\":[\"x\"]}\n" },
    { "run: a\nkind: train\n", "{\"name\":\"job\",\"kind\":\"train\",\"run\":\"a\"}\n" },
    GOOD("kind: batch", ""),
    GOOD("workdir: sub/x\noutput: run-%j.out",
        ",\"workdir\":\"/home/u/sub/x\","
        "\"output\":\"/home/u/sub/x/run-%j.out\""),
    GOOD("output: ./a%%b-%t\nworkdir: /w", ",\"workdir\":\"/w\",\"output\":\"/w/a%%b-%t\""),
    GOOD("workdir: .", ",\"workdir\":\"/home/u\""),
    GOOD("env: {A: 1, B: \"\", _c: \"x\\ty\"}",
        ",\"env\":{\"A\":\"1\",\"B\":\"\",\"_c\":\"x\\ty\"}"),
    GOOD(
        "nodes: 2\nchips_per_node: 8\nchips: 16", ",\"nodes\":2,\"chips_per_node\":8,\"chips\":16"),
    GOOD("chip: h100-sxm", ",\"chip\":[\"h100-sxm\"]"),
    GOOD("cpus_per_node: 96\nmemory: 1.5 TiB", ",\"cpus_per_node\":96,\"memory_mib\":1572864"),
    GOOD("memory: 64G", ",\"memory_mib\":65536"),
    GOOD("memory: 64 GB", ",\"memory_mib\":61036"),
    GOOD("time: 2-12:30:15", ",\"time_s\":217815"),
    GOOD("time: 90m", ",\"time_s\":5400"),
    GOOD("time: 36:00:00", ",\"time_s\":129600"),
    GOOD("time: 1.5 s", ",\"time_s\":1.5"),
    GOOD("team: nlp\npriority: -5\npreemptible: false\nhold: true",
        ",\"team\":\"nlp\",\"priority\":-5,\"preemptible\":false,\"hold\":true"),
    GOOD("priority: 50\npreemptible: true\nrecovery: {max_restarts: 20, lease: 5 min}", ""),
    GOOD("placement: {partners: own, topology: {required: site, preferred: rack}, "
         "max_price: 2.5 USD/chip-hour}",
        ",\"placement\":{\"partners\":[\"own\"],\"topology\":{\"required\":\"site\","
        "\"preferred\":\"rack\"},\"max_price_usd_per_chip_hour\":2.5}"),
    GOOD("placement: {max_price: 0 USD/chip-hour}",
        ",\"placement\":{\"max_price_usd_per_chip_hour\":0}"),
    GOOD("recovery: {on_partner_loss: wait, max_restarts: 0, lease: 2s, job: true}",
        ",\"recovery\":{\"on_partner_loss\":\"wait\",\"max_restarts\":0,\"lease_s\":2,"
        "\"job\":true}"),
    GOOD("checkpoint: {dir: ck, every: 30min, signal: SIGUSR2@90}\nkill_after: 0 s",
        ",\"checkpoint\":{\"dir\":\"/home/u/ck\",\"every_s\":1800,\"signal\":\"USR2\","
        "\"lead_s\":90},\"kill_after_s\":0"),
    GOOD("array: 7,1-3,10-20:5,2%4", ",\"array\":\"1-3,7,10,15,20%4\""),
    GOOD("array: 8", ",\"array\":\"8\""),
    GOOD("after: [afterok:1:2, afterany:3]", ",\"dependency\":\"afterok:1:2,afterany:3\""),
    GOOD("dependency: afternotok:9", ",\"dependency\":\"afternotok:9\""),
    GOOD("slurm: {z: {qos: high, account: a}, '*': {partition: p}}",
        ",\"slurm\":{\"*\":{\"partition\":\"p\"},\"z\":{\"account\":\"a\",\"qos\":\"high\"}}"),
    { "name: &n x\nteam: *n\nrun: *n\n", "{\"name\":\"x\",\"run\":\"x\",\"team\":\"x\"}\n" },
};

static const struct read_case warning_cases[] = {
    { RUN "placement: {order: contract}\n",
        "2:20 warning M0211 'placement.order' does nothing yet | the daemon's policy decides the "
        "order\n{\"name\":\"job\",\"run\":\"a\"}\n" },
    { "name: \xD8\xAA\xD8\xAF\xD8\xB1\xD9\x8A\xD8\xA8 v1.2\nrun: a\n",
        "{\"name\":\"\xD8\xAA\xD8\xAF\xD8\xB1\xD9\x8A\xD8\xA8 v1.2\",\"run\":\"a\"}\n" },
};

static const struct read_case bad_cases[] = {
    BAD("[a]", "1:1 error M0109 a job is a map of keys, not a list"),
    BAD("run: [a]",
        "1:6 error M0109 'run' must be a single value, not a list | for a program and "
        "its arguments write 'command:'"),
    BAD("command: python x",
        "1:10 error M0109 'command' must be a list, not a single value | "
        "write [program, argument], or 'run:' for a shell line"),
    BAD("run: ' '", "1:6 error M0201 'run' cannot be run | write what is to be run"),
    BAD("script: echo",
        "1:9 error M0226 'script' cannot be run | the first line names its "
        "interpreter: #!/bin/sh"),
    BAD("run: a\ncommand: [b]",
        "2:1 error M0201 'run' and 'command' are both to be run | a job "
        "runs one of them"),
    BAD("kind: service", "1:7 error M0211 'kind: service' comes later | write batch or train"),
    BAD("kind: trian",
        "1:7 error M0116 'kind' cannot be 'trian' | did you mean 'train'? | known "
        "words: batch, train"),
    BAD("placement: {max_pirce: 1}",
        "1:13 error M0107 unknown key 'max_pirce' in placement | did you mean 'max_price'? | "
        "known keys: partners, order, topology, max_price"),
    BAD("checkpoint: {interval: 5 min}",
        "1:14 error M0107 unknown key 'interval' in checkpoint | did you mean 'every'? | known "
        "keys: dir, every, signal, lead"),
    BAD("nodes: two",
        "1:8 error M0203 'nodes' cannot be 'two' | write a whole number from 1 to "
        "65536"),
    BAD("nodes: 0\nchips: 1e3\npriority: 1000001",
        "1:8 error M0115 'nodes' cannot be '0' | write a whole number from 1 to 65536\n"
        "2:8 error M0203 'chips' cannot be '1e3' | write a whole number from 1 to 4194304\n"
        "3:11 error M0115 'priority' cannot be '1000001' | write a whole number from -1000000 to "
        "1000000"),
    BAD("nodes: 99999999999999999999999999",
        "1:8 error M0115 'nodes' cannot be '99999999999999999999999999' | write a whole number "
        "from 1 to 65536"),
    BAD("nodes: 2\nchips: 15",
        "2:8 error M0209 15 chips do not divide over 2 nodes: every node of "
        "a job has as many"),
    BAD("nodes: 2\nchips_per_node: 8\nchips: 15",
        "3:8 error M0209 2 nodes of 8 chips are 16 chips, not 15: leave one of the three out"),
    BAD("time: 48", "1:7 error M0112 'time' needs a unit | write \"48 s\", \"48 min\" or \"48 h\""),
    BAD("time: fortnight",
        "1:7 error M0203 'time' cannot be 'fortnight' | write a time such as "
        "48h, 90min or 2-00:00:00"),
    BAD("time: 1:2:3:4",
        "1:7 error M0203 'time' cannot be '1:2:3:4' | write a time such as 48h, "
        "90min or 2-00:00:00"),
    BAD("time: 20000 days",
        "1:7 error M0115 'time' cannot be '20000 days' | write a time from 1 s to 3650 d"),
    BAD("recovery: {lease: 1s}",
        "1:19 error M0115 'recovery.lease' cannot be '1s' | write a time from 2 s to 24 h"),
    BAD("memory: 64", "1:9 error M0112 'memory' needs a unit | write \"64 MiB\" or \"64 GiB\""),
    BAD("memory: 64 gb",
        "1:9 error M0203 'memory' cannot be '64 gb' | write memory such as \"64 "
        "GiB\""),
    BAD("placement: {max_price: 2.5}",
        "1:24 error M0112 'placement.max_price' needs a unit | "
        "write \"2.5 USD/chip-hour\""),
    BAD("placement: {max_price: 2 EUR}",
        "1:24 error M0203 'placement.max_price' cannot be '2 EUR' | write a price such as \"2.50 "
        "USD/chip-hour\""),
    BAD("hold: yes", "1:7 error M0117 'hold' must be true or false | write true"),
    BAD("time:", "1:1 error M0111 'time' has no value | give it one, or remove it"),
    BAD("team: a\nteam: b",
        "2:1 error M0104 the key 'team' stands twice | only one of them can "
        "count"),
    BAD("after: afterok:1\ndependency: afterok:2",
        "2:1 error M0104 'dependency' says again what 'after' says | only one of them can count"),
    BAD("name: \"a\\e[31mb\"",
        "1:7 error M0202 'name' cannot be 'a\x1b[31mb' | it has a control "
        "character, or bytes that are not UTF-8"),
    BAD("name: \"a\\u202Eb\"",
        "1:7 error M0202 'name' cannot be 'a\xE2\x80\xAE"
        "b' | it has a control character, or bytes that are not UTF-8"),
    BAD("name: \"\"", "1:7 error M0202 'name' cannot be '' | it is empty"),
    BAD("name: \"a\\0b\"", "1:7 error M0102 a NUL character in a value"),
    BAD("name: \"a\xFF\"", "1:9 error M0102 this byte is not UTF-8 text"),
    BAD("chip: 'h100,h200'",
        "1:7 error M0202 'chip' cannot be 'h100,h200' | write a list: "
        "[first, second]"),
    BAD("chip: [a, a]", "1:11 error M0202 'chip' cannot be 'a' | it stands twice"),
    BAD("chip: []", "1:7 error M0111 'chip' has no value | give it one, or remove it"),
    BAD("checkpoint: {dir: $CKPT}",
        "1:19 error M0204 'checkpoint.dir' cannot be '$CKPT' | "
        "variables and ~ are not expanded here: write the path out"),
    BAD("checkpoint: {dir: s3://b/c}",
        "1:19 error M0204 'checkpoint.dir' cannot be 's3://b/c' | a URL is not a path: write a "
        "path that every node of the job can reach"),
    BAD("output: /a%N",
        "1:9 error M0204 'output' cannot be '/a%N' | behind % stands j (job), n "
        "(attempt), t (rank) or %"),
    BAD("checkpoint: {signal: KILL}",
        "1:22 error M0207 'checkpoint.signal' cannot be 'KILL' | write a signal such as USR1@120s; "
        "KILL and STOP cannot be caught"),
    BAD("checkpoint: {signal: USR1@soon}",
        "1:22 error M0207 'checkpoint.signal' cannot be "
        "'USR1@soon' | write the time behind @ such as "
        "USR1@120s"),
    BAD("env: {1A: x, B-C: y, D: [z], E: }",
        "1:7 error M0208 'env': '1A' cannot be a variable | letters, digits and _, 128 at most, "
        "no digit first\n"
        "1:14 error M0208 'env': 'B-C' cannot be a variable | letters, digits and _, 128 at most, "
        "no digit first\n"
        "1:25 error M0109 'env' must be a single value, not a list\n"
        "1:30 error M0111 an entry of 'env' has no value | write \"\" for an empty text"),
    BAD("array: 1..8",
        "1:8 error M0206 'array' cannot be '1..8' | write indices such as 1-8,12 or "
        "0-30:10, and %4 for four at once"),
    BAD("array: 0-200000",
        "1:8 error M0210 'array' cannot be '0-200000' | an array has 100000 "
        "elements at most"),
    BAD("array: 8-1",
        "1:8 error M0206 'array' cannot be '8-1' | write the smaller index first: "
        "1-8"),
    BAD("dependency: 4127",
        "1:13 error M0205 'dependency' cannot be '4127' | write what is waited "
        "for: afterok:4127"),
    BAD("dependency: [singleton, 'afterok:1?afterok:2', 'afterok:x']",
        "1:14 error M0205 'dependency' cannot be 'singleton' | 'singleton' is not supported: write "
        "afterok, afterany or afternotok\n"
        "1:25 error M0205 'dependency' cannot be 'afterok:1?afterok:2' | '?' (any of them) is not "
        "supported: all have to hold\n"
        "1:48 error M0205 'dependency' cannot be 'afterok:x' | write the number of a job: "
        "afterok:4127"),
    BAD("slurm: {own: {partion: x, qos: [y]}}",
        "1:15 error M0107 unknown key 'partion' in slurm.own | did you mean 'partition'? | known "
        "keys: account, comment, constraint, partition, qos, reservation\n"
        "1:32 error M0109 'slurm.own' must be a single value, not a list"),
    BAD("slurm: {partition: x}",
        "1:20 error M0109 'slurm.partition' must be a map, not a single "
        "value | write {partner: {partition: train}}"),
    BAD("run: a\n---\nrun: b",
        "2:1 error M0103 a second document begins here | a file holds one "
        "job"),
    BAD("# nothing", "1:1 error M0103 the file is empty"),
    BAD("<<: {run: a}", "1:1 error M0106 merge keys are not supported | write the keys out"),
    BAD("run: *x", "1:6 error M0106 no anchor '&x' stands before this"),
};

static void check_cases(const struct read_case *cases, size_t count)
{
    int32_t bad = 0;

    for (size_t i = 0; i < count; i++) {
        struct mz_text text = read_as_text("job.yaml", cases[i].text, strlen(cases[i].text));

        if (strcmp(mz_text_string(&text), cases[i].wanted) != 0) {
            print_error("%s--- wanted\n%s--- got\n%s\n", cases[i].text, cases[i].wanted,
                mz_text_string(&text));
            bad++;
        }
        mz_text_finish(&text);
    }
    assert_int_equal(bad, 0);
}

static void a_right_file_gives_its_canonical_json(void **state)
{
    (void)state;
    check_cases(good_cases, sizeof(good_cases) / sizeof(good_cases[0]));
    check_cases(warning_cases, sizeof(warning_cases) / sizeof(warning_cases[0]));
}

static void a_wrong_file_is_told_all_its_errors(void **state)
{
    (void)state;
    check_cases(bad_cases, sizeof(bad_cases) / sizeof(bad_cases[0]));
}

static const struct {
    const char *begin;
    const char *element;
    size_t count;
    const char *end;
    const char *wanted;
} limit_cases[] = {
    { "command: [", "a,", 4097, "a]\n", "M0210 'command' has 4098 entries | 4096 at most" },
    { "placement: {partners: [", "p%zu,", 65, "x]}\n",
        "M0210 'placement.partners' has 66 entries | 64 at most" },
    { "env: {", "A%zu: 1,", 1025, "B: 2}\n", "M0210 'env' has 1026 entries | 1024 at most" },
    { "name: ", "x", 129, "\n", "it is longer than 128 bytes" },
    { "dependency: afterany", ":7", 1025, "\n",
        "M0210 'dependency' cannot be "
        "'afterany:7:7:7:7:7:7:7:7:7:7:7:7:7:7:7:7:7:7:7:7:7:7:7:7:7:"
        "7:7:7:7:7:7:7:7:7:7:7' | a job waits for 1024 others at most" },
    { "array: ", "0-9,", 10001, "1\n", "an array has 100000 elements at most" },
    { "run: ", "aaaaaaaa", (4 << 17) + 1, "\n", "M0210 'run' cannot be run | 4 MiB is the limit" },
    { "command: [a, ", "aaaaaaaa", (4 << 17) + 1, "]\n", "M0210 'command' is larger than 4 MiB" },
    { "workdir: /", "aaaaaaaa", 600, "\n", "it is longer than 4096 bytes" },
    { "a: ", "[", 40, "", "nested deeper than 32 levels" },
    { "", "key%zu: 1\n", 3000, "", "M0107 unknown key 'key0' in the job" },
};

static void lists_and_texts_have_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(limit_cases) / sizeof(limit_cases[0]); i++) {
        struct mz_text text = { 0 };
        struct mz_text told;

        mz_text_add(&text, limit_cases[i].begin);
        for (size_t j = 0; j < limit_cases[i].count; j++) {
            const char *hole = strstr(limit_cases[i].element, "%zu");

            if (hole)
                mz_text_addf(&text, "%.*s%zu%s", (int)(hole - limit_cases[i].element),
                    limit_cases[i].element, j, hole + 3);
            else
                mz_text_add(&text, limit_cases[i].element);
        }
        mz_text_add(&text, limit_cases[i].end);
        told = read_as_text("job.yaml", text.bytes, text.length);
        if (!strstr(mz_text_string(&told), limit_cases[i].wanted))
            print_error("wanted %s\ngot %.500s\n", limit_cases[i].wanted, mz_text_string(&told));
        assert_non_null(strstr(mz_text_string(&told), limit_cases[i].wanted));
        mz_text_finish(&told);
        mz_text_finish(&text);
    }
}

static const char not_json[] = "ERROR line 1, column ";

static const struct read_case json_cases[] = {
    { "{\"run\":\"./a b\"}", "{\"name\":\"a\",\"run\":\"./a b\"}" },
    { "{\"command\":[\"/usr/bin/python3\",\"x\"]}",
        "{\"name\":\"python3\",\"command\":[\"/usr/bin/python3\",\"x\"]}" },
    { "{\"run\":\"a\",\"time\":\"48h\",\"checkpoint\":{\"every\":\"90 s\",\"lead_s\":0.25}}",
        "{\"name\":\"a\",\"run\":\"a\",\"time_s\":172800,\"checkpoint\":{\"every_s\":90,"
        "\"lead_s\":0.25}}" },
    { "{\"run\":\"a\",\"team\":null,\"nodes\":2.0,\"env\":{\"A\":1,\"B\":true,\"C\":0.5}}",
        "{\"name\":\"a\",\"run\":\"a\",\"env\":{\"A\":\"1\",\"B\":\"true\",\"C\":\"0.5\"},"
        "\"nodes\":2}" },
    { "{\"name\":\"null\",\"run\":\"\\u00e9\\u0001\"}",
        "{\"name\":\"null\",\"run\":\"\xC3\xA9\\u0001\"}" },
    { "", not_json },
    { "{\"run\":\"a\"", not_json },
    { "[1]", "ERROR a job is a map of keys, not a list" },
    { "{\"run\":\"a\",\"run\":\"b\"}", not_json },
    { "{\"run\":\"a\\u0000b\"}", not_json },
    { "{\"name\":\"\xFF\"}", not_json },
    { "{\"checkpoint\":{\"every\":30}}",
        "ERROR 'checkpoint.every' needs a unit: write \"30 s\", \"30 min\" or \"30 h\"" },
    { "{\"checkpoint\":{\"every_s\":\"x\"}}",
        "ERROR 'checkpoint.every_s' cannot be 'x': write a number from 1 to 315360000" },
    { "{\"time\":\"1h\",\"time_s\":3600}",
        "ERROR 'time_s' says again what 'time' says: only one of them can count" },
    { "{\"time_s\":1e300}",
        "ERROR 'time_s' cannot be '1e+300': write a number from 1 to 315360000" },
    { "{\"workdir\":\"a/b\"}",
        "ERROR 'workdir' cannot be 'a/b': write the path from the root: /..." },
    { "{\"nodez\":1,\"chips\":-1,\"hold\":\"x\"}",
        "ERROR unknown key 'nodez' in the job: did you mean 'nodes'? (and 2 more)" },
    { "{\"name\":\"\\u001b[2J\"}",
        "ERROR 'name' cannot be '?[2J': it has a control character, or "
        "bytes that are not UTF-8" },
    { "{\"run\":\"a\",\"command\":[\"b\"]}",
        "ERROR 'run' and 'command' are both to be run: a job runs one of them" },
    { "{\"nodes\":2.5}", "ERROR 'nodes' cannot be '2.5': write a whole number from 1 to 65536" },
    { "{\"nodes\":9223372036854775807}",
        "ERROR 'nodes' cannot be '9223372036854775807': write a "
        "whole number from 1 to 65536" },
};

static void json_gives_the_same_job_or_one_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(json_cases) / sizeof(json_cases[0]); i++) {
        struct mz_arena *arena = mz_arena_create();
        struct mz_job_spec spec = mz_job_spec_default();
        struct mz_error err = { MZ_OK, "" };
        struct mz_text text = { 0 };

        if (mz_jobfile_read_json(
                arena, json_cases[i].text, strlen(json_cases[i].text), &spec, &err) == MZ_OK)
            mz_jobfile_write_json(&spec, &text);
        else
            mz_text_addf(&text, "ERROR %s", err.text);
        if (strcmp(json_cases[i].wanted, not_json) == 0) { /* the rest is the parser's */
            assert_int_equal(strncmp(mz_text_string(&text), not_json, strlen(not_json)), 0);
            assert_non_null(strstr(mz_text_string(&text), ": this is not JSON: "));
        } else {
            assert_string_equal(mz_text_string(&text), json_cases[i].wanted);
        }
        mz_text_finish(&text);
        mz_arena_free(arena);
    }
}

static void json_nested_without_end_is_refused(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_job_spec spec = mz_job_spec_default();
    struct mz_error err = { MZ_OK, "" };
    size_t depths[] = { 40, 100000 };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct mz_text text = { 0 };

        mz_text_add(&text, "{\"env\":");
        for (size_t j = 0; j < depths[i]; j++)
            mz_text_add(&text, "[");
        for (size_t j = 0; j < depths[i]; j++)
            mz_text_add(&text, "]");
        mz_text_add(&text, "}");
        assert_int_not_equal(
            mz_jobfile_read_json(arena, text.bytes, text.length, &spec, &err), MZ_OK);
        assert_non_null(
            strstr(err.text, i == 0 ? "nested deeper than 32" : "maximum parsing depth"));
        mz_text_finish(&text);
    }
    mz_arena_free(arena);
}

/* a&b&c... each nine times the one before: more values than memory */
static void aliases_that_multiply_end_at_the_limit(void **state)
{
    struct mz_text text = { 0 };
    struct mz_text told;

    (void)state;
    mz_text_add(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 12; i++) {
        mz_text_addf(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 9; j++)
            mz_text_addf(&text, "*a%d,", i - 1);
        mz_text_add(&text, "]\n");
    }
    told = read_as_text("job.yaml", text.bytes, text.length);
    assert_non_null(strstr(mz_text_string(&told), "M0105"));
    mz_text_finish(&told);
    mz_text_finish(&text);
}

static void what_is_read_later_stands_over_what_was_read_before(void **state)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_jobfile_source first = { "a.yaml", "run: a\nteam: t\nnodes: 2\n", 23, "/d" };
    struct mz_jobfile_source second = { "b.yaml", "command: [b]\nnodes: 3\n", 22, "/d" };
    struct mz_job_spec spec = mz_job_spec_default();
    struct mz_text text = { 0 };
    struct mz_diags diags;

    (void)state;
    mz_diags_init(&diags, arena);
    assert_int_equal(mz_jobfile_read_yaml(arena, &first, &spec, &diags), MZ_OK);
    assert_int_equal(mz_jobfile_read_yaml(arena, &second, &spec, &diags), MZ_OK);
    mz_jobfile_write_json(&spec, &text);
    assert_string_equal(
        mz_text_string(&text), "{\"name\":\"a\",\"command\":[\"b\"],\"nodes\":3,\"team\":\"t\"}");
    mz_text_finish(&text);
    mz_arena_free(arena);
}

static void every_code_is_explained(void **state)
{
    static const char *const codes[] = { "M0201", "M0202", "M0203", "M0204", "M0205", "M0206",
        "M0207", "M0208", "M0209", "M0210", "M0211", "M0220", "M0221", "M0222", "M0223", "M0224",
        "M0225", "M0226" };

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        assert_non_null(mz_code_find(codes[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_file_gives_its_canonical_json),
        cmocka_unit_test(a_wrong_file_is_told_all_its_errors),
        cmocka_unit_test(lists_and_texts_have_limits),
        cmocka_unit_test(json_gives_the_same_job_or_one_sentence),
        cmocka_unit_test(json_nested_without_end_is_refused),
        cmocka_unit_test(aliases_that_multiply_end_at_the_limit),
        cmocka_unit_test(what_is_read_later_stands_over_what_was_read_before),
        cmocka_unit_test(every_code_is_explained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
