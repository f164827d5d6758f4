/* test_store_sqlite.c - the journal on disk: kills, locks, versions, damage, full disks, backups */
#include "state/writer.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int setup(void **state)
{
    struct mz_folder *folder = mz_xcalloc(1, sizeof(*folder));

    folder_make(folder);
    *state = folder;
    return 0;
}

static int teardown(void **state)
{
    folder_remove(*state);
    free(*state);
    return 0;
}

static void path_of(char *buffer, size_t size, const struct mz_folder *folder, const char *name)
{
    (void)snprintf(buffer, size, "%s/%s", folder->path, name);
}

/* What somebody with the sqlite3 program does to the file. */
static void run_sql(const struct mz_folder *folder, const char *sql)
{
    char path[128];
    sqlite3 *db = NULL;

    path_of(path, sizeof(path), folder, "journal.db");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void refused(const struct mz_folder *folder, enum mz_status status, const char *words)
{
    struct mz_error err = { MZ_OK, "" };
    struct mz_store *store = NULL;

    assert_int_equal(mz_store_open_sqlite(folder->path, &store, &err), status);
    assert_null(store);
    if (!strstr(err.text, words))
        fail_msg("'%s' is not in: %s", words, err.text);
}

static double now_s(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* --- batches of which it can be seen whether they stand whole --- */

enum { PARTS = 4 };

static void make_batch(struct mz_record *records, int64_t id)
{
    records[0] = record_spec(id, "{}");
    records[1] = record_job(id, MZ_RUN_PENDING);
    records[2] = record_attempt(id, 1, MZ_ATTEMPT_INTENT);
    records[3] = record_event(id, id);
}

/* 0 or PARTS, or the batch stands in half. */
static int parts_of(struct mz_store *store, struct mz_arena *arena, int64_t id)
{
    const struct mz_attempt_row *attempts;
    const struct mz_event_row *events;
    const struct mz_job_row *job;
    const char *json;
    int32_t attempt_count;
    int32_t event_count;

    assert_int_equal(mz_store_spec(store, arena, id, &json, NULL), MZ_OK);
    assert_int_equal(mz_store_job(store, arena, id, &job, NULL), MZ_OK);
    assert_int_equal(mz_store_attempts(store, arena, id, &attempts, &attempt_count, NULL), MZ_OK);
    assert_int_equal(
        mz_store_events(store, arena, 0, id, false, 9, &events, &event_count, NULL), MZ_OK);
    return (json ? 1 : 0) + (job ? 1 : 0) + attempt_count + event_count;
}

/* Every batch up to the last stands whole, and the last is at least `least`; returns it. */
static int64_t check_batches(struct mz_store *store, int64_t least)
{
    struct mz_arena *arena = mz_arena_create();
    struct mz_store_maxima maxima;

    assert_int_equal(mz_store_maxima(store, &maxima, NULL), MZ_OK);
    assert_true(maxima.job >= least);
    assert_int_equal(maxima.job, maxima.spec);
    assert_int_equal(maxima.job, maxima.event);
    for (int64_t id = 1; id <= maxima.job; id++)
        assert_int_equal(parts_of(store, arena, id), PARTS);
    mz_arena_free(arena);
    return maxima.job;
}

/* --- kills --- */

static void tell_number(int fd, int64_t number)
{
    if (write(fd, &number, sizeof(number)) != (ssize_t)sizeof(number))
        _exit(2);
}

static _Noreturn void commit_until_killed(const struct mz_folder *folder, int64_t id, int fd)
{
    struct mz_record records[PARTS];
    struct mz_store *store = NULL;

    if (mz_store_open_sqlite(folder->path, &store, NULL) != MZ_OK)
        _exit(3);
    for (;; id++) {
        make_batch(records, id);
        if (mz_store_commit(store, records, PARTS, NULL) != MZ_OK)
            _exit(4);
        tell_number(fd, id);
    }
}

/* The last number that came through the pipe, read to its end. */
static int64_t last_number(int fd)
{
    int64_t number;
    int64_t last = 0;

    while (read(fd, &number, sizeof(number)) == (ssize_t)sizeof(number))
        last = number;
    return last;
}

static void what_was_acknowledged_outlives_a_kill(void **state)
{
    const struct mz_folder *folder = *state;
    int64_t last = 0;

    for (int round = 0; round < 8; round++) {
        struct mz_store *store;
        int64_t acknowledged;
        int pipes[2];
        int how;
        pid_t child;

        assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0)
            commit_until_killed(folder, last + 1, pipes[1]);
        (void)close(pipes[1]);
        (void)usleep((useconds_t)(30000 + 7919 * round));
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFSIGNALED(how));
        acknowledged = last_number(pipes[0]);
        (void)close(pipes[0]);
        store = open_folder(folder);
        last = check_batches(store, acknowledged);
        assert_true(last <= (acknowledged > 0 ? acknowledged + 1 : last)); /* one was under way */
        mz_store_free(store);
    }
    assert_true(last > 0);
}

