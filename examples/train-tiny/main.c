/* main.c - train-tiny: options, signals and the training loop
 *
 * SIGUSR1 stays blocked and is asked for after every step; it ends the wait for --step-ms, and the
 * checkpoint follows the step after. No other call is ever interrupted. SIGTERM ends the process at
 * once with 143: what is on disk is whole at any time. Rank 0 alone reads and writes files; losses
 * are durable before their checkpoint.
 * Exit codes: 0 done, 1 output failed, 2 wrong options or no usable checkpoint, 3 gang broken. */
#include "tiny.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_OUTPUT = 1, EXIT_INPUT = 2, EXIT_GANG = 3, EXIT_TERM = 143 };

struct run {
    uint64_t steps, seed, hidden, every, step_ms, timeout_s;
    uint64_t saved_step; /* of the newest checkpoint that is on disk */
    const char *dir, *loss_path, *attempt;
    bool quiet;
    int loss_fd;
    struct tiny_gang gang;
    struct tiny_model model;
    double *grad; /* TINY_SHARE_COUNT gradients */
};

static void on_term(int number)
{
    (void)number;
    _exit(EXIT_TERM);
}

static int give_up(int status, const struct tiny_error *err)
{
    fprintf(stderr, "train-tiny: %s\n", err->text);
    return status;
}

static const char *env(const char *name) /* NULL also when it is empty */
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static bool number_read(const char *name, const char *text, uint64_t max, uint64_t *ret_value)
{
    char *end = NULL;

    errno = 0;
    *ret_value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && errno == 0 && *ret_value <= max)
        return true;
    fprintf(stderr, "train-tiny: %s: '%s' is not a number up to %ju\n", name, text, (uintmax_t)max);
    return false;
}

static bool options_read(struct run *run, int argc, char **argv)
{
    const struct {
        const char *name;
        uint64_t *number, max;
        const char **text;
    } options[] = { { "--steps", &run->steps, UINT64_MAX / 4, NULL },
        { "--seed", &run->seed, UINT64_MAX, NULL },
        { "--hidden", &run->hidden, TINY_HIDDEN_MAX, NULL },
        { "--checkpoint-every", &run->every, UINT64_MAX, NULL },
        { "--step-ms", &run->step_ms, 3600 * 1000, NULL },
        { "--timeout", &run->timeout_s, 24 * 3600, NULL }, { "--dir", NULL, 0, &run->dir },
        { "--loss-file", NULL, 0, &run->loss_path } };
    enum { COUNT = sizeof(options) / sizeof(options[0]) };

    for (int i = 1; i < argc; i++) {
        size_t k = 0;

        if (strcmp(argv[i], "--quiet") == 0) {
            run->quiet = true;
            continue;
        }
        while (k < COUNT && strcmp(argv[i], options[k].name) != 0)
            k++;
        if (k == COUNT || ++i == argc) {
            fprintf(stderr, "usage: train-tiny [--quiet]");
            for (k = 0; k < COUNT; k++)
                fprintf(stderr, " [%s %s]", options[k].name, options[k].text ? "PATH" : "N");
            fputc('\n', stderr);
            return false;
        }
        if (options[k].text)
            *options[k].text = argv[i];
        else if (!number_read(argv[i - 1], argv[i], options[k].max, options[k].number))
            return false;
    }
    return true;
}

