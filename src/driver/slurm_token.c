/* slurm_token.c - the JWT for slurmrestd: made by token_command, kept until it is about to expire
 *
 * The command runs in a shell; the first word of its output that is a token counts, with or without
 * "SLURM_JWT=" before it, so that "scontrol token lifespan=3600" will do as it is. It is used until
 * a fifth of its life is left, at most a minute. A token that does not tell its end is used until
 * slurmrestd answers as it answers bad tokens; then another is made, at most every RETRY_US. */
#include "driver/slurm_rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RETRY_US = 3000000, TOKEN_TIMEOUT_MS = 8000 };

static int64_t wall_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec;
}

static const char *env_of(const struct mz_driver_keys *keys, const char *name)
{
    for (int32_t i = 0; i < keys->env_count; i++) {
        if (strcmp(keys->env_names[i], name) == 0)
            return keys->env_values[i];
    }
    return NULL;
}

static void accept_token(struct slurm_token *token, const char *text, size_t length)
{
    int64_t exp_s;
    int64_t now_s = wall_s();
    int64_t margin_s;

    free(token->bytes);
    token->bytes = mz_xcalloc(length + 1, 1);
    memcpy(token->bytes, text, length);
    mz_slurm_token_read(token->bytes, &exp_s, token->user, sizeof(token->user));
    token->until_s = INT64_MAX;
    token->problem[0] = '\0';
    if (exp_s == 0)
        return;
    if (exp_s <= now_s) {
        (void)snprintf(
            token->problem, sizeof(token->problem), "token_command gave a token that has expired");
        free(token->bytes);
        token->bytes = NULL;
        return;
    }
    margin_s = (exp_s - now_s) / 5;
    token->until_s = exp_s - (margin_s > 60 ? 60 : margin_s);
}

/* The first word that can be a token: letters, digits and "-_.", at least 16 of them. */
static bool find_token(const char *out, const char **ret_text, size_t *ret_length)
{
    const char *words = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+/";

    while (*out) {
        size_t length;

        out += strspn(out, " \t\r\n=\"'");
        length = strspn(out, words);
        if (length >= 16 && length < MZ_SLURM_TOKEN_BYTES_MAX) {
            *ret_text = out;
            *ret_length = length;
            return true;
        }
        out += length ? length : (*out ? 1 : 0);
    }
    return false;
}

static void on_token(void *context, const struct mz_child_answer *answer)
{
    struct slurm_token *token = context;
    struct mz_slurm *slurm = token->slurm;
    const char *text;
    size_t length;
    char *out;

    token->child = NULL;
    out = mz_xcalloc(answer->out_length + 1, 1);
    if (answer->out_length)
        memcpy(out, answer->out, answer->out_length);
    if (!answer->started || answer->timed_out || answer->exit_code != 0) {
        int said = (int)(answer->error_length > 200 ? 200 : answer->error_length);

        (void)snprintf(token->problem, sizeof(token->problem), "token_command %s%s%.*s",
            !answer->started ? answer->error : (answer->timed_out ? "did not end" : "failed"),
            said > 0 ? ": " : "", said, said > 0 ? answer->error_out : "");
        token->problem[strcspn(token->problem, "\n")] = '\0';
    } else if (!find_token(out, &text, &length)) {
        (void)snprintf(token->problem, sizeof(token->problem), "token_command printed no token");
    } else {
        accept_token(token, text, length);
    }
    free(out);
    mz_slurm_pump_soon(slurm);
    mz_slurm_release(slurm);
}

static void ask(struct slurm_token *token, const char *command)
{
    const struct mz_driver_keys *keys = token->slurm->keys;
    const char *const argv[] = { "/bin/sh", "-c", command, NULL };
    struct mz_child_spec spec = { .argv = argv,
        .env_count = keys->env_count,
        .env_names = keys->env_names,
        .env_values = keys->env_values,
        .timeout_ms = TOKEN_TIMEOUT_MS,
        .output_bytes_max = MZ_SLURM_TOKEN_BYTES_MAX };

    token->asked_us = mz_slurm_now_us(token->slurm);
    token->slurm->busy++;
    token->child = mz_child_start(token->slurm->setup.loop, &spec, on_token, token);
}

enum slurm_ready mz_slurm_token_ready(struct slurm_token *token)
{
    const struct mz_driver_keys *keys = token->slurm->keys;
    const char *given = env_of(keys, "SLURM_JWT");

    if (token->child)
        return SLURM_WAIT;
    if (token->bytes && wall_s() < token->until_s)
        return SLURM_READY;
    if (!keys->token_command) {
        if (given && !token->bytes)
            accept_token(token, given, strlen(given));
        return SLURM_READY; /* by Unix socket none is needed */
    }
    if (token->problem[0] && mz_slurm_now_us(token->slurm) - token->asked_us < RETRY_US)
        return SLURM_FAILED;
    ask(token, keys->token_command);
    return SLURM_WAIT;
}

void mz_slurm_token_suspect(struct slurm_token *token)
{
    if (!token->slurm->keys->token_command || token->child ||
        mz_slurm_now_us(token->slurm) - token->asked_us < RETRY_US)
        return;
    free(token->bytes);
    token->bytes = NULL;
}

void mz_slurm_token_stop(struct slurm_token *token)
{
    if (token->child)
        mz_child_kill(token->child);
}

void mz_slurm_token_finish(struct slurm_token *token)
{
    free(token->bytes);
}
