/* slurm_commands.c - the transport by sbatch, squeue, scancel and scontrol, here or through ssh
 *
 * A script goes to the standard input of /bin/sh: of one started here, or of one that ssh starts.
 * Several submits travel in one script, so that ssh is paid for by the batch and not by the job;
 * connections are shared (ControlMaster) by a socket in a private folder below /tmp, because a
 * state directory may be too deep for a socket's path. At most SUBMIT_CHILDREN_MAX batches, one of
 * cancels and one observation run at once.
 *
 * Honesty about a script that did not come to its end: what has an "end" line is told by it; what
 * was begun is UNKNOWN; what was not begun is NOT_SENT when the shell ran here (it is dead now),
 * and UNKNOWN through ssh, where a shell may live on without its connection, unless ssh itself
 * says that it never had one. */
#include "driver/slurm_shell.h"
#include "net/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    BATCH_MAX = 32,
    SUBMIT_CHILDREN_MAX = 2,
    SSH_WORDS_MAX = 32,
    BATCH_TIMEOUT_MS = 60000,
    BATCH_OUTPUT_MAX = 1024 * 1024,
    CANCEL_CHILDREN_MAX = 1
};

struct slurm_commands {
    struct mz_slurm *slurm;
    const char *argv[SSH_WORDS_MAX + 20];
    char *words;          /* of `ssh:`, cut into argv */
    char *control_option; /* "ControlPath=/tmp/mizan-ssh-XXXXXX/%C" */
    char folder[32];      /* "" when it runs here */
    struct batch *batches;
    int32_t submit_children;
    int32_t cancel_children;
};

enum batch_kind { BATCH_SUBMIT, BATCH_CANCEL, BATCH_OBSERVE };

struct batch {
    struct slurm_commands *commands;
    struct mz_slurm *slurm;
    struct batch *next;
    struct batch *previous;
    struct mz_child *child;
    enum batch_kind kind;
    char mark[SLURM_MARK_MAX];
    int32_t count;
    struct mz_slurm_work *works[BATCH_MAX];
    /* observation */
    uv_work_t reading;
    char *bytes;
    size_t length;
    char problem[MZ_SLURM_TEXT_MAX];
    struct mz_arena *arena;
    struct mz_slurm_list list;
    enum mz_status status;
    struct mz_error error;
};

static struct batch *batch_create(struct slurm_commands *commands, enum batch_kind kind)
{
    struct batch *batch = mz_xcalloc(1, sizeof(*batch));
    uint64_t chance[2] = { 0 };