/* The gang from the environment: one process a node under Mizan, or as torchrun tells it. */
static bool gang_read(struct run *run)
{
    const char *count_name = env("NNODES") ? "NNODES" : "WORLD_SIZE";
    const char *rank_name = env("MIZAN_NODE_RANK") ? "MIZAN_NODE_RANK" : "RANK";
    uint64_t count = 1, rank = 0;

    if (env(count_name) && !number_read(count_name, env(count_name), TINY_RANK_COUNT_MAX, &count))
        return false;
    if (count > 1) {
        if (!env(rank_name) || !env("MASTER_ADDR") || !env("MASTER_PORT")) {
            fprintf(stderr,
                "train-tiny: %s is %ju; so MIZAN_NODE_RANK (or RANK), MASTER_ADDR and "
                "MASTER_PORT are needed\n",
                count_name, (uintmax_t)count);
            return false;
        }
        if (!number_read(rank_name, env(rank_name), count - 1, &rank))
            return false;
    }
    run->gang = (struct tiny_gang){ .rank = (int)rank,
        .rank_count = count > 1 ? (int)count : 1,
        .timeout_s = (int)run->timeout_s };
    return true;
}

/* Rank 0: the state to begin with, and the loss file cut to it. */
static int begin(struct run *run)
{
    struct tiny_error err;
    char path[TINY_PATH_BYTES];
    uint64_t last;

    if (run->dir && mkdir(run->dir, 0777) != 0 && errno != EEXIST) {
        tiny_fail(&err, "directory '%s': %s", run->dir, strerror(errno));
        return give_up(EXIT_INPUT, &err);
    }
    if (!tiny_save_restore(run->dir, env("MIZAN_CHECKPOINT"), &run->model, path, &err))
        return give_up(EXIT_INPUT, &err);
    if (*path && !run->quiet)
        fprintf(
            stderr, "train-tiny: step %ju restored from '%s'\n", (uintmax_t)run->model.step, path);
    run->saved_step = run->model.step;
    if (!run->loss_path)
        return 0;
    run->loss_fd = tiny_save_losses(run->loss_path, run->model.step, &last, &err);
    if (run->loss_fd < 0)
        return give_up(EXIT_INPUT, &err);
    if (last < run->model.step)
        fprintf(stderr, "train-tiny: loss file '%s' lacks steps %ju to %ju\n", run->loss_path,
            (uintmax_t)last + 1, (uintmax_t)run->model.step);
    return 0;
}

/* A checkpoint, published when there is a shim. One that fails is told and does not end the run. */
static void save(struct run *run)
{
    struct tiny_error err;
    char path[TINY_PATH_BYTES];
    const char *shim = env("MIZAN_PUBLISH");

    if (run->loss_fd >= 0)
        fsync(run->loss_fd);
    if (!run->dir || !tiny_save_write(run->dir, run->attempt, &run->model, path, &err)) {
        fprintf(stderr, "train-tiny: step %ju is not saved: %s\n", (uintmax_t)run->model.step,
            run->dir ? err.text : "there is no --dir and no MIZAN_CHECKPOINT_DIR");
        return;
    }
    run->saved_step = run->model.step;
    if (shim && !tiny_save_publish(shim, path, ((int)run->timeout_s + 1) / 2, &err)) {
        fprintf(stderr, "train-tiny: '%s' is not published: %s\n", path, err.text);
        return; /* nothing is removed: one of the older ones is the published one */
    }
    tiny_save_prune(run->dir, run->model.step);
    if (!run->quiet)
        fprintf(stderr, "train-tiny: '%s' %s\n", path, shim ? "published" : "written");
}