/* --- who may open --- */

static void a_second_opener_is_refused_by_name(void **state)
{
    const struct mz_folder *folder = *state;
    struct mz_store *store = open_folder(folder);
    char words[64];
    int how;
    pid_t child;

    (void)snprintf(words, sizeof(words), "in use by process %ld", (long)getpid());
    refused(folder, MZ_E_IO, words);
    child = fork();
    if (child == 0) {
        struct mz_store *second = NULL;

        _exit(mz_store_open_sqlite(folder->path, &second, NULL) == MZ_E_IO ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    mz_store_free(store);
    mz_store_free(open_folder(folder)); /* free again */
}

static void nobody_else_may_read_it(void **state)
{
    static const char *const names[] = { "new/deep/journal.db", "new/deep/journal.db-wal",
        "new/deep/journal.db-shm", "new/deep/lock" };
    const struct mz_folder *folder = *state;
    struct mz_folder deep = folder_below(folder, "new/deep");
    struct mz_store *store;
    struct stat info;
    mode_t mask = umask(0);
    char path[128];

    store = open_folder(&deep);
    (void)umask(mask);
    commit(store, &(struct mz_record){ .kind = MZ_RECORD_META, .meta = { "a", "b" } }, 1);
    assert_int_equal(stat(deep.path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        path_of(path, sizeof(path), folder, names[i]);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 07777, 0600);
    }
    mz_store_free(store);
}

static void a_directory_that_cannot_be_made_is_named(void **state)
{
    const struct mz_folder *folder = *state;
    struct mz_folder below = folder_below(folder, "file/state");
    char path[128];
    int fd;

    path_of(path, sizeof(path), folder, "file");
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    refused(&below, MZ_E_IO, "file");
}

/* --- versions --- */

static void fingerprint(const struct mz_folder *folder, char **ret_bytes, size_t *ret_length)
{
    char path[128];
    struct stat info;
    int fd;

    path_of(path, sizeof(path), folder, "journal.db");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &info), 0);
    *ret_length = (size_t)info.st_size;
    *ret_bytes = mz_xcalloc(*ret_length + 1, 1);
    assert_int_equal(read(fd, *ret_bytes, *ret_length), info.st_size);
    (void)close(fd);
}

static void unchanged_when_refused(
    const struct mz_folder *folder, enum mz_status status, const char *words)
{
    char *before;
    char *after;
    size_t before_length;
    size_t after_length;

    fingerprint(folder, &before, &before_length);
    refused(folder, status, words);
    fingerprint(folder, &after, &after_length);
    assert_int_equal(before_length, after_length);
    assert_memory_equal(before, after, before_length);
    free(before);
    free(after);
}

static void a_newer_journal_is_refused_and_not_changed(void **state)
{
    const struct mz_folder *folder = *state;
    struct mz_store *store = open_folder(folder);

    commit(store, &(struct mz_record){ .kind = MZ_RECORD_META, .meta = { "a", "b" } }, 1);
    mz_store_free(store);
    run_sql(folder, "PRAGMA user_version = 99");
    unchanged_when_refused(folder, MZ_E_INPUT, "version 99");
    run_sql(folder, "PRAGMA user_version = 1");
    mz_store_free(open_folder(folder));
}

static void another_programs_database_is_refused_and_not_changed(void **state)
{
    const struct mz_folder *folder = *state;

    run_sql(folder, "CREATE TABLE recipe(name TEXT)");
    unchanged_when_refused(folder, MZ_E_INPUT, "another program");
    run_sql(folder, "DROP TABLE recipe; PRAGMA application_id = 7");
    unchanged_when_refused(folder, MZ_E_INPUT, "another program");
}

static void an_empty_file_becomes_a_journal(void **state)
{
    const struct mz_folder *folder = *state;
    struct mz_store *store;

    run_sql(folder, "PRAGMA user_version = 0");
    store = open_folder(folder);
    commit(store, &(struct mz_record){ .kind = MZ_RECORD_META, .meta = { "a", "b" } }, 1);
    mz_store_free(store);
    run_sql(folder,
        "SELECT abs(iif(user_version = 1, 0, -9223372036854775807 - 1))"
        " FROM pragma_user_version"); /* fails unless the version is 1 */
}

