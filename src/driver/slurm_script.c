/* slurm_script.c - the batch script, which is little more than the start of the shim
 *
 * It makes the nonce of this run (so that a second run of the same attempt is another run) and
 * becomes the shim. On several nodes it becomes srun, one task a node, and each task finds its rank
 * by its node's name: Slurm numbers nodes in the order of its own configuration, the attempt's
 * ranks are in the order in which it names its nodes. srun hands its input to every task. The token
 * travels on standard input, never in `environment`, which anybody can read.
 *
 * The shell starts no program where it can help it: on a node where jobs come and go, half a dozen
 * of them cost more than the job. A name with a tilde is looked up by the shell itself.
 *
 * What comes from a job is checked here before it reaches a shell or a scheduler: names of nodes
 * are plain words, keys are on a list, nothing has a control character. */
#include "driver/slurm_impl.h"

#include <stdio.h>
#include <string.h>

#define SCRIPT_END "MIZAN_TOKEN_END"

static const char *const pass_names[] = { "account", "qos", "partition", "reservation",
    "constraint", "comment" };

void mz_slurm_quote(struct mz_text *text, const char *word)
{
    mz_text_add(text, "'");
    for (const char *at = word; *at; at++) {
        if (*at == '\'')
            mz_text_add(text, "'\\''");
        else
            mz_text_add_bytes(text, at, 1);
    }
    mz_text_add(text, "'");
}

static bool is_plain(const char *text) /* of nodes, chips, attempts */
{
    size_t length =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    return length > 0 && text[length] == '\0' && length < MZ_SLURM_NAME_MAX;
}

static bool has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 127)
            return true;
    }
    return false;
}

static bool is_token(const char *text) /* a line of the script, and not its end */
{
    return !has_control(text) && strlen(text) < MZ_SLURM_TOKEN_BYTES_MAX &&
        strcmp(text, SCRIPT_END) != 0;
}

const char *mz_slurm_submit_check(const struct mz_driver_submit *submit, char *buffer)
{
    const char *wrong = NULL;

    if (!is_plain(submit->name) || submit->node_count < 1)
        return "slurm: an attempt without a plain name or without nodes";
    for (int32_t i = 0; i < submit->node_count && !wrong; i++)
        wrong = is_plain(submit->nodes[i]) ? NULL : submit->nodes[i];
    if (wrong) {
        (void)snprintf(buffer, MZ_SLURM_TEXT_MAX, "slurm: '%s' is not a node's name", wrong);
        return buffer;
    }
    if (submit->chip[0] && !is_plain(submit->chip))
        return "slurm: the chip's name is not a plain word";
    if (!is_token(submit->token))
        return "slurm: the shim's token is not one line";
    if (has_control(submit->comment))
        return "slurm: the comment has a control character";
    for (int32_t i = 0; i < submit->pass_count; i++) {
        const char *name = submit->pass_names[i];
        bool known = false;

        for (size_t k = 0; k < sizeof(pass_names) / sizeof(pass_names[0]); k++)
            known |= strcmp(name, pass_names[k]) == 0;
        if (!known) {
            (void)snprintf(buffer, MZ_SLURM_TEXT_MAX,
                "slurm: key '%s' is not passed on; account, qos, partition, reservation, "
                "constraint and comment are",
                name);
            return buffer;
        }
        if (has_control(submit->pass_values[i])) {
            (void)snprintf(buffer, MZ_SLURM_TEXT_MAX,
                "slurm: the value of '%s' has a control character", name);
            return buffer;
        }
    }
    return NULL;
}

const char *mz_slurm_partition(
    const struct mz_driver_keys *keys, const struct mz_driver_submit *submit)
{
    for (int32_t i = 0; i < submit->pass_count; i++) {
        if (strcmp(submit->pass_names[i], "partition") == 0)
            return submit->pass_values[i];
    }
    return keys->partition ? keys->partition : "";
}

