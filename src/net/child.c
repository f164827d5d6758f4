/* child.c - one command, its pipes, its deadline
 *
 *   running -exit-> draining (its pipes may hold more, or a grandchild may hold them) -all pipes at
 *   their end, or PIPE_GRACE_MS over-> answered -handles closed-> gone
 *   running -deadline or kill-> killed -exit-> draining ...;  killed -REAP_GRACE_MS-> answered: a
 *   process that hangs in the kernel (a dead network file system) does not hang its caller.
 *   not started -> answered in the next turn of the loop.
 *
 * Pipes, not the sockets that libuv would make: a script that writes to /dev/stderr cannot open a
 * socket by that name. The child's group is its own (setsid), so a signal to it reaches all that it
 * started; it is sent before the child was waited for only, since the number may be another's later.
 * Limits: output_bytes_max of each stream, timeout_ms, and the two graces.
 */
#include "net/child.h"

#include "base/arena.h"
#include "base/text.h"
#include "net/sigpipe.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#ifdef __linux__
#include <linux/close_range.h>
#endif

extern char **environ;

enum { PIPE_GRACE_MS = 250, REAP_GRACE_MS = 5000, READ_BYTES = 16 * 1024 };

struct stream {
    uv_pipe_t pipe;
    struct mz_child *child;
    struct mz_text text;
    bool is_open; /* the handle is there and not being closed */
};

struct mz_child {
    uv_process_t process;
    uv_timer_t timer;
    uv_write_t write;
    struct stream input;
    struct stream out;
    struct stream error_out;
    struct mz_text error;
    size_t output_bytes_max;
    int32_t open_handles;
    bool is_started;
    bool has_exited;
    bool was_killed;
    bool timed_out;
    bool is_cut;
    bool is_answered;
    int32_t exit_code;
    mz_child_done *done;
    void *context;
};

static void on_closed(uv_handle_t *handle)
{
    struct mz_child *child = handle->data;

    assert(child->open_handles > 0);
    if (--child->open_handles > 0)
        return;
    mz_text_finish(&child->input.text);
    mz_text_finish(&child->out.text);
    mz_text_finish(&child->error_out.text);
    mz_text_finish(&child->error);
    free(child);
}

static void stream_close(struct stream *stream)
{
    if (!stream->is_open)
        return;
    stream->is_open = false;
    uv_close((uv_handle_t *)&stream->pipe, on_closed);
}

/* Calls done, and lets the handles go. */
static void answer(struct mz_child *child)
{
    struct mz_child_answer answer = { .started = child->is_started,
        .timed_out = child->timed_out,
        .exit_code = child->exit_code,
        .out = mz_text_string(&child->out.text),
        .out_length = child->out.text.length,
        .error_out = mz_text_string(&child->error_out.text),
        .error_length = child->error_out.text.length,
        .is_cut = child->is_cut,
        .error = mz_text_string(&child->error) };

    assert(!child->is_answered);
    child->is_answered = true;
    stream_close(&child->input);
    stream_close(&child->out);
    stream_close(&child->error_out);
    uv_close((uv_handle_t *)&child->timer, on_closed);
    if (child->is_started && child->has_exited)
        uv_close((uv_handle_t *)&child->process, on_closed);
    else if (child->is_started)
        uv_unref((uv_handle_t *)&child->process); /* on_exited closes it, if it ever comes */
    child->done(child->context, &answer);
}

static void on_timer(uv_timer_t *timer)
{
    struct mz_child *child = timer->data;

    if (!child->is_started || child->has_exited) {
        answer(child);
    } else if (child->was_killed) {
        child->exit_code = 128 + SIGKILL;
        answer(child);
    } else {
        child->timed_out = true;
        mz_child_kill(child);
    }
}

void mz_child_kill(struct mz_child *child)
{
    if (!child->is_started || child->has_exited || child->was_killed || child->is_answered)
        return;
    child->was_killed = true;
    (void)kill(-child->process.pid, SIGKILL);
    (void)uv_timer_start(&child->timer, on_timer, REAP_GRACE_MS, 0);
}

static void check_finished(struct mz_child *child)
{
    if (child->is_answered || !child->has_exited)
        return;
    if (!child->out.is_open && !child->error_out.is_open)
        answer(child);
}

static void on_exited(uv_process_t *process, int64_t exit_status, int term_signal)
{
    struct mz_child *child = process->data;

    child->has_exited = true;
    child->exit_code = term_signal ? 128 + term_signal : (int32_t)exit_status;
    if (child->is_answered) {
        uv_close((uv_handle_t *)process, on_closed);
        return;
    }
    stream_close(&child->input); /* nobody reads it any more */
    (void)uv_timer_start(&child->timer, on_timer, PIPE_GRACE_MS, 0);
    check_finished(child);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *ret_buffer)
{
    static char buffer[READ_BYTES]; /* on_read copies it before anyone reads again */

    (void)handle;
    (void)wanted;
    ret_buffer->base = buffer;
    ret_buffer->len = sizeof(buffer);
}

static void on_read(uv_stream_t *handle, ssize_t length, const uv_buf_t *buffer)
{
    struct mz_child *child = handle->data;
    struct stream *stream =
        handle == (uv_stream_t *)&child->out.pipe ? &child->out : &child->error_out;
    size_t room = child->output_bytes_max - stream->text.length;

    if (length < 0) {
        stream_close(stream);
        check_finished(child);
    } else if (length > 0) {
        child->is_cut = child->is_cut || (size_t)length > room;
        mz_text_add_bytes(
            &stream->text, buffer->base, (size_t)length < room ? (size_t)length : room);
    }
}

static void on_written(uv_write_t *write, int status)
{
    struct mz_child *child = write->data;

    (void)status; /* a child that does not want its input is none of our trouble */
    stream_close(&child->input);
}