/* --- damage --- */

struct damage_case {
    const char *sql;
    const char *words;
};

static const struct damage_case damage_cases[] = {
    { "UPDATE job SET state = 'sleeping' WHERE id = 7", "row job 7: state 'sleeping'" },
    { "UPDATE job SET priority = 99999999999 WHERE id = 7", "row job 7: priority '99999999999'" },
    { "UPDATE job SET cancel_wanted = 2", "row job 7: cancel_wanted '2'" },
    { "UPDATE attempt SET reason = 'boredom'", "row attempt 7/1: reason 'boredom'" },
    { "UPDATE attempt SET state = ''", "row attempt 7/1: state ''" },
    { "UPDATE permit SET exit_code = -3000000000", "row permit 7/1/0: exit_code '-3000000000'" },
    { "UPDATE partner SET is_drained = -1", "row partner aws: is_drained '-1'" },
};

static void count_row(void *context, const struct mz_job_row *row)
{
    (void)row;
    ++*(int *)context;
}

static void ignore_attempt(void *context, const struct mz_attempt_row *row)
{
    (void)context;
    (void)row;
}

static void ignore_permit(void *context, const struct mz_permit_row *row)
{
    (void)context;
    (void)row;
}

static void ignore_partner(void *context, const struct mz_partner_row *row)
{
    (void)context;
    (void)row;
}

static void a_row_that_makes_no_sense_is_named(void **state)
{
    const struct mz_folder *folder = *state;
    int count = 0;
    const struct mz_store_visitor visitor = { .context = &count,
        .job = count_row,
        .partner = ignore_partner,
        .attempt = ignore_attempt,
        .permit = ignore_permit };

    for (size_t c = 0; c < sizeof(damage_cases) / sizeof(damage_cases[0]); c++) {
        const struct mz_record rows[] = { record_job(7, MZ_RUN_RUNNING),
            record_attempt(7, 1, MZ_ATTEMPT_RUNNING), record_permit(7, 1, 0),
            record_partner("aws") };
        struct mz_store *store = open_folder(folder);
        struct mz_error err = { MZ_OK, "" };

        commit(store, rows, sizeof(rows) / sizeof(rows[0]));
        run_sql(folder, damage_cases[c].sql);
        assert_int_equal(mz_store_load_live(store, &visitor, &err), MZ_E_PARSE);
        if (!strstr(err.text, damage_cases[c].words))
            fail_msg("'%s' is not in: %s", damage_cases[c].words, err.text);
        commit(store, rows, sizeof(rows) / sizeof(rows[0])); /* written anew, it is read again */
        assert_int_equal(mz_store_load_live(store, &visitor, &err), MZ_OK);
        mz_store_free(store);
    }
}

/* Overwrites part of the file. */
static void scribble(const struct mz_folder *folder, off_t from, size_t length)
{
    char path[128];
    char *noise = mz_xcalloc(length, 1);
    int fd;

    for (size_t i = 0; i < length; i++)
        noise[i] = (char)(i * 131 + 17);
    path_of(path, sizeof(path), folder, "journal.db");
    fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, noise, length, from), (ssize_t)length);
    (void)close(fd);
    free(noise);
}

static void a_damaged_journal_is_said_to_be(void **state)
{
    const struct mz_folder *folder = *state;
    struct mz_store *store = open_folder(folder);
    struct mz_error err = { MZ_OK, "" };
    struct mz_record records[PARTS];
    int count = 0;
    const struct mz_store_visitor visitor = { .context = &count, .job = count_row };

    for (int64_t id = 1; id <= 500; id++) {
        make_batch(records, id);
        commit(store, records, PARTS);
    }
    mz_store_free(store);
    scribble(folder, 8192, 200000); /* tables' pages; the head stays */
    if (mz_store_open_sqlite(folder->path, &store, &err) == MZ_OK) {
        assert_int_equal(mz_store_load_live(store, &visitor, &err), MZ_E_PARSE);
        mz_store_free(store);
    }
    assert_int_equal(err.status, MZ_E_PARSE);
    assert_non_null(strstr(err.text, "damaged"));
    scribble(folder, 0, 200);
    refused(folder, MZ_E_PARSE, "damaged");
}

/* --- a full disk --- */

