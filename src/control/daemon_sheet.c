/* daemon_sheet.c - what a shim is told to run (shim/shim.h, "the launch sheet")
 *
 * The environment that a job finds: MIZAN_JOB_ID, MIZAN_JOB_NAME, MIZAN_ATTEMPT, MIZAN_PARTNER,
 * MIZAN_SITE, MIZAN_NODELIST, MIZAN_NNODES, MIZAN_NODE_RANK, MIZAN_CHIPS_PER_NODE, NNODES, NODE_RANK,
 * MASTER_ADDR, MASTER_PORT, MIZAN_CHECKPOINT_DIR, MIZAN_CHECKPOINT, MIZAN_ARRAY_JOB,
 * MIZAN_ARRAY_INDEX; then what the spec sets. On this machine, with real accelerators,
 * CUDA_VISIBLE_DEVICES and ROCR_VISIBLE_DEVICES name the chips that were placed. */
#include "control/daemon_impl.h"

#include "place/fleet.h"
#include "shim/shim.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MS INT64_C(1000)

/* HMAC() looks its algorithm up by name at each call, which costs more than the hash. */
static EVP_MAC_CTX *make_hmac(struct mz_daemon *daemon)
{
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *hmac = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
    OSSL_PARAM digest[] = { OSSL_PARAM_construct_utf8_string("digest", (char *)"SHA256", 0),
        OSSL_PARAM_construct_end() };

    EVP_MAC_free(algorithm); /* the context holds it */
    if (!hmac || !EVP_MAC_init(hmac, daemon->secret, sizeof(daemon->secret), digest))
        abort(); /* no memory, or a library without SHA-256: no token can be made */
    return hmac;
}

const char *mz_daemon_attempt_token(struct mz_daemon *daemon, const char *name, char *buffer)
{
    unsigned char code[32];
    size_t length = 0;

    if (!daemon->hmac)
        daemon->hmac = make_hmac(daemon);
    if (!EVP_MAC_init(daemon->hmac, NULL, 0, NULL) || /* the same key again */
        !EVP_MAC_update(daemon->hmac, (const unsigned char *)name, strlen(name)) ||
        !EVP_MAC_final(daemon->hmac, code, &length, sizeof(code)) || length != sizeof(code))
        abort(); /* no memory */
    mz_api_hex(code, sizeof(code), buffer);
    return buffer;
}

const char *mz_nth_name(const char *list, int32_t i, char *buffer, size_t size)
{
    for (; *list; i--) {
        size_t length = strcspn(list, ",");

        if (i == 0) {
            (void)snprintf(buffer, size, "%.*s", (int)length, list);
            return buffer;
        }
        list += length + (list[length] == ',');
    }
    buffer[0] = '\0';
    return buffer;
}

const char *mz_daemon_log_path(
    struct mz_daemon *daemon, int64_t job, int32_t n, int32_t rank, struct mz_text *path)
{
    mz_text_clear(path);
    mz_text_addf(path, "%s/logs/%" PRId64 ".%" PRId32 ".%" PRId32, daemon->setup.state_directory,
        job, n, rank);
    return mz_text_string(path);
}

static void make_directory(struct mz_daemon *daemon, const char *path)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        mz_daemon_log(daemon, "cannot make '%s': %s", path, strerror(errno));
}

/* STATE/checkpoints/JOB; of a batch job that states nothing of checkpoints STATE/jobs/JOB, which is
 * shared by its attempts as well: making a folder costs more than the rest of a short job's start. */
static void add_checkpoint_path(
    struct mz_daemon *daemon, const struct mz_job_spec *spec, int64_t job, struct mz_text *path)
{
    bool is_stated =
        spec->kind == MZ_SPEC_TRAIN || spec->checkpoint_every_us > 0 || spec->checkpoint_signal > 0;

    mz_text_addf(path, "%s/%s/%" PRId64, daemon->setup.state_directory,
        is_stated ? "checkpoints" : "jobs", job);
}

void mz_daemon_directories(struct mz_daemon *daemon, struct mz_arena *arena,
    const struct mz_job_spec *spec, int64_t job, const char **ret_own, const char **ret_checkpoints)
{
    struct mz_text path = { 0 };

    *ret_own = mz_arena_printf(arena, "%s/jobs/%" PRId64, daemon->setup.state_directory, job);
    *ret_checkpoints = NULL;
    if (!spec || spec->checkpoint_dir)
        return;
    add_checkpoint_path(daemon, spec, job, &path);
    if (strcmp(mz_text_string(&path), *ret_own) != 0)
        *ret_checkpoints = mz_arena_strdup(arena, mz_text_string(&path));
    mz_text_finish(&path);
}