const char *mz_slurm_directory(const struct mz_driver_keys *keys)
{
    return keys->directory ? keys->directory : "/tmp";
}

int64_t mz_slurm_minutes(int64_t time_us)
{
    const int64_t minute_us = 60000000;

    return time_us <= 0 ? 0 : (time_us - 1) / minute_us + 1;
}

/* The shim and its words, without the rank. */
static void add_shim(struct mz_text *text, const struct mz_driver_setup *setup,
    const struct mz_driver_submit *submit)
{
    const struct mz_driver_keys *keys = &setup->partner->driver;

    mz_slurm_quote(text, keys->shim ? keys->shim : setup->shim_path);
    mz_text_add(text, " --server ");
    mz_slurm_quote(text, keys->callback ? keys->callback : setup->shim_server);
    mz_text_addf(
        text, " --attempt %s --nonce \"$MIZAN_NONCE\" --node \"$SLURMD_NODENAME\"", submit->name);
    if (keys->directory) {
        mz_text_add(text, " --dir ");
        mz_slurm_quote(text, keys->directory);
        mz_text_addf(text, "/%s.\"$MIZAN_RANK\"", submit->name);
    }
    mz_text_add(text, " --token-fd 0");
}

/* MIZAN_RANK by the node's name. */
static void add_ranks(struct mz_text *text, const struct mz_driver_submit *submit)
{
    mz_text_add(text, "case $SLURMD_NODENAME in\n");
    for (int32_t i = 0; i < submit->node_count; i++)
        mz_text_addf(text, "%s) MIZAN_RANK=%d ;;\n", submit->nodes[i], i);
    mz_text_add(text, "*) exit 64 ;;\nesac\nexport MIZAN_RANK\n");
}

static void add_task(struct mz_text *text, const struct mz_driver_setup *setup,
    const struct mz_driver_submit *submit)
{
    struct mz_text task = { 0 };

    add_ranks(&task, submit);
    mz_text_add(&task, "exec ");
    add_shim(&task, setup, submit);
    mz_text_add(&task, " --rank-env MIZAN_RANK");
    mz_text_addf(text,
        "export MIZAN_NONCE\n"
        "exec srun --nodes=%d --ntasks=%d --ntasks-per-node=1 --kill-on-bad-exit=1"
        " --cpu-bind=none --mpi=none --export=ALL",
        submit->node_count, submit->node_count);
    if (submit->cpus_per_node > 0)
        mz_text_addf(text, " --cpus-per-task=%d", submit->cpus_per_node);
    mz_text_add(text, " /bin/sh -c ");
    mz_slurm_quote(text, mz_text_string(&task));
    mz_text_finish(&task);
}

void mz_slurm_script(struct mz_text *text, const struct mz_driver_setup *setup,
    const struct mz_driver_submit *submit)
{
    mz_text_add(text,
        "#!/bin/sh\n"
        "PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}\n"
        "[ -n \"${USER:-}\" ] || USER=${SLURM_JOB_USER:-$(id -un)}\n"
        "[ -n \"${HOME:-}\" ] || case $USER in\n"
        "*[!A-Za-z0-9._-]*) ;;\n"
        "*) eval \"HOME=~$USER\" ;;\n"
        "esac\n"
        "case ${HOME:-} in\n"
        "/*) ;;\n"
        "*) HOME=$(getent passwd \"$(id -u)\" | cut -d: -f6) ;;\n"
        "esac\n"
        "export PATH HOME USER\n"
        "read -r MIZAN_NONCE </proc/sys/kernel/random/uuid ||\n"
        "MIZAN_NONCE=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')\n");
    if (submit->node_count == 1) {
        mz_text_add(text, "MIZAN_RANK=0\nexec ");
        add_shim(text, setup, submit);
        mz_text_add(text, " --rank 0");
    } else {
        add_task(text, setup, submit);
    }
    mz_text_addf(text, " <<'%s'\n%s\n%s\n", SCRIPT_END, submit->token, SCRIPT_END);
}