/* Commits large batches until one is refused, then lets room be made: the journal holds every
 * batch but the refused one, and takes more. NULL, or what went wrong. Also called in a child. */
static const char *fill(
    const struct mz_folder *folder, void (*make_room)(void *context), void *context)
{
    struct mz_arena *arena = mz_arena_create();
    char *large = mz_arena_alloc(arena, 100001, 1);
    struct mz_error err = { MZ_OK, "" };
    struct mz_store *store = NULL;
    const char *complaint = NULL;
    enum mz_status status = MZ_OK;
    struct mz_store_maxima maxima;
    int64_t id = 0;

    memset(large, 'x', 100000);
    if (mz_store_open_sqlite(folder->path, &store, &err) != MZ_OK)
        return "not opened";
    while (status == MZ_OK && id < 1000) {
        const struct mz_record batch[] = { record_job(id + 1, MZ_RUN_PENDING),
            record_spec(id + 1, large), record_event(id + 1, 0) };

        status = mz_store_commit(store, batch, 3, &err);
        id += status == MZ_OK ? 1 : 0;
    }
    if (status != MZ_E_IO || !strstr(err.text, "nothing of it was written"))
        complaint = "not refused as it should be";
    else if (mz_store_maxima(store, &maxima, &err) != MZ_OK || maxima.job != id ||
        maxima.spec != id || maxima.event != id)
        complaint = "a refused batch stands";
    make_room(context);
    for (int i = 0; i < 3 && !complaint; i++) {
        const struct mz_record batch[] = { record_job(id + 1, MZ_RUN_PENDING),
            record_spec(id + 1, large), record_event(id + 1, 0) };

        id++;
        if (mz_store_commit(store, batch, 3, &err) != MZ_OK)
            complaint = "not usable when there was room again";
    }
    mz_store_free(store);
    if (!complaint && mz_store_open_sqlite(folder->path, &store, &err) == MZ_OK) {
        if (mz_store_maxima(store, &maxima, &err) != MZ_OK || maxima.job != id || maxima.spec != id)
            complaint = "something is gone";
        mz_store_free(store);
    }
    mz_arena_free(arena);
    return complaint;
}

static void lift_limit(void *context)
{
    (void)setrlimit(RLIMIT_FSIZE, context);
}

static void a_full_disk_refuses_a_batch_whole(void **state)
{
    const struct mz_folder *folder = *state;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit before;
    struct rlimit small;
    const char *complaint;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 2000000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    complaint = fill(folder, lift_limit, &before);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, handler);
    if (complaint)
        fail_msg("%s", complaint);
}

static void enlarge(void *context)
{
    const struct mz_folder *folder = context;

    (void)mount("none", folder->path, "tmpfs", MS_REMOUNT, "size=64m");
}

enum { NOT_PERMITTED = 77 };

static int fill_tmpfs(struct mz_folder *folder)
{
    const char *complaint;

    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", folder->path, "tmpfs", 0, "size=4m,mode=0700") != 0)
        return NOT_PERMITTED;
    complaint = fill(folder, enlarge, folder);
    if (complaint)
        (void)fprintf(stderr, "on tmpfs: %s\n", complaint);
    return complaint ? 1 : 0;
}

static void a_really_full_disk_refuses_a_batch_whole(void **state)
{
    struct mz_folder *folder = *state;
    pid_t child = fork();
    int how;

    if (child == 0)
        _exit(fill_tmpfs(folder));
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    if (WEXITSTATUS(how) == NOT_PERMITTED)
        skip();
    assert_int_equal(WEXITSTATUS(how), 0);
}

/* --- backups --- */

static void count_durable(
    void *context, int64_t durable, int64_t failed, const struct mz_error *err)
{
    (void)err;
    if (failed != 0)
        abort();
    atomic_store((atomic_llong *)context, durable);
}