void mz_daemon_make_directories(
    struct mz_daemon *daemon, const struct mz_job_spec *spec, int64_t job)
{
    struct mz_arena *arena = mz_arena_create();
    const char *own;
    const char *checkpoints;

    mz_daemon_directories(daemon, arena, spec, job, &own, &checkpoints);
    make_directory(daemon, own);
    if (checkpoints)
        make_directory(daemon, checkpoints);
    mz_arena_free(arena);
}

/* ---- records ---- */

static void add(struct mz_text *out, const char *key, const char *value)
{
    size_t length = strlen(value);

    mz_text_addf(out, "%s %zu\n", key, length);
    mz_text_add_bytes(out, value, length);
    mz_text_add(out, "\n");
}

static void add_number(struct mz_text *out, const char *key, int64_t value)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    add(out, key, text);
}

static void add_env(struct mz_text *out, const char *name, const char *value)
{
    struct mz_text text = { 0 };

    mz_text_addf(&text, "%s=%s", name, value);
    add(out, "env", mz_text_string(&text));
    mz_text_finish(&text);
}

static void add_env_number(struct mz_text *out, const char *name, int64_t value)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    add_env(out, name, text);
}

static void add_command(const struct mz_job_spec *spec, struct mz_text *out)
{
    if (spec->script) {
        add(out, "script", spec->script);
        add(out, "arg", "{script}");
        for (int32_t a = 0; a < spec->script_argc; a++)
            add(out, "arg", spec->script_argv[a]);
    } else if (spec->run) {
        add(out, "arg", "/bin/sh");
        add(out, "arg", "-c");
        add(out, "arg", spec->run);
    }
    for (int32_t a = 0; a < spec->argc; a++)
        add(out, "arg", spec->argv[a]);
}

static bool runs_here(struct mz_daemon *daemon, const struct mz_attempt_row *attempt)
{
    int32_t p = mz_core_find_partner(daemon->core, attempt->partner);

    return p >= 0 && daemon->drivers[p] && daemon->drivers[p]->caps.runs_here;
}

/* The chips of this rank, "0,1,3", from "name:mask name:mask". */
static void add_chips(const struct mz_attempt_row *attempt, int32_t rank, struct mz_text *out)
{
    const char *at = attempt->parts ? attempt->parts : "";
    const char *colon;
    struct mz_text list = { 0 };
    uint64_t mask;

    for (int32_t i = 0; i < rank && *at; i++) {
        at += strcspn(at, " ");
        at += *at == ' ';
    }
    colon = strchr(at, ':');
    mask = colon ? (uint64_t)strtoull(colon + 1, NULL, 16) : 0;
    for (int32_t c = 0; c < MZ_NODE_CHIP_COUNT_MAX; c++) {
        if (mask >> c & 1)
            mz_text_addf(&list, "%s%" PRId32, list.length ? "," : "", c);
    }
    add_env(out, "CUDA_VISIBLE_DEVICES", mz_text_string(&list));
    add_env(out, "ROCR_VISIBLE_DEVICES", mz_text_string(&list));
    mz_text_finish(&list);
}

static bool is_pretend(struct mz_daemon *daemon, const char *site)
{
    for (int32_t s = 0; s < daemon->scenario->site_count; s++) {
        if (site && strcmp(daemon->scenario->sites[s].name, site) == 0)
            return daemon->scenario->sites[s].pretend;
    }
    return true;
}

static void add_place(struct mz_daemon *daemon, const struct mz_job_row *job,
    const struct mz_attempt_row *attempt, int32_t rank, struct mz_text *out)
{
    const char *address = mz_daemon_address(daemon, job->id, attempt->n);
    char name[256];

    add_env(out, "MIZAN_PARTNER", attempt->partner);
    add_env(out, "MIZAN_SITE", attempt->site ? attempt->site : "");
    add_env(out, "MIZAN_NODELIST", attempt->nodes ? attempt->nodes : "");
    add_env_number(out, "MIZAN_NNODES", attempt->node_count);
    add_env_number(out, "MIZAN_NODE_RANK", rank);
    add_env_number(out, "MIZAN_CHIPS_PER_NODE",
        attempt->chips_per_node > 0 ? attempt->chips_per_node
                                    : attempt->chips / attempt->node_count);
    add_env_number(out, "NNODES", attempt->node_count);
    add_env_number(out, "NODE_RANK", rank);
    if (!address)
        address = runs_here(daemon, attempt)
            ? "127.0.0.1"
            : mz_nth_name(attempt->nodes ? attempt->nodes : "", 0, name, sizeof(name));
    add_env(out, "MASTER_ADDR", address);
    /* Different for each job and attempt: several may share a machine. */
    add_env_number(out, "MASTER_PORT", 20000 + (job->id * 7 + attempt->n) % 12000);
    if (runs_here(daemon, attempt) && attempt->chips_per_node > 0 &&
        !is_pretend(daemon, attempt->site))
        add_chips(attempt, rank, out);
}

