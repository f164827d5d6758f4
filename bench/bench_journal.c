/* bench_journal.c - durable accepts a second, beside the bare loop of the same minute
 *
 *   bench_journal DIR CLIENTS [SECONDS=1] [ROUNDS=5]
 *
 * An accept is a spec, a job and an event, and is answered when they are on the disk. CLIENTS
 * callers each wait for their answer and come again; one thread plays them, as the daemon's loop
 * does. Beside it, in turns, in DIR too:
 *   bare   BEGIN, one row a client (as long as the spec), COMMIT
 *   rows   BEGIN, the accept's three rows a client into the journal's own tables, COMMIT
 * both on one thread, WAL and synchronous=FULL. bare is a process of its own, SQLite as it comes: the
 * store configures it for the whole process. One JSON line; each list has a figure a round.
 */
#include "base/arena.h"
#include "state/store.h"
#include "state/writer.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLIENT_MAX = 4096, ROUND_MAX = 100, SAMPLE_MAX = 4 * 1024 * 1024 };

static const char spec_json[] =
    "{\"name\":\"llama-70b-pretrain\",\"kind\":\"train\",\"command\":[\"./train.sh\"],\"nodes\":16,"
    "\"chips_per_node\":8,\"chip\":[\"h100-sxm\",\"h200-sxm\"],\"time_s\":172800,\"team\":"
    "\"research\",\"priority\":50,\"placement\":{\"partners\":[\"own\",\"aws\"],\"order\":"
    "\"contract\"},\"recovery\":{\"on_partner_loss\":\"move\",\"max_restarts\":20,\"lease_s\":300},"
    "\"checkpoint\":{\"dir\":\"/ckpt\",\"every_s\":1800},\"env\":{\"OMP_NUM_THREADS\":\"8\"}}";