static void a_backup_is_whole_while_others_write(void **state)
{
    const struct mz_folder *folder = *state;
    struct mz_store *store = open_folder(folder);
    struct mz_record records[PARTS];
    struct mz_error err = { MZ_OK, "" };
    atomic_llong durable = 0;
    struct mz_writer *writer = mz_writer_create(store, count_durable, &durable);
    static const char *const copies[] = { "copy0", "copy1", "copy2" };
    int64_t least[3];
    int64_t id = 0;
    char path[128];

    for (int copy = 0; copy < 3; copy++) {
        for (int i = 0; i < 700; i++) {
            make_batch(records, ++id);
            mz_writer_post(writer, id, records, PARTS);
        }
        least[copy] = (int64_t)atomic_load(&durable);
        path_of(path, sizeof(path), folder, copies[copy]);
        assert_int_equal(mkdir(path, 0700), 0);
        (void)strcat(path, "/journal.db");
        if (mz_store_backup_sqlite(folder->path, path, &err) != MZ_OK)
            fail_msg("%s", err.text);
    }
    assert_int_equal(mz_store_backup_sqlite(folder->path, path, &err), MZ_E_IO); /* it exists */
    mz_writer_free(writer);
    assert_int_equal(check_batches(store, id), id);
    mz_store_free(store);
    for (int copy = 0; copy < 3; copy++) {
        struct mz_folder place = folder_below(folder, copies[copy]);
        struct stat info;

        path_of(path, sizeof(path), &place, "journal.db");
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 07777, 0600);
        store = open_folder(&place);
        (void)check_batches(store, least[copy]);
        make_batch(records, id + 1);
        commit(store, records, PARTS); /* a restored journal goes on */
        mz_store_free(store);
    }
}

static void a_backup_that_fails_leaves_nothing(void **state)
{
    const struct mz_folder *folder = *state;
    struct mz_store *store = open_folder(folder);
    struct mz_error err = { MZ_OK, "" };

    assert_int_equal(mz_store_backup_sqlite(folder->path, "/nowhere/at/all", &err), MZ_E_IO);
    assert_non_null(strstr(err.text, "no backup was made"));
    assert_int_equal(mz_store_backup_sqlite("/nowhere", "/tmp/none", &err), MZ_E_INPUT);
    mz_store_free(store);
}

struct restored { /* what a restart finds */
    struct mz_job_row jobs[8];
    int job_count;
    int live_attempts;
};

static void take_job(void *context, const struct mz_job_row *row)
{
    struct restored *restored = context;

    assert_true(restored->job_count < 8);
    restored->jobs[restored->job_count++] = *row;
}

static void take_attempt(void *context, const struct mz_attempt_row *row)
{
    struct restored *restored = context;

    restored->live_attempts += row->state != MZ_ATTEMPT_ENDED;
}

static struct mz_record job_record(int64_t id, enum mz_run_state state, bool cancel_wanted)
{
    return (struct mz_record){ .kind = MZ_RECORD_JOB,
        .job = { .id = id,
            .spec = id,
            .state = state,
            .cancel_wanted = cancel_wanted,
            .owner = "ann",
            .name = "n",
            .team = "",
            .attempt_count = 1,
            .exit_code = MZ_EXIT_NONE,
            .partner = "",
            .avoid = "",
            .want = "",
            .note = "" } };
}

static void a_restored_journal_starts_nothing_by_itself(void **state)
{
    const struct mz_folder *folder = *state;
    struct mz_folder place = folder_below(folder, "anew");
    struct mz_store *store = open_folder(folder);
    struct mz_record records[] = { job_record(1, MZ_RUN_DONE, false),
        job_record(2, MZ_RUN_PENDING, false), job_record(3, MZ_RUN_RUNNING, false),
        job_record(4, MZ_RUN_STOPPING, true),
        { .kind = MZ_RECORD_ATTEMPT,
            .attempt = { .job = 3,
                .n = 1,
                .state = MZ_ATTEMPT_RUNNING,
                .partner = "p",
                .site = "",
                .nodes = "a",
                .node_count = 1,
                .chips_per_node = 1,
                .chips = 1,
                .parts = "",
                .chip = "",
                .remote_id = "7",
                .contract = "",
                .started_us = 50,
                .exit_code = MZ_EXIT_NONE,
                .checkpoint = "step-9" } },
        { .kind = MZ_RECORD_EVENT,
            .event = { .seq = 1,
                .at_us = 90,
                .job = 3,
                .attempt = 1,
                .kind = "started",
                .partner = "p",
                .actor = "",
                .text = "" } } };
    struct restored found = { .job_count = 0 };
    struct mz_store_visitor visitor = {
        .context = &found, .job = take_job, .attempt = take_attempt
    };
    struct mz_store_restored restored;
    struct mz_store_maxima maxima;
    struct mz_error err = { MZ_OK, "" };
    char path[128];

    path_of(path, sizeof(path), folder, "backup");
    commit(store, records, sizeof(records) / sizeof(records[0]));
    assert_int_equal(mz_store_backup_sqlite(folder->path, path, &err), MZ_OK);
    if (mz_store_restore_sqlite(path, place.path, 1000, &restored, &err) != MZ_OK)
        fail_msg("%s", err.text);
    assert_int_equal(restored.job_count, 4);
    assert_int_equal(restored.held_count, 2);
    assert_int_equal(restored.newest_us, 90);
    mz_store_free(store);
    store = open_folder(&place);
    assert_int_equal(mz_store_load_live(store, &visitor, &err), MZ_OK);
    assert_int_equal(found.job_count, 2);
    assert_int_equal(found.jobs[0].id, 2);
    assert_int_equal(found.jobs[0].state, MZ_RUN_HELD);
    assert_int_equal(found.jobs[1].id, 3);
    assert_int_equal(found.jobs[1].state, MZ_RUN_HELD);
    assert_int_equal(found.live_attempts, 0);
    assert_int_equal(mz_store_maxima(store, &maxima, &err), MZ_OK);
    assert_int_equal(maxima.job, 1000004);
    assert_int_equal(maxima.event, 1000001);
    mz_store_free(store);
    assert_int_equal(mz_store_restore_sqlite(path, place.path, 1000, &restored, &err), MZ_E_INPUT);
    assert_non_null(strstr(err.text, "is a journal already"));
}