static void add_job(struct mz_daemon *daemon, const struct mz_job_row *job,
    const struct mz_attempt_row *attempt, const struct mz_job_spec *spec, struct mz_text *out)
{
    struct mz_text path = { 0 };

    add_env_number(out, "MIZAN_JOB_ID", job->id);
    add_env(out, "MIZAN_JOB_NAME", job->name ? job->name : "");
    add_env_number(out, "MIZAN_ATTEMPT", attempt->n);
    if (job->array_job > 0) {
        add_env_number(out, "MIZAN_ARRAY_JOB", job->array_job);
        add_env_number(out, "MIZAN_ARRAY_INDEX", job->array_index);
    }
    add_checkpoint_path(daemon, spec, job->id, &path);
    add_env(out, "MIZAN_CHECKPOINT_DIR",
        spec->checkpoint_dir ? spec->checkpoint_dir : mz_text_string(&path));
    add_env(out, "MIZAN_CHECKPOINT", attempt->checkpoint ? attempt->checkpoint : "");
    for (int32_t e = 0; e < spec->env_count; e++)
        add_env(out, spec->env_names[e], spec->env_values[e]);
    mz_text_finish(&path);
}

/* %j job, %n attempt, %t rank, %% a percent sign. */
static void add_output(
    const char *pattern, int64_t job, int32_t n, int32_t rank, struct mz_text *out)
{
    struct mz_text path = { 0 };

    for (; *pattern; pattern++) {
        if (*pattern != '%') {
            mz_text_add_bytes(&path, pattern, 1);
            continue;
        }
        switch (*++pattern) {
        case 'j': mz_text_addf(&path, "%" PRId64, job); break;
        case 'n': mz_text_addf(&path, "%" PRId32, n); break;
        case 't': mz_text_addf(&path, "%" PRId32, rank); break;
        case '\0': pattern--; break;
        default: mz_text_add_bytes(&path, pattern, 1); break;
        }
    }
    add(out, "output", mz_text_string(&path));
    mz_text_finish(&path);
}

/* On this machine the job writes where the daemon reads; the shim keeps it from filling the disk. */
static void add_own_output(struct mz_daemon *daemon, const struct mz_job_row *job,
    const struct mz_attempt_row *attempt, int32_t rank, struct mz_text *out)
{
    struct mz_text path = { 0 };

    add(out, "output", mz_daemon_log_path(daemon, job->id, attempt->n, rank, &path));
    add_number(out, "output_max", daemon->setup.log_bytes_max);
    mz_text_finish(&path);
}

void mz_daemon_sheet(struct mz_daemon *daemon, const struct mz_job_row *job,
    const struct mz_attempt_row *attempt, int32_t rank, struct mz_text *out)
{
    const struct mz_job_spec *spec = mz_daemon_spec(daemon, job->spec);
    struct mz_text path = { 0 };

    if (!spec)
        return;
    add_command(spec, out);
    add_job(daemon, job, attempt, spec, out);
    add_place(daemon, job, attempt, rank, out);
    if (spec->workdir) {
        add(out, "workdir", spec->workdir);
    } else if (runs_here(daemon, attempt)) {
        mz_text_addf(&path, "%s/jobs/%" PRId64, daemon->setup.state_directory, job->id);
        add(out, "workdir", mz_text_string(&path));
    }
    if (spec->output)
        add_output(spec->output, job->id, attempt->n, rank, out);
    else if (runs_here(daemon, attempt))
        add_own_output(daemon, job, attempt, rank, out);
    add_number(out, "lease_ms", spec->lease_us / MS);
    add_number(out, "checkpoint_signal", spec->checkpoint_signal);
    add_number(out, "lead_ms", spec->checkpoint_signal > 0 ? spec->checkpoint_lead_us / MS : 0);
    add_number(out, "kill_ms", spec->kill_us / MS);
    add_number(out, "every_ms", spec->checkpoint_signal > 0 ? spec->checkpoint_every_us / MS : 0);
    add_number(out, "time_ms", spec->time_us / MS);
    mz_text_finish(&path);
}