    if (getrandom(chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
        chance[0] = (uint64_t)uv_hrtime();
    (void)snprintf(batch->mark, sizeof(batch->mark), "mz%016llx%016llx",
        (unsigned long long)chance[0], (unsigned long long)chance[1]);
    batch->commands = commands;
    batch->slurm = commands->slurm;
    batch->kind = kind;
    batch->next = commands->batches;
    if (commands->batches)
        commands->batches->previous = batch;
    commands->batches = batch;
    commands->slurm->busy++;
    commands->submit_children += kind == BATCH_SUBMIT;
    commands->cancel_children += kind == BATCH_CANCEL;
    return batch;
}

static void batch_free(struct batch *batch)
{
    struct slurm_commands *commands = batch->commands;
    struct mz_slurm *slurm = batch->slurm;

    if (batch->next)
        batch->next->previous = batch->previous;
    if (batch->previous)
        batch->previous->next = batch->next;
    else
        commands->batches = batch->next;
    commands->submit_children -= batch->kind == BATCH_SUBMIT;
    commands->cancel_children -= batch->kind == BATCH_CANCEL;
    mz_arena_free(batch->arena);
    free(batch->bytes);
    free(batch);
    mz_slurm_release(slurm);
}

/* The last line of what ssh or a command complained of. */
static void last_line(char *buffer, const char *text, size_t length)
{
    const char *begin = text;

    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    for (size_t i = length; i > 0; i--) {
        if (text[i - 1] == '\n') {
            begin = text + i;
            break;
        }
    }
    length -= (size_t)(begin - text);
    (void)snprintf(buffer, MZ_SLURM_TEXT_MAX, "%.*s", (int)(length > 400 ? 400 : length), begin);
}

/* Why a child did not do its work; "" when it did, as far as the child can tell. */
static void problem_of(
    char *buffer, const struct slurm_commands *commands, const struct mz_child_answer *answer)
{
    char said[MZ_SLURM_TEXT_MAX] = "";

    buffer[0] = '\0';
    if (answer->error_length)
        last_line(said, answer->error_out, answer->error_length);
    if (!answer->started)
        (void)snprintf(buffer, MZ_SLURM_TEXT_MAX, "%s: %s", commands->argv[0], answer->error);
    else if (answer->timed_out)
        (void)snprintf(buffer, MZ_SLURM_TEXT_MAX,
            "%s did not answer in time: the host or slurmctld is down or frozen",
            commands->folder[0] ? "ssh" : "squeue");
    else if (answer->exit_code != 0)
        (void)snprintf(buffer, MZ_SLURM_TEXT_MAX, "%.300s%s", said[0] ? said : "the shell failed",
            commands->folder[0] ? " (ssh)" : "");
}

/* Did the shell certainly never get the script? */
static bool never_sent(const struct slurm_commands *commands, const struct mz_child_answer *answer)
{
    static const char *const signs[] = { "ssh: connect to host", "ssh: Could not resolve",
        "Permission denied (", "Host key verification failed", "kex_exchange_identification",
        "Bad configuration option", "no such identity" };
    struct mz_text said = { 0 };
    bool found = false;

    if (!answer->started)
        return true;
    if (!commands->folder[0] || answer->exit_code != 255 || answer->out_length > 0)
        return false;
    mz_text_add_bytes(&said, answer->error_out, answer->error_length);
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        found |= strstr(mz_text_string(&said), signs[i]) != NULL;
    mz_text_finish(&said);
    return found;
}

static void submit_result(struct batch *batch, int32_t i, const struct mz_slurm_text_result *result,
    enum mz_driver_outcome otherwise, const char *problem)
{
    struct mz_slurm *slurm = batch->slurm;
    struct mz_slurm_work *work = batch->works[i];
    char text[MZ_SLURM_TEXT_MAX];

    if (!result->has_ended) {
        mz_slurm_work_done(slurm, work, result->has_begun ? MZ_DRIVER_UNKNOWN : otherwise, "", 0,
            problem[0] ? problem : "slurmctld does not answer");
    } else if (result->exit_code != 0) {
        mz_slurm_work_done(slurm, work, mz_slurm_text_outcome(result->exit_code, result->said), "",
            0, result->said[0] ? result->said : "sbatch failed without a word");
    } else if (result->id[0] && result->submit_s > 0) {
        mz_slurm_work_done(slurm, work, MZ_DRIVER_OK, result->id, result->submit_s, "");
    } else {
        (void)snprintf(text, sizeof(text), "accepted as job %.32s, whose submit time is not known",
            result->id);
        mz_slurm_work_done(slurm, work, MZ_DRIVER_UNKNOWN, "", 0, text);
    }
}

static void cancel_result(struct batch *batch, int32_t i, const struct mz_slurm_text_result *result,
    enum mz_driver_outcome otherwise, const char *problem)
{
    const char *said = result->said;
    enum mz_driver_outcome outcome = otherwise;

    if (result->has_begun)
        outcome = MZ_DRIVER_UNKNOWN;
    if (result->has_ended)
        outcome = result->exit_code == 0 || strstr(said, "Invalid job id") ||
                strstr(said, "already completing or completed")
            ? MZ_DRIVER_OK
            : mz_slurm_text_outcome(result->exit_code, said);
    if (outcome == MZ_DRIVER_OK)
        said = "";
    else if (!result->has_ended)
        said = problem[0] ? problem : "slurmctld does not answer";
    mz_slurm_work_done(batch->slurm, batch->works[i], outcome, "", 0, said);
}

static void on_works(void *context, const struct mz_child_answer *answer)
{
    struct batch *batch = context;
    const struct slurm_commands *commands = batch->commands;
    struct mz_slurm_text_result results[BATCH_MAX];
    struct mz_arena *arena = mz_arena_create();
    enum mz_driver_outcome otherwise = MZ_DRIVER_UNKNOWN;
    char problem[MZ_SLURM_TEXT_MAX];
    bool is_whole;

    batch->child = NULL;
    problem_of(problem, commands, answer);
    mz_slurm_text_results(arena, batch->mark, answer->out ? answer->out : "", answer->out_length,
        results, batch->count, &is_whole);
    if (is_whole || never_sent(commands, answer) || (!commands->folder[0] && !answer->is_cut))
        otherwise = MZ_DRIVER_NOT_SENT;
    for (int32_t i = 0; i < batch->count; i++) {
        if (batch->kind == BATCH_CANCEL)
            cancel_result(batch, i, &results[i], otherwise, problem);
        else
            submit_result(batch, i, &results[i], otherwise, problem);
    }
    mz_arena_free(arena);
    batch_free(batch);
}

static void read_output(uv_work_t *work) /* on a thread of the pool */
{
    struct batch *batch = work->data;

    batch->arena = mz_arena_create();
    batch->list.arena = batch->arena;
    batch->list.user = "";
    batch->status = mz_slurm_text_observed(
        &batch->list, batch->mark, batch->bytes, batch->length, &batch->error);
}

static void on_read(uv_work_t *work, int status)
{
    struct batch *batch = work->data;
    struct mz_slurm *slurm = batch->slurm;

    if (!slurm->is_freed && !status && !batch->status) {
        mz_slurm_observed(slurm, &batch->list);
    } else if (!slurm->is_freed) {
        const char *text = batch->problem[0] ? batch->problem : batch->error.text;

        mz_slurm_queues_fail(slurm, MZ_DRIVER_NOT_SENT, text);
        mz_slurm_unreachable(slurm, text);
    }
    batch_free(batch);
}

static void on_observed(void *context, const struct mz_child_answer *answer)
{
    struct batch *batch = context;

    batch->child = NULL;
    problem_of(batch->problem, batch->commands, answer);
    if (!batch->problem[0] && answer->error_length)
        last_line(batch->problem, answer->error_out, answer->error_length);
    if (answer->is_cut)
        (void)snprintf(batch->problem, sizeof(batch->problem), "the list of jobs is too long");
    batch->length = answer->is_cut ? 0 : answer->out_length;
    batch->bytes = mz_xcalloc(batch->length + 1, 1);
    if (batch->length)
        memcpy(batch->bytes, answer->out, batch->length);
    batch->reading.data = batch;
    if (uv_queue_work(batch->slurm->setup.loop, &batch->reading, read_output, on_read) != 0)
        on_read(&batch->reading, -1);
}

static void batch_start(struct batch *batch, const struct mz_text *script, int64_t timeout_ms,
    size_t output_max, mz_child_done *done)
{
    struct mz_child_spec spec = { .argv = batch->commands->argv,
        .input = mz_text_string(script),
        .input_length = script->length,
        .timeout_ms = timeout_ms,
        .output_bytes_max = output_max };

    batch->child = mz_child_start(batch->slurm->setup.loop, &spec, done, batch);
}

static void start_works(
    struct slurm_commands *commands, enum batch_kind kind, struct mz_slurm_queue *queue)
{
    struct batch *batch = batch_create(commands, kind);
    struct mz_text script = { 0 };

    mz_slurm_shell_head(&script, commands->slurm, batch->mark);
    while (batch->count < BATCH_MAX && queue->head) {
        struct mz_slurm_work *work = mz_slurm_queue_take(queue);
        int32_t number = batch->count++;

        batch->works[number] = work;
        if (kind == BATCH_CANCEL)
            mz_slurm_shell_cancel(&script, batch->mark, number, work);
        else
            mz_slurm_shell_submit(&script, commands->slurm, batch->mark, number, work);
    }
    if (kind == BATCH_SUBMIT)
        mz_slurm_shell_times(&script, batch->mark);
    mz_slurm_shell_tail(&script, batch->mark);
    batch_start(batch, &script, BATCH_TIMEOUT_MS, BATCH_OUTPUT_MAX, on_works);
    mz_text_finish(&script);
}

static void commands_pump(struct mz_slurm *slurm)
{
    struct slurm_commands *commands = slurm->transport;

    while (slurm->cancels.head && commands->cancel_children < CANCEL_CHILDREN_MAX)
        start_works(commands, BATCH_CANCEL, &slurm->cancels);
    while (slurm->submits.head && commands->submit_children < SUBMIT_CHILDREN_MAX)
        start_works(commands, BATCH_SUBMIT, &slurm->submits);
}

static void commands_observe(struct mz_slurm *slurm)
{
    struct slurm_commands *commands = slurm->transport;
    struct batch *batch = batch_create(commands, BATCH_OBSERVE);
    struct mz_text script = { 0 };

    mz_slurm_shell_head(&script, slurm, batch->mark);
    mz_slurm_shell_observe(&script, batch->mark);
    mz_slurm_shell_tail(&script, batch->mark);
    batch_start(
        batch, &script, mz_slurm_observe_timeout_ms(slurm), MZ_SLURM_LIST_BYTES_MAX, on_observed);
    mz_text_finish(&script);
}

static void on_master_gone(void *context, const struct mz_child_answer *answer)
{
    (void)answer;
    mz_slurm_release(context);
}

/* Ends the ssh that shares its connection: it would stay for ControlPersist. */
static void stop_master(struct slurm_commands *commands)
{
    const char *argv[sizeof(commands->argv) / sizeof(commands->argv[0]) + 2];
    struct mz_child_spec spec = { .argv = argv, .timeout_ms = 2000, .output_bytes_max = 4096 };
    size_t count = 1;

    argv[0] = commands->argv[0];
    argv[count++] = "-Oexit";
    for (size_t i = 1; commands->argv[i]; i++)
        argv[count++] = commands->argv[i];
    argv[count - 1] = NULL; /* in place of the shell */
    commands->slurm->busy++;
    (void)mz_child_start(commands->slurm->setup.loop, &spec, on_master_gone, commands->slurm);
}

static void commands_stop(struct mz_slurm *slurm)
{
    struct slurm_commands *commands = slurm->transport;
    struct batch *next;

    if (commands->folder[0])
        stop_master(commands);

    for (struct batch *batch = commands->batches; batch; batch = next) {
        next = batch->next;
        if (batch->child)
            mz_child_kill(batch->child);
    }
}

static void commands_free(void *transport)
{
    struct slurm_commands *commands = transport;

    if (commands->folder[0])
        (void)rmdir(commands->folder);
    free(commands->words);
    free(commands->control_option);
    free(commands);
}

static const struct mz_slurm_transport_ops commands_ops = { commands_pump, commands_observe,
    commands_stop, commands_free };

/* argv of ssh: what connects quickly or not at all, asks nobody, shares connections; then the words
 * of the key, of which the last is the host. */
static enum mz_status ssh_argv(
    struct slurm_commands *commands, const struct mz_slurm *slurm, struct mz_error *err)
{
    static const char *const options[] = { "ssh", "-T", "-oBatchMode=yes", "-oConnectTimeout=5",
        "-oServerAliveInterval=5", "-oServerAliveCountMax=2", "-oControlMaster=auto",
        "-oControlPersist=30", "-oLogLevel=ERROR" };
    size_t size = strlen(slurm->keys->ssh) + 1;
    struct mz_text control = { 0 };
    size_t count = 0;
    size_t words = 0;
    char *rest = NULL;

    (void)snprintf(commands->folder, sizeof(commands->folder), "/tmp/mizan-ssh-XXXXXX");
    if (!mkdtemp(commands->folder)) {
        commands->folder[0] = '\0';
        return mz_fail(err, MZ_E_IO, "no folder for ssh's socket could be made in /tmp");
    }
    mz_text_addf(&control, "-oControlPath=%s/%%C", commands->folder);
    commands->control_option = control.bytes;
    for (; count < sizeof(options) / sizeof(options[0]); count++)
        commands->argv[count] = options[count];
    commands->argv[count++] = commands->control_option;
    commands->words = mz_xcalloc(size, 1);
    memcpy(commands->words, slurm->keys->ssh, size);
    for (char *word = strtok_r(commands->words, " \t", &rest); word;
         word = strtok_r(NULL, " \t", &rest)) {
        if (words++ == SSH_WORDS_MAX)
            return mz_fail(err, MZ_E_LIMIT, "partner '%s': ssh has more than %d words",
                slurm->setup.partner->name, SSH_WORDS_MAX);
        commands->argv[count++] = word;
    }
    if (words == 0)
        return mz_fail(
            err, MZ_E_INPUT, "partner '%s': ssh names no host", slurm->setup.partner->name);
    commands->argv[count++] = "exec /bin/sh -s";
    commands->argv[count] = NULL;
    return MZ_OK;
}

enum mz_status mz_slurm_commands_create(struct mz_slurm *slurm, struct mz_error *err)
{
    const struct mz_driver_keys *keys = slurm->keys;
    struct slurm_commands *commands;
    enum mz_status status;

    for (int32_t i = 0; i < keys->env_count; i++) {
        const char *name = keys->env_names[i];
        size_t length =
            strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

        if (length == 0 || name[length] || (name[0] >= '0' && name[0] <= '9'))
            return mz_fail(err, MZ_E_INPUT, "partner '%s': env '%s' is not a variable's name",
                slurm->setup.partner->name, name);
    }
    commands = mz_xcalloc(1, sizeof(*commands));
    commands->slurm = slurm;
    commands->argv[0] = "/bin/sh";
    commands->argv[1] = "-s";
    status = keys->ssh ? ssh_argv(commands, slurm, err) : MZ_OK;
    if (status) {
        commands_free(commands);
        return status;
    }
    slurm->ops = &commands_ops;
    slurm->transport = commands;
    return MZ_OK;
}