static double now_s(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void require(bool is_good, const char *sentence)
{
    if (is_good)
        return;
    (void)fprintf(stderr, "bench_journal: %s\n", sentence);
    exit(1);
}

/* --- the bare loop --- */

static double run_bare(const char *directory, int32_t clients, double seconds)
{
    char *path = sqlite3_mprintf("%s/bare.db", directory);
    sqlite3_stmt *insert = NULL;
    sqlite3 *db = NULL;
    int64_t rows = 0;
    double begin;
    double spent;

    require(sqlite3_open(path, &db) == SQLITE_OK, "cannot open bare.db");
    require(sqlite3_exec(db,
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                "CREATE TABLE IF NOT EXISTS bare(id INTEGER PRIMARY KEY, json TEXT)",
                NULL, NULL, NULL) == SQLITE_OK,
        sqlite3_errmsg(db));
    require(
        sqlite3_prepare_v2(db, "INSERT INTO bare(json) VALUES(?1)", -1, &insert, NULL) == SQLITE_OK,
        sqlite3_errmsg(db));
    begin = now_s();
    do {
        require(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK, "BEGIN");
        for (int32_t i = 0; i < clients; i++) {
            (void)sqlite3_bind_text(insert, 1, spec_json, -1, SQLITE_STATIC);
            require(sqlite3_step(insert) == SQLITE_DONE, sqlite3_errmsg(db));
            (void)sqlite3_reset(insert);
        }
        require(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, sqlite3_errmsg(db));
        rows += clients;
        spent = now_s() - begin;
    } while (spent < seconds);
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    sqlite3_free(path);
    return (double)rows / spent;
}

static double ask_bare(const char *program, const char *directory, int32_t clients, double seconds)
{
    char *command =
        sqlite3_mprintf("'%s' '%s' %d %f bare", program, directory, (int)clients, seconds);
    FILE *answer = popen(command, "r");
    double rate = 0;

    require(answer && fscanf(answer, "%lf", &rate) == 1 && pclose(answer) == 0, "bare failed");
    sqlite3_free(command);
    return rate;
}

/* --- accepts --- */

static int64_t next_id = 1;

/* Three records. */
static void make_accept(struct mz_record *records)
{
    int64_t id = next_id++;

    records[0] =
        (struct mz_record){ .kind = MZ_RECORD_SPEC, .spec = { .id = id, .json = spec_json } };
    records[1] = (struct mz_record){ .kind = MZ_RECORD_JOB,
        .job = { .id = id,
            .spec = id,
            .state = MZ_RUN_PENDING,
            .owner_uid = 1000,
            .owner = "alice",
            .name = "llama-70b-pretrain",
            .team = "research",
            .priority = 50,
            .chips = 128,
            .exit_code = MZ_EXIT_NONE,
            .submitted_us = INT64_C(1760000000000000) + id,
            .partner = "",
            .avoid = "",
            .want = "",
            .note = "" } };
    records[2] = (struct mz_record){ .kind = MZ_RECORD_EVENT,
        .event = { .seq = id,
            .at_us = INT64_C(1760000000000000) + id,
            .job = id,
            .kind = "submitted",
            .partner = "",
            .actor = "uid 1000",
            .text = "accepted" } };
}

static double run_rows(struct mz_store *store, int32_t clients, double seconds)
{
    struct mz_record *records = mz_xcalloc((size_t)clients * 3, sizeof(*records));
    struct mz_error err = { MZ_OK, "" };
    int64_t accepts = 0;
    double begin = now_s();
    double spent;

    do {
        for (int32_t i = 0; i < clients; i++)
            make_accept(&records[(size_t)i * 3]);
        require(mz_store_commit(store, records, (size_t)clients * 3, &err) == MZ_OK, err.text);
        accepts += clients;
        spent = now_s() - begin;
    } while (spent < seconds);
    free(records);
    return (double)accepts / spent;
}

struct loop {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    int64_t durable;
};

static void done(void *context, int64_t durable, int64_t failed, const struct mz_error *err)
{
    struct loop *loop = context;

    require(failed == 0, err->text);
    (void)pthread_mutex_lock(&loop->lock);
    loop->durable = durable;
    (void)pthread_cond_signal(&loop->answered);
    (void)pthread_mutex_unlock(&loop->lock);
}

struct answers {
    double *sent_s; /* of the batches under way, by number modulo CLIENT_MAX */
    float *waits_s;
    int64_t count;
    double commits_per_s;
};

static double run_accepts(
    struct mz_store *store, int32_t clients, double seconds, struct answers *answers)
{
    struct loop loop = { .durable = 0 };
    struct mz_writer *writer;
    struct mz_record records[3];
    int64_t posted = 0;
    int64_t known = 0;
    int64_t commits;
    int64_t rows;
    double begin;
    double spent = 0;

    (void)pthread_mutex_init(&loop.lock, NULL);
    (void)pthread_cond_init(&loop.answered, NULL);
    writer = mz_writer_create(store, done, &loop);
    begin = now_s();
    while (spent < seconds) {
        double now = now_s();

        while (posted - known < clients) {
            make_accept(records);
            answers->sent_s[++posted % CLIENT_MAX] = now;
            mz_writer_post(writer, posted, records, 3);
        }
        (void)pthread_mutex_lock(&loop.lock);
        while (loop.durable == known)
            (void)pthread_cond_wait(&loop.answered, &loop.lock);
        now = now_s();
        for (; known < loop.durable; known++) {
            if (answers->count < SAMPLE_MAX)
                answers->waits_s[answers->count++] =
                    (float)(now - answers->sent_s[(known + 1) % CLIENT_MAX]);
        }
        (void)pthread_mutex_unlock(&loop.lock);
        spent = now - begin;
    }
    mz_writer_counts(writer, &commits, &rows);
    answers->commits_per_s = (double)commits / spent;
    mz_writer_free(writer);
    (void)pthread_cond_destroy(&loop.answered);
    (void)pthread_mutex_destroy(&loop.lock);
    return (double)known / spent;
}

/* --- rounds --- */

static int compare_float(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    return (x > y) - (x < y);
}

static void print_list(const char *name, const double *values, int count)
{
    printf(", \"%s\": [", name);
    for (int i = 0; i < count; i++)
        printf("%s%.1f", i > 0 ? ", " : "", values[i]);
    printf("]");
}

static double wait_ms(const struct answers *answers, double at)
{
    return 1e3 * (double)answers->waits_s[(int64_t)(at * (double)(answers->count - 1))];
}

int main(int argc, char **argv)
{
    int32_t clients = argc > 2 ? atoi(argv[2]) : 0;
    double seconds = argc > 3 ? atof(argv[3]) : 1;
    int rounds = argc > 4 ? atoi(argv[4]) : 5;
    struct answers answers = { .count = 0 };
    struct mz_error err = { MZ_OK, "" };
    struct mz_store *store = NULL;
    double bare[ROUND_MAX];
    double rows[ROUND_MAX];
    double accepts[ROUND_MAX];
    double commits[ROUND_MAX];

    require(clients > 0 && clients < CLIENT_MAX, "DIR CLIENTS [SECONDS] [ROUNDS]");
    if (argc > 4 && strcmp(argv[4], "bare") == 0) {
        printf("%.1f\n", run_bare(argv[1], clients, seconds));
        return 0;
    }
    require(rounds > 0 && rounds <= ROUND_MAX, "ROUNDS");
    answers.sent_s = mz_xcalloc(CLIENT_MAX, sizeof(*answers.sent_s));
    answers.waits_s = mz_xcalloc(SAMPLE_MAX, sizeof(*answers.waits_s));
    require(mz_store_open_sqlite(argv[1], &store, &err) == MZ_OK, err.text);
    for (int round = 0; round < rounds; round++) {
        bare[round] = ask_bare(argv[0], argv[1], clients, seconds);
        accepts[round] = run_accepts(store, clients, seconds, &answers);
        commits[round] = answers.commits_per_s;
        rows[round] = run_rows(store, clients, seconds);
    }
    mz_store_free(store);
    qsort(answers.waits_s, (size_t)answers.count, sizeof(*answers.waits_s), compare_float);
    printf("{\"clients\": %d", (int)clients);
    print_list("bare_per_s", bare, rounds);
    print_list("rows_per_s", rows, rounds);
    print_list("accepts_per_s", accepts, rounds);
    print_list("commits_per_s", commits, rounds);
    printf(", \"wait_p50_ms\": %.3f, \"wait_p99_ms\": %.3f, \"wait_max_ms\": %.1f}\n",
        wait_ms(&answers, 0.5), wait_ms(&answers, 0.99), wait_ms(&answers, 1));
    free(answers.sent_s);
    free(answers.waits_s);
    return 0;
}