/* "no descriptor but 0, 1, 2": whatever some library opened without O_CLOEXEC stays here. */
static void keep_descriptors(void)
{
    DIR *folder;
    struct dirent *entry;

#ifdef CLOSE_RANGE_CLOEXEC
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        return;
#endif
    folder = opendir("/proc/self/fd");
    while (folder && (entry = readdir(folder))) {
        int fd = atoi(entry->d_name);

        if (fd > 2)
            (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    if (folder)
        (void)closedir(folder);
}

static bool is_overridden(const struct mz_child_spec *spec, const char *entry)
{
    for (int32_t i = 0; i < spec->env_count; i++) {
        size_t length = strlen(spec->env_names[i]);

        if (strncmp(entry, spec->env_names[i], length) == 0 && entry[length] == '=')
            return true;
    }
    return false;
}

/* environ with the caller's variables in it; the strings of the latter live in `arena`. */
static char **environment(const struct mz_child_spec *spec, struct mz_arena *arena)
{
    size_t count = 0, filled = 0;
    char **list;

    while (environ[count])
        count++;
    list = mz_arena_alloc(arena, count + (size_t)spec->env_count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        if (!is_overridden(spec, environ[i]))
            list[filled++] = environ[i];
    for (int32_t i = 0; i < spec->env_count; i++)
        list[filled++] = mz_arena_printf(arena, "%s=%s", spec->env_names[i], spec->env_values[i]);
    return list;
}

/* A pipe whose one end is ours, on the loop, and whose other is the child's. */
static int stream_open(
    struct mz_child *child, struct stream *stream, bool child_reads, uv_file *ret_child_end)
{
    uv_file ends[2];
    uv_file ours;
    int code =
        uv_pipe(ends, child_reads ? 0 : UV_NONBLOCK_PIPE, child_reads ? UV_NONBLOCK_PIPE : 0);

    if (code != 0)
        return code;
    ours = child_reads ? ends[1] : ends[0];
    *ret_child_end = child_reads ? ends[0] : ends[1];
    (void)uv_pipe_init(child->timer.loop, &stream->pipe, 0);
    stream->pipe.data = child;
    stream->is_open = true;
    child->open_handles++;
    code = uv_pipe_open(&stream->pipe, ours);
    if (code != 0)
        (void)close(ours);
    return code;
}

static int spawn(struct mz_child *child, const struct mz_child_spec *spec)
{
    struct mz_arena *arena = mz_arena_create();
    uv_file ends[3] = { -1, -1, -1 };
    uv_stdio_container_t stdio[3] = { { .flags = UV_IGNORE } };
    uv_process_options_t options = { .exit_cb = on_exited,
        .file = spec->argv[0],
        .args = (char **)spec->argv,
        .env = environment(spec, arena),
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = stdio };
    int code = spec->input ? stream_open(child, &child->input, true, &ends[0]) : 0;

    if (code == 0)
        code = stream_open(child, &child->out, false, &ends[1]);
    if (code == 0)
        code = stream_open(child, &child->error_out, false, &ends[2]);
    for (int i = 0; i < 3; i++) {
        if (ends[i] < 0)
            continue;
        stdio[i].flags = UV_INHERIT_FD;
        stdio[i].data.fd = ends[i];
    }
    if (code == 0) {
        keep_descriptors();
        child->open_handles++; /* uv_spawn makes the handle also when it fails */
        child->process.data = child;
        code = uv_spawn(child->timer.loop, &child->process, &options);
        child->process.data = child;
        if (code != 0)
            uv_close((uv_handle_t *)&child->process, on_closed);
    }
    for (int i = 0; i < 3; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    mz_arena_free(arena);
    return code;
}

static void feed_input(struct mz_child *child, const struct mz_child_spec *spec)
{
    uv_buf_t piece;

    if (!child->input.is_open)
        return;
    if (spec->input_length == 0) {
        stream_close(&child->input);
        return;
    }
    mz_text_add_bytes(&child->input.text, spec->input, spec->input_length);
    piece = (uv_buf_t){ .base = child->input.text.bytes, .len = child->input.text.length };
    child->write.data = child;
    if (uv_write(&child->write, (uv_stream_t *)&child->input.pipe, &piece, 1, on_written) != 0)
        stream_close(&child->input);
}

struct mz_child *mz_child_start(
    struct uv_loop_s *loop, const struct mz_child_spec *spec, mz_child_done *done, void *context)
{
    struct mz_child *child = mz_xcalloc(1, sizeof(*child));
    int code;

    assert(spec->argv && spec->argv[0] && spec->timeout_ms > 0 && spec->env_count >= 0);
    mz_net_sigpipe_ignore();
    child->done = done;
    child->context = context;
    child->output_bytes_max = spec->output_bytes_max;
    (void)uv_timer_init(loop, &child->timer);
    child->timer.data = child;
    child->open_handles = 1;
    code = spawn(child, spec);
    if (code != 0) {
        mz_text_addf(&child->error, "cannot run '%s': %s", spec->argv[0], uv_strerror(code));
        stream_close(&child->input);
        stream_close(&child->out);
        stream_close(&child->error_out);
        (void)uv_timer_start(&child->timer, on_timer, 0, 0);
        return child;
    }
    child->is_started = true;
    feed_input(child, spec);
    (void)uv_read_start((uv_stream_t *)&child->out.pipe, on_alloc, on_read);
    (void)uv_read_start((uv_stream_t *)&child->error_out.pipe, on_alloc, on_read);
    uv_update_time(loop); /* the deadline counts from now, not from when this turn began */
    (void)uv_timer_start(&child->timer, on_timer, (uint64_t)spec->timeout_ms, 0);
    return child;
}
