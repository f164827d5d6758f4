/* daemon_open.c - journal, identity, drivers; core and planner, which are made anew together
 *
 * Identity of an installation: eight hex digits in the journal, part of every remote name; and a
 * secret of 32 bytes in a file of its own, from which the tokens of attempts are made. */
#include "control/daemon_impl.h"

#include "control/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- identity ---- */

static void take_install(void *context, const struct mz_meta_row *row)
{
    struct mz_daemon *daemon = context;

    if (strcmp(row->name, "install") == 0)
        (void)snprintf(daemon->install, sizeof(daemon->install), "%s", row->value);
}

static void take_token(void *context, const struct mz_token_row *row)
{
    struct mz_daemon *daemon = context;
    struct mz_token *token;

    if (daemon->token_count == MZ_TOKEN_COUNT_MAX)
        return;
    daemon->tokens =
        mz_xrealloc(daemon->tokens, (size_t)daemon->token_count + 1, sizeof(*daemon->tokens));
    token = &daemon->tokens[daemon->token_count++];
    *token = (struct mz_token){ .created_us = row->created_us,
        .role = strcmp(row->role, "operator") == 0 ? MZ_ROLE_OPERATOR
            : strcmp(row->role, "user") == 0       ? MZ_ROLE_USER
                                                   : MZ_ROLE_VIEWER };
    mz_core_set_text(&token->name, row->name);
    mz_core_set_text(&token->hash, row->hash);
}

static enum mz_status make_install(struct mz_daemon *daemon, struct mz_error *err)
{
    struct mz_record record = { .kind = MZ_RECORD_META };
    unsigned char bytes[4];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return mz_fail(err, MZ_E_IO, "no random numbers for the installation's name");
    mz_api_hex(bytes, sizeof(bytes), daemon->install);
    record.meta = (struct mz_meta_row){ "install", daemon->install };
    return mz_store_commit(daemon->store, &record, 1, err);
}

/* Beside its place and then into it: a disk that is full must not leave half a secret there, with
 * which no later daemon would start. */
static enum mz_status make_secret(struct mz_daemon *daemon, const char *path, struct mz_error *err)
{
    const char *fresh = mz_arena_printf(daemon->arena, "%s.new", path);
    ssize_t wrote;
    int fd;

    if (RAND_bytes(daemon->secret, sizeof(daemon->secret)) != 1)
        return mz_fail(err, MZ_E_IO, "no random numbers for '%s'", path);
    fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return mz_fail(err, MZ_E_IO, "cannot write '%s': %s", fresh, strerror(errno));
    wrote = write(fd, daemon->secret, sizeof(daemon->secret));
    if (wrote != (ssize_t)sizeof(daemon->secret) || fsync(fd) != 0 || rename(fresh, path) != 0) {
        (void)mz_fail(err, MZ_E_IO, "cannot write '%s': %s", path,
            wrote >= 0 && wrote != (ssize_t)sizeof(daemon->secret) ? "the disk is full"
                                                                   : strerror(errno));
        (void)close(fd);
        (void)unlink(fresh);
        return MZ_E_IO;
    }
    (void)close(fd);
    return MZ_OK;
}

static enum mz_status open_secret(struct mz_daemon *daemon, struct mz_error *err)
{
    const char *path = mz_arena_printf(daemon->arena, "%s/secret", daemon->setup.state_directory);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (fd < 0 && errno == ENOENT)
        return make_secret(daemon, path, err);
    if (fd < 0)
        return mz_fail(err, MZ_E_IO, "cannot read '%s': %s", path, strerror(errno));
    got = read(fd, daemon->secret, sizeof(daemon->secret));
    (void)close(fd);
    return got == 32 ? MZ_OK
                     : mz_fail(err, MZ_E_INPUT, "'%s' is not the 32 bytes it should be", path);
}

/* ---- journal ---- */

static void woken(struct mz_daemon *daemon)
{
    (void)uv_async_send(&daemon->async);
}

static void committed(void *context, int64_t durable, int64_t failed, const struct mz_error *err)
{
    struct mz_daemon *daemon = context;

    (void)pthread_mutex_lock(&daemon->lock);
    if (durable > daemon->durable)
        daemon->durable = durable;
    if (failed && !daemon->failed) {
        daemon->failed = failed;
        daemon->failure = *err;
    }
    (void)pthread_mutex_unlock(&daemon->lock);
    woken(daemon);
}

enum mz_status mz_daemon_open_journal(struct mz_daemon *daemon, struct mz_error *err)
{
    static const char *const kinds[] = { "logs", "jobs", "checkpoints" };
    struct mz_store_visitor visitor = {
        .context = daemon, .meta = take_install, .token = take_token
    };
    enum mz_status status =
        mz_store_open_sqlite(daemon->setup.state_directory, &daemon->store, err);

    if (status == MZ_OK)
        status = mz_store_load_live(daemon->store, &visitor, err);
    if (status == MZ_OK && !daemon->install[0])
        status = make_install(daemon, err);
    if (status == MZ_OK)
        status = open_secret(daemon, err);
    for (size_t k = 0; status == MZ_OK && k < 3; k++) {
        const char *path =
            mz_arena_printf(daemon->arena, "%s/%s", daemon->setup.state_directory, kinds[k]);

        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            status = mz_fail(err, MZ_E_IO, "cannot make '%s': %s", path, strerror(errno));
    }
    if (status == MZ_OK)
        daemon->writer = mz_writer_create(daemon->store, committed, daemon);
    return status;
}

/* ---- drivers ---- */