static void what_is_no_backup_is_not_restored(void **state)
{
    const struct mz_folder *folder = *state;
    struct mz_folder place = folder_below(folder, "anew");
    struct mz_store_restored restored;
    struct mz_error err = { MZ_OK, "" };
    char path[128];
    FILE *file;

    path_of(path, sizeof(path), folder, "text");
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("not a database, but long enough to be looked at as if it were one", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(mz_store_restore_sqlite(path, place.path, 1000, &restored, &err), MZ_E_PARSE);
    assert_int_equal(
        mz_store_restore_sqlite("/nowhere", place.path, 1000, &restored, &err), MZ_E_IO);
    path_of(path, sizeof(path), &place, "journal.db");
    assert_int_equal(access(path, F_OK), -1);
}

/* --- size --- */

static void a_hundred_thousand_ended_jobs_are_read_quickly(void **state)
{
    enum { JOBS = 100000, BATCH = 2000 };
    const struct mz_folder *folder = *state;
    struct mz_record *records = mz_xcalloc(BATCH, sizeof(*records));
    struct mz_store *store = open_folder(folder);
    const char *slow = getenv("MIZAN_SLOW");
    int count = 0;
    const struct mz_store_visitor visitor = { .context = &count, .job = count_row };
    double begin;
    double spent;

    for (int64_t first = 1; first <= JOBS; first += BATCH) {
        for (int64_t i = 0; i < BATCH; i++)
            records[i] = record_job(first + i, MZ_RUN_DONE);
        commit(store, records, BATCH);
    }
    mz_store_free(store);
    begin = now_s();
    store = open_folder(folder);
    assert_int_equal(mz_store_load_live(store, &visitor, NULL), MZ_OK);
    assert_int_equal(count, 0);
    assert_int_equal(mz_store_load_ended(store, JOBS, &visitor, NULL), MZ_OK);
    spent = now_s() - begin;
    assert_int_equal(count, JOBS);
    printf("%d ended jobs: %.3f s\n", JOBS, spent);
    assert_true(spent < 1.0 * (slow ? atof(slow) : 1));
    mz_store_free(store);
    free(records);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_was_acknowledged_outlives_a_kill),
        IN_FOLDER(a_second_opener_is_refused_by_name),
        IN_FOLDER(nobody_else_may_read_it),
        IN_FOLDER(a_directory_that_cannot_be_made_is_named),
        IN_FOLDER(a_newer_journal_is_refused_and_not_changed),
        IN_FOLDER(another_programs_database_is_refused_and_not_changed),
        IN_FOLDER(an_empty_file_becomes_a_journal),
        IN_FOLDER(a_row_that_makes_no_sense_is_named),
        IN_FOLDER(a_damaged_journal_is_said_to_be),
        IN_FOLDER(a_full_disk_refuses_a_batch_whole),
        IN_FOLDER(a_really_full_disk_refuses_a_batch_whole),
        IN_FOLDER(a_backup_is_whole_while_others_write),
        IN_FOLDER(a_backup_that_fails_leaves_nothing),
        IN_FOLDER(a_restored_journal_starts_nothing_by_itself),
        IN_FOLDER(what_is_no_backup_is_not_restored),
        IN_FOLDER(a_hundred_thousand_ended_jobs_are_read_quickly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