/* Waits until end, or until there is a SIGUSR1: true. */
static bool usr1_wait(struct timespec end)
{
    struct timespec now, left = { 0 };
    sigset_t set;
    int64_t ns;

    clock_gettime(CLOCK_MONOTONIC, &now);
    ns = (end.tv_sec - now.tv_sec) * INT64_C(1000000000) + end.tv_nsec - now.tv_nsec;
    if (ns > 0)
        left = (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    return sigtimedwait(&set, NULL, &left) == SIGUSR1;
}

static bool losses_write(struct run *run, double loss)
{
    uintmax_t step = run->model.step;

    if (!run->quiet && printf("step %ju loss %.8f\n", step, loss) < 0)
        return false;
    return run->loss_fd < 0 || dprintf(run->loss_fd, "step %ju loss %.8f\n", step, loss) > 0;
}

static int train(struct run *run)
{
    struct tiny_model *model = &run->model;
    size_t count = model->param_count + 1;
    bool first = run->gang.rank == 0, wanted = false;
    struct tiny_error err;

    while (model->step < run->steps) {
        uint32_t place[TINY_BATCH_CHARS];
        struct timespec end;
        bool due = wanted;

        clock_gettime(CLOCK_MONOTONIC, &end);
        end.tv_sec += (time_t)(run->step_ms / 1000);
        end.tv_nsec += (long)(run->step_ms % 1000) * 1000000;
        tiny_model_draw(model, place);
        for (int s = run->gang.rank; s < TINY_SHARE_COUNT; s += run->gang.rank_count)
            tiny_model_gradient(model, place + s * TINY_SHARE_CHARS, run->grad + (size_t)s * count);
        if (!tiny_gang_sum(&run->gang, model, run->grad, &due, &err)) {
            fprintf(stderr, "train-tiny: rank %d, step %ju: %s\n", run->gang.rank,
                (uintmax_t)model->step + 1, err.text);
            return EXIT_GANG;
        }
        tiny_model_update(model, run->grad);
        if (!losses_write(run, run->grad[count - 1])) {
            fprintf(stderr, "train-tiny: losses cannot be written: %s\n", strerror(errno));
            return EXIT_OUTPUT;
        }
        if (first && (due || (run->every > 0 && model->step % run->every == 0)))
            save(run);
        wanted = usr1_wait(end);
    }
    if (first && run->dir && run->saved_step < model->step)
        save(run);
    return first && run->dir && run->saved_step < model->step ? EXIT_OUTPUT : 0;
}

int main(int argc, char **argv)
{
    struct run run = { .steps = 300,
        .seed = 1,
        .hidden = 32,
        .dir = env("MIZAN_CHECKPOINT_DIR"),
        .attempt = env("MIZAN_ATTEMPT"),
        .loss_fd = -1,
        .timeout_s = 120 };
    struct sigaction term = { .sa_handler = on_term };
    struct tiny_error err;
    const char *job = env("MIZAN_JOB_ID");
    char key[256];
    sigset_t set;
    int status = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigaction(SIGTERM, &term, NULL);
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!options_read(&run, argc, argv) || !gang_read(&run))
        return EXIT_INPUT;
    if (run.hidden == 0 || run.timeout_s == 0 ||
        (run.dir && strlen(run.dir) > TINY_DIR_BYTES_MAX)) {
        fprintf(stderr,
            "train-tiny: --hidden and --timeout begin at 1; --dir has at most %d bytes\n",
            TINY_DIR_BYTES_MAX);
        return EXIT_INPUT;
    }
    if (!run.attempt)
        run.attempt = "0";
    if (!tiny_model_init(&run.model, run.seed, run.hidden) ||
        !(run.grad = calloc(TINY_SHARE_COUNT * (run.model.param_count + 1), sizeof(double)))) {
        fprintf(stderr, "train-tiny: no memory\n");
        status = EXIT_OUTPUT;
    }
    if (status == 0 && run.gang.rank == 0)
        status = begin(&run);
    snprintf(key, sizeof(key), "%.64s %.64s %ju %ju %ju", job ? job : "", run.attempt,
        (uintmax_t)run.steps, (uintmax_t)run.seed, (uintmax_t)run.hidden);
    if (status == 0 && run.gang.rank_count > 1 &&
        !tiny_gang_join(&run.gang, env("MASTER_ADDR"), env("MASTER_PORT"),
            tiny_hash(key, strlen(key)), &run.model, &err)) {
        fprintf(stderr, "train-tiny: rank %d: %s\n", run.gang.rank, err.text);
        status = EXIT_GANG;
    }
    if (status == 0)
        status = train(&run);
    tiny_model_finish(&run.model);
    free(run.grad);
    return status;
}
