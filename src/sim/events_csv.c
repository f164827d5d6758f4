/* events_csv.c - rows of --events, as fast as they come
 *
 * One row an event as it is handed over, LF behind each, fields quoted where RFC 4180 asks for it.
 * Rows are put together in one buffer of fixed size that is written when it is nearly full; a name
 * that does not fit goes to the stream by itself. After the first error nothing is written any
 * more, and finish says what it was. Site names are quoted once, when the sink is made.
 */
#include "sim/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUFFER_BYTES = 256 * 1024,
    NUMBERS_BYTES = 256 /* more than all numbers and commas of a row take */
};

static const char header[] =
    "time_us,seq,event,job,attempt,partner,site,node,chips_milli,until_us,reason\n";

struct mz_events_csv {
    struct mz_sim_sink sink;
    FILE *stream;
    const struct mz_fleet *fleet;
    const struct mz_trace *trace;
    char **places; /* [site]: "partner,site," quoted */
    int error;     /* errno of the first failed write; 0: none */
    size_t used;
    char buffer[BUFFER_BYTES];
};

static void write_out(struct mz_events_csv *csv, const char *bytes, size_t length)
{
    if (csv->error != 0 || length == 0)
        return;
    errno = 0;
    if (fwrite(bytes, 1, length, csv->stream) != length)
        csv->error = errno != 0 ? errno : EIO;
}

static void flush_buffer(struct mz_events_csv *csv)
{
    write_out(csv, csv->buffer, csv->used);
    csv->used = 0;
}

static void add_bytes(struct mz_events_csv *csv, const char *bytes, size_t length)
{
    if (length > BUFFER_BYTES - csv->used)
        flush_buffer(csv);
    if (length > BUFFER_BYTES) {
        write_out(csv, bytes, length);
        return;
    }
    memcpy(csv->buffer + csv->used, bytes, length);
    csv->used += length;
}

/* A field and the comma behind it. */
static void add_name(struct mz_events_csv *csv, const char *name)
{
    if (name && !strpbrk(name, ",\"\r\n")) {
        add_bytes(csv, name, strlen(name));
    } else if (name) {
        struct mz_text quoted = { 0 };

        mz_text_add_csv(&quoted, name);
        add_bytes(csv, mz_text_string(&quoted), quoted.length);
        mz_text_finish(&quoted);
    }
    add_bytes(csv, ",", 1);
}

/* A number and the comma behind it; the caller has made room. */
static void add_number(struct mz_events_csv *csv, int64_t value)
{
    char digits[24];
    char *at = digits + sizeof(digits);
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t length;

    *--at = ',';
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        *--at = '-';
    length = (size_t)(digits + sizeof(digits) - at);
    memcpy(csv->buffer + csv->used, at, length);
    csv->used += length;
}

static void add_job(struct mz_events_csv *csv, int32_t job)
{
    const struct mz_trace_job *found;

    if (job < 0 || job >= csv->trace->job_count) {
        add_bytes(csv, ",", 1);
        return;
    }
    found = &csv->trace->jobs[job];
    if (found->name)
        add_name(csv, found->name);
    else
        add_number(csv, found->line);
}

static void add_event(void *context, const struct mz_sim_event *event)
{
    struct mz_events_csv *csv = context;

    if (csv->used + NUMBERS_BYTES > BUFFER_BYTES)
        flush_buffer(csv);
    add_number(csv, event->time_us);
    add_number(csv, event->seq);
    add_name(csv, event->event);
    if (csv->used + NUMBERS_BYTES > BUFFER_BYTES) /* behind each name again */
        flush_buffer(csv);
    add_job(csv, event->job);
    if (csv->used + NUMBERS_BYTES > BUFFER_BYTES)
        flush_buffer(csv);
    add_number(csv, event->attempt);
    if (event->node >= 0) {
        char buffer[MZ_NODE_NAME_MAX];
        const char *place = csv->places[mz_fleet_site_of(csv->fleet, event->node)];

        add_bytes(csv, place, strlen(place));
        add_name(csv, mz_fleet_node_name(csv->fleet, event->node, buffer));
    } else {
        add_bytes(csv, ",,,", 3);
    }
    if (csv->used + NUMBERS_BYTES > BUFFER_BYTES)
        flush_buffer(csv);
    add_number(csv, event->chips_milli);
    if (event->until_us >= 0)
        add_number(csv, event->until_us);
    else
        add_bytes(csv, ",", 1);
    add_name(csv, event->reason);
    csv->buffer[csv->used - 1] = '\n'; /* a row ends where its last field's comma stands */
}

struct mz_events_csv *mz_events_csv_create(
    FILE *stream, const struct mz_fleet *fleet, const struct mz_trace *trace)
{
    struct mz_events_csv *csv = mz_xcalloc(1, sizeof(*csv));

    csv->sink = (struct mz_sim_sink){ csv, add_event };
    csv->stream = stream;
    csv->fleet = fleet;
    csv->trace = trace;
    csv->places = mz_xcalloc((size_t)fleet->site_count + 1, sizeof(*csv->places));
    for (int32_t s = 0; s < fleet->site_count; s++) {
        struct mz_text place = { 0 };

        mz_text_add_csv(&place, fleet->partner_names[fleet->sites[s].partner]);
        mz_text_add(&place, ",");
        mz_text_add_csv(&place, fleet->sites[s].name);
        mz_text_add(&place, ",");
        csv->places[s] = place.bytes; /* handed over */
    }
    add_bytes(csv, header, sizeof(header) - 1);
    return csv;
}

const struct mz_sim_sink *mz_events_csv_sink(struct mz_events_csv *csv)
{
    return &csv->sink;
}

enum mz_status mz_events_csv_finish(struct mz_events_csv *csv, struct mz_error *err)
{
    int error;

    if (!csv)
        return MZ_OK;
    flush_buffer(csv);
    errno = 0;
    if (csv->error == 0 && fflush(csv->stream) != 0)
        csv->error = errno != 0 ? errno : EIO;
    error = csv->error;
    for (int32_t s = 0; s < csv->fleet->site_count; s++)
        free(csv->places[s]);
    free(csv->places);
    free(csv);
    if (error != 0)
        return mz_fail(
            err, MZ_E_IO, "cannot write the events: %s; the file is not complete", strerror(error));
    return MZ_OK;
}