/* What a partner calls its chips: "h100", which the planner knows as "h100-sxm". */
static void note_chips(struct mz_daemon *daemon, const struct mz_driver_event *event)
{
    int32_t p = mz_core_find_partner(daemon->core, event->partner);

    for (int32_t n = 0; p >= 0 && n < event->node_count; n++) {
        const char **own = daemon->chips[p];
        const struct mz_remote_node *node = &event->nodes[n];
        int32_t chips = node->chips > 0 ? node->chips : node->cpus;
        int64_t share_mib = chips > 0 ? node->memory_mib / chips : 0;
        int32_t c = 0;

        if (share_mib > 0 && (n == 0 || share_mib < daemon->memory_share_mib[p]))
            daemon->memory_share_mib[p] = share_mib;
        if (!node->chip[0])
            continue;
        while (c < MZ_PARTNER_CHIPS_MAX && own[c] && strcmp(own[c], node->chip) != 0)
            c++;
        if (c < MZ_PARTNER_CHIPS_MAX && !own[c])
            own[c] = mz_arena_strdup(daemon->arena, node->chip);
    }
}

const char *mz_daemon_partner_chip(struct mz_daemon *daemon, int32_t p, const char *chip)
{
    const char **own = daemon->chips[p];

    for (int32_t c = 0; c < MZ_PARTNER_CHIPS_MAX && own[c]; c++) {
        if (strcmp(own[c], chip) == 0)
            return chip;
    }
    for (int32_t c = 0; c < MZ_PARTNER_CHIPS_MAX && own[c]; c++) {
        size_t length = strlen(own[c]);

        if (strncmp(own[c], chip, length) == 0 && chip[length] == '-')
            return own[c];
    }
    return chip;
}

static void driver_told(void *context, const struct mz_driver_event *event)
{
    struct mz_daemon *daemon = context;
    struct mz_driver_event own = *event;

    if (!daemon->core)
        return;
    /* Drivers count on the loop's clock, the core on its own. */
    own.begin_us += mz_clock_mono_us() - (int64_t)(uv_hrtime() / 1000);
    if (event->kind == MZ_DRIVER_OBSERVED)
        note_chips(daemon, event);
    mz_daemon_now(daemon);
    mz_core_driver_event(daemon->core, &own);
}

enum mz_status mz_daemon_open_drivers(struct mz_daemon *daemon, struct mz_error *err)
{
    enum mz_status status = MZ_OK;

    for (int32_t p = 0; status == MZ_OK && p < daemon->scenario->partner_count; p++) {
        const struct mz_partner *partner = &daemon->scenario->partners[p];
        struct mz_driver_setup setup = { .loop = &daemon->loop,
            .http = daemon->http,
            .partner = partner,
            .install = daemon->install,
            .shim_path = daemon->setup.shim_path,
            .shim_server = daemon->shim_server,
            .directory = daemon->setup.state_directory,
            .sink = driver_told,
            .context = daemon };

        daemon->partner_names[p] = partner->name;
        if (!partner->driver.kind)
            return mz_fail(err, MZ_E_INPUT,
                "partner '%s' has no 'driver': write how it is reached, e.g. driver: local",
                partner->name);
        status = mz_driver_create(&setup, &daemon->drivers[p], err);
        if (status == MZ_OK)
            daemon->finds_nodes[p] = daemon->drivers[p]->caps.finds_nodes;
    }
    return status;
}

/* ---- core and planner ---- */

static void planner_woke(void *context)
{
    woken(context);
}

static enum mz_status open_planner(struct mz_daemon *daemon, struct mz_error *err)
{
    struct mz_planner_setup setup = { .scenario = daemon->scenario,
        .catalogue = daemon->setup.catalogue,
        .finds_nodes = daemon->finds_nodes,
        .policy = daemon->setup.policy,
        .cores = (int32_t)sysconf(_SC_NPROCESSORS_ONLN),
        .host = daemon->host };
    struct mz_planner *planner = NULL;
    enum mz_status status = mz_planner_create(&setup, &planner, err);

    if (status == MZ_OK)
        daemon->planner = mz_planner_thread_create(planner, planner_woke, daemon);
    return status;
}

enum mz_status mz_daemon_open_core(struct mz_daemon *daemon, struct mz_error *err)
{
    struct mz_core_partner_setup partners[MZ_PARTNER_COUNT_MAX];
    struct mz_core_setup setup = { .install = daemon->install,
        .partner_count = daemon->scenario->partner_count,
        .partners = partners,
        .last_number = daemon->last_number,
        .ops = &mz_daemon_ops,
        .context = daemon };
    struct mz_core_load load = { .mono_us = mz_clock_mono_us(),
        .wall_us = mz_clock_wall_us(),
        .store = daemon->store,
        .ended_max = MZ_CORE_JOBS_KNOWN_MAX / 2,
        .need_of = mz_daemon_need_of };
    enum mz_status status;

    for (int32_t p = 0; p < daemon->scenario->partner_count; p++)
        partners[p] = (struct mz_core_partner_setup){ .name = daemon->partner_names[p],
            .caps = daemon->drivers[p]->caps };
    status = open_planner(daemon, err);
    if (status != MZ_OK)
        return status;
    daemon->intern = mz_intern_create();
    daemon->core = mz_core_create(&setup);
    (void)pthread_mutex_lock(&daemon->lock);
    daemon->durable = daemon->last_number;
    daemon->failed = 0;
    daemon->first_number = daemon->last_number;
    (void)pthread_mutex_unlock(&daemon->lock);
    return mz_core_load(daemon->core, &load, err);
}

void mz_daemon_close_core(struct mz_daemon *daemon)
{
    mz_ticket_fail_all(daemon); /* before the planner: its questions then know that nobody waits */
    mz_core_free(daemon->core);
    daemon->core = NULL;
    mz_planner_thread_free(daemon->planner);
    daemon->planner = NULL;
    mz_intern_free(daemon->intern);
    daemon->intern = NULL;
}
