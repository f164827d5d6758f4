/* core.c - turns, effects, rows; what may be looked at
 *
 * A turn's effects and texts live in its batch. Batches wait, oldest first, until the journal has
 * them. A turn without records rides on the batch before it, so that effects keep their order; with
 * nothing waiting they happen at once. */
#include "control/core_impl.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)

struct mz_core *mz_core_create(const struct mz_core_setup *setup)
{
    struct mz_core *core = mz_xcalloc(1, sizeof(*core));

    assert(setup->partner_count <= MZ_CORE_PARTNER_MAX);
    core->ops = *setup->ops;
    core->context = setup->context;
    (void)snprintf(core->install, sizeof(core->install), "%s", setup->install);
    core->intern = mz_intern_create();
    core->grace_us = setup->grace_us > 0 ? setup->grace_us : 5 * SECOND_US;
    core->queue_wait_us = setup->queue_wait_us > 0 ? setup->queue_wait_us : 120 * SECOND_US;
    core->avoid_us = setup->avoid_us > 0 ? setup->avoid_us : 60 * SECOND_US;
    core->partner_count = setup->partner_count;
    for (int32_t p = 0; p < setup->partner_count; p++) {
        const char *name = mz_intern_text(core->intern, setup->partners[p].name);

        core->partners[p] = (struct core_partner){ .name = name,
            .caps = setup->partners[p].caps,
            .row = { .name = name, .is_reachable = true, .drained_by = "" } };
    }
    core->first = 1;
    core->next_job = 1;
    core->next_spec = 1;
    core->next_event = 1;
    core->number = setup->last_number;
    core->turn.arena = mz_arena_create();
    core->wake_us = INT64_MAX;
    return core;
}

void mz_core_drop_live(struct mz_core *core, struct core_job *job)
{
    struct core_live *live = job->live;

    if (!live)
        return;
    core->live[live->index] = core->live[--core->live_count];
    core->live[live->index]->live->index = live->index;
    mz_core_free_attempt(live->attempt);
    mz_need_free(live->need);
    free(live->checkpoint);
    free(live->dependents);
    free(live);
    job->live = NULL;
}

static void free_batch(struct core_batch *batch)
{
    mz_arena_free(batch->arena);
    free(batch->effects);
}

void mz_core_free(struct mz_core *core)
{
    if (!core)
        return;
    for (int64_t i = 0; i < core->job_count; i++) {
        struct core_job *job = core->jobs[i];

        if (!job)
            continue;
        mz_core_drop_live(core, job);
        free((char *)job->row.name);
        free((char *)job->row.note);
        free(job);
    }
    for (int32_t b = 0; b < core->waiting_count; b++)
        free_batch(&core->waiting[b]);
    free_batch(&core->turn);
    for (int32_t k = 0; k < core->key_count; k++) {
        free(core->keys[k].key);
        free(core->keys[k].hash);
    }
    for (int32_t p = 0; p < core->partner_count; p++)
        free(core->partners[p].problem);
    for (int32_t c = 0; c < core->cordoned_count; c++)
        free(core->cordoned[c]);
    free(core->cordoned);
    free(core->waiting);
    free(core->keys);
    free(core->contracts);
    free(core->arrays);
    free(core->live);
    free(core->jobs);
    free(core->records);
    free(core->touched);
    mz_intern_free(core->intern);
    free(core);
}

/* ---- jobs by number ---- */

struct core_job *mz_core_find(const struct mz_core *core, int64_t id)
{
    if (id < core->first || id >= core->first + core->job_count)
        return NULL;
    return core->jobs[id - core->first];
}

static void make_room(struct mz_core *core, int64_t id)
{
    if (core->job_count == 0)
        core->first = id;
    if (id < core->first) { /* loading goes downwards */
        int64_t more = core->first - id;

        if (more < core->job_count) /* many more will come: not each is to move all others */
            more = core->job_count < core->first - 1 ? core->job_count : core->first - 1;
        if (core->job_count + more > core->job_capacity) {
            core->job_capacity = 2 * (core->job_count + more);
            core->jobs = mz_xrealloc(core->jobs, (size_t)core->job_capacity, sizeof(*core->jobs));
        }
        memmove(core->jobs + more, core->jobs, (size_t)core->job_count * sizeof(*core->jobs));
        memset(core->jobs, 0, (size_t)more * sizeof(*core->jobs));
        core->job_count += more;
        core->first -= more;
        return;
    }
    if (id - core->first >= core->job_capacity) {
        core->job_capacity = 2 * (id - core->first) + 256;
        core->jobs = mz_xrealloc(core->jobs, (size_t)core->job_capacity, sizeof(*core->jobs));
    }
    while (core->job_count <= id - core->first)
        core->jobs[core->job_count++] = NULL;
}

struct core_job *mz_core_add_job(struct mz_core *core, int64_t id)
{
    struct core_job *job = mz_xcalloc(1, sizeof(*job));

    make_room(core, id);
    assert(!core->jobs[id - core->first]);
    core->jobs[id - core->first] = job;
    core->known_count++;
    job->row = (struct mz_job_row){ .id = id,
        .exit_code = MZ_EXIT_NONE,
        .owner = "",
        .team = "",
        .partner = "",
        .avoid = "",
        .want = "" };
    job->live = mz_xcalloc(1, sizeof(*job->live));
    if (core->live_count == core->live_capacity) {
        core->live_capacity = core->live_capacity ? 2 * core->live_capacity : 256;
        core->live = mz_xrealloc(core->live, (size_t)core->live_capacity, sizeof(*core->live));
    }
    job->live->index = core->live_count;
    core->live[core->live_count++] = job;
    core->state_counts[job->row.state]++;
    if (id >= core->next_job)
        core->next_job = id + 1;
    return job;
}

void mz_core_set_state(struct mz_core *core, struct core_job *job, enum mz_run_state state)
{
    if (job->row.state == state)
        return;
    core->state_counts[job->row.state]--;
    core->state_counts[state]++;
    job->row.state = state;
    mz_core_touch_job(core, job);
}

void mz_core_set_text(char **field, const char *text)
{
    char *copy = NULL;

    if (text && *text) {
        size_t length = strlen(text) + 1;

        copy = mz_xcalloc(length, 1);
        memcpy(copy, text, length);
    }
    free(*field);
    *field = copy;
}

void mz_core_set_note(struct mz_core *core, struct core_job *job, const char *format, ...)
{
    char note[MZ_CORE_NOTE_MAX];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(note, sizeof(note), format, list);
    va_end(list);
    if (strcmp(job->row.note ? job->row.note : "", note) == 0)
        return;
    mz_core_set_text((char **)&job->row.note, note);
    mz_core_touch_job(core, job);
}

/* ---- the turn ---- */

void mz_core_time(struct mz_core *core, int64_t mono_us, int64_t wall_us)
{
    if (mono_us > core->mono_us)
        core->mono_us = mono_us;
    core->wall_us = wall_us;
}

static void touch(struct mz_core *core, const struct core_job *job)
{
    if (core->touched_count == core->touched_capacity) {
        core->touched_capacity = core->touched_capacity ? 2 * core->touched_capacity : 64;
        core->touched = mz_xrealloc(core->touched, core->touched_capacity, sizeof(*core->touched));
    }
    core->touched[core->touched_count++] = job->row.id;
}

void mz_core_touch_job(struct mz_core *core, struct core_job *job)
{
    if (!job->is_touched)
        touch(core, job);
    job->is_touched = true;
}

void mz_core_touch_attempt(struct mz_core *core, struct core_job *job)
{
    if (!job->live->attempt->is_touched)
        touch(core, job);
    job->live->attempt->is_touched = true;
}

void mz_core_add_record(struct mz_core *core, const struct mz_record *record)
{
    if (core->record_count == core->record_capacity) {
        core->record_capacity = core->record_capacity ? 2 * core->record_capacity : 64;
        core->records = mz_xrealloc(core->records, core->record_capacity, sizeof(*core->records));
    }
    core->records[core->record_count++] = *record;
}

const char *mz_core_turn_text(struct mz_core *core, const char *text)
{
    return text && *text ? mz_arena_strdup(core->turn.arena, text) : "";
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* The attempt as a record whose strings outlive it. */
void mz_core_write_attempt(struct mz_core *core, const struct core_attempt *attempt)
{
    struct mz_record record = { .kind = MZ_RECORD_ATTEMPT, .attempt = attempt->row };
    struct mz_attempt_row *row = &record.attempt;

    row->partner = or_empty(row->partner);
    row->contract = or_empty(row->contract);
    row->site = mz_core_turn_text(core, row->site);
    row->nodes = mz_core_turn_text(core, row->nodes);
    row->parts = mz_core_turn_text(core, row->parts);
    row->chip = mz_core_turn_text(core, row->chip);
    row->remote_id = mz_core_turn_text(core, row->remote_id);
    row->checkpoint = mz_core_turn_text(core, row->checkpoint);
    mz_core_add_record(core, &record);
}

static void write_job(struct mz_core *core, const struct core_job *job)
{
    struct mz_record record = { .kind = MZ_RECORD_JOB, .job = job->row };

    record.job.name = or_empty(record.job.name);
    record.job.note = or_empty(record.job.note);
    mz_core_add_record(core, &record);
}

static struct core_effect *add_effect(struct mz_core *core, enum core_effect_kind kind)
{
    struct core_batch *turn = &core->turn;

    if (turn->effect_count == turn->effect_capacity) {
        turn->effect_capacity = turn->effect_capacity ? 2 * turn->effect_capacity : 16;
        turn->effects = mz_xrealloc(turn->effects, turn->effect_capacity, sizeof(*turn->effects));
    }
    turn->effects[turn->effect_count] = (struct core_effect){ .kind = kind };
    return &turn->effects[turn->effect_count++];
}

void mz_core_answer(struct mz_core *core, void *ticket, const struct mz_core_answer *answer)
{
    struct core_effect *effect = add_effect(core, EFFECT_ANSWER);

    effect->ticket = ticket;
    effect->answer = *answer;
    effect->answer.text = mz_core_turn_text(core, answer->text);
}

void mz_core_answer_now(struct mz_core *core, void *ticket, const struct mz_core_answer *answer)
{
    struct mz_core_answer full = *answer;

    full.text = or_empty(full.text);
    core->ops.answer(core->context, ticket, &full);
}

void mz_core_fail(
    struct mz_core *core, void *ticket, enum mz_core_result result, const char *format, ...)
{
    struct mz_core_answer answer = { .result = result };
    char text[512];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    answer.text = text;
    mz_core_answer(core, ticket, &answer);
}

void mz_core_act(struct mz_core *core, enum mz_core_action action, int32_t partner,
    const struct core_job *job, const struct mz_driver_ref *ref)
{
    struct core_effect *effect = add_effect(core, EFFECT_ACT);

    effect->action = action;
    effect->partner = partner;
    if (job) {
        effect->job = job->row.id;
        effect->n = job->live && job->live->attempt ? job->live->attempt->row.n : 0;
    }
    if (ref) {
        struct mz_driver_ref *copy = mz_arena_alloc(core->turn.arena, 1, sizeof(*copy));

        *copy = *ref;
        copy->name = mz_core_turn_text(core, ref->name);
        copy->remote_id = mz_core_turn_text(core, ref->remote_id);
        effect->ref = copy;
        effect->job = ref->job;
        effect->n = ref->n;
    }
}

void mz_core_event(struct mz_core *core, const struct core_job *job, const char *kind,
    const char *partner, const char *actor, const char *format, ...)
{
    struct mz_record record = { .kind = MZ_RECORD_EVENT };
    char text[512];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    record.event = (struct mz_event_row){ .seq = core->next_event++,
        .at_us = core->wall_us,
        .job = job ? job->row.id : 0,
        .attempt = job ? job->row.attempt_count : 0,
        .kind = kind,
        .partner = mz_core_turn_text(core, partner),
        .actor = mz_core_turn_text(core, actor),
        .text = mz_core_turn_text(core, text) };
    mz_core_add_record(core, &record);
    add_effect(core, EFFECT_EVENT)->event = record.event;
}

/* An attempt is sent only if it is still the one, and still wants to be. */
static void act_now(struct mz_core *core, const struct core_effect *effect)
{
    struct core_job *job = mz_core_find(core, effect->job);
    struct core_attempt *attempt = job && job->live ? job->live->attempt : NULL;

    if (effect->action == MZ_ACT_SUBMIT) {
        if (!attempt || attempt->row.n != effect->n || attempt->row.state != MZ_ATTEMPT_INTENT)
            return;
        attempt->act_us = core->mono_us;
        attempt->is_sent = true;
    }
    core->ops.act(core->context, effect->action, effect->partner, job ? &job->row : NULL,
        attempt ? &attempt->row : NULL, effect->ref);
}

static void run_effects(struct mz_core *core, const struct core_batch *batch)
{
    for (size_t i = 0; i < batch->effect_count; i++) {
        const struct core_effect *effect = &batch->effects[i];

        switch (effect->kind) {
        case EFFECT_ANSWER: core->ops.answer(core->context, effect->ticket, &effect->answer); break;
        case EFFECT_ACT: act_now(core, effect); break;
        case EFFECT_EVENT: core->ops.event(core->context, &effect->event); break;
        }
    }
}

static void write_touched(struct mz_core *core)
{
    for (size_t i = 0; i < core->touched_count; i++) {
        struct core_job *job = mz_core_find(core, core->touched[i]);
        struct core_attempt *attempt = job && job->live ? job->live->attempt : NULL;

        if (attempt && attempt->is_touched) {
            mz_core_write_attempt(core, attempt);
            attempt->is_touched = false;
        }
        if (job && job->is_touched) {
            write_job(core, job);
            job->is_touched = false;
        }
    }
    core->touched_count = 0;
    for (int32_t p = 0; p < core->partner_count; p++) {
        struct mz_record record = { .kind = MZ_RECORD_PARTNER, .partner = core->partners[p].row };

        if (core->partners[p].is_touched)
            mz_core_add_record(core, &record);
        core->partners[p].is_touched = false;
    }
}

/* The turn's effects behind those of the batch before it. */
static void ride_along(struct mz_core *core)
{
    struct core_batch *last = &core->waiting[core->waiting_count - 1];
    size_t need = last->effect_count + core->turn.effect_count;

    if (need > last->effect_capacity) {
        last->effect_capacity = 2 * need;
        last->effects = mz_xrealloc(last->effects, last->effect_capacity, sizeof(*last->effects));
    }
    for (size_t i = 0; i < core->turn.effect_count; i++) {
        struct core_effect *effect = &last->effects[last->effect_count++];

        *effect = core->turn.effects[i];
        effect->answer.text = effect->answer.text && *effect->answer.text
            ? mz_arena_strdup(last->arena, effect->answer.text)
            : "";
        if (effect->ref) {
            struct mz_driver_ref *copy = mz_arena_alloc(last->arena, 1, sizeof(*copy));

            *copy = *effect->ref;
            copy->name = mz_arena_strdup(last->arena, effect->ref->name);
            copy->remote_id = mz_arena_strdup(last->arena, effect->ref->remote_id);
            effect->ref = copy;
        }
    }
    core->turn.effect_count = 0;
    mz_arena_free(core->turn.arena);
    core->turn.arena = mz_arena_create();
}

bool mz_core_flush(struct mz_core *core)
{
    write_touched(core);
    if (core->record_count == 0 && core->turn.effect_count == 0)
        return false;
    if (core->record_count == 0 && core->waiting_count > 0) {
        ride_along(core);
        return false;
    }
    if (core->record_count == 0) {
        struct core_batch done = core->turn;

        core->turn = (struct core_batch){ .arena = mz_arena_create() };
        run_effects(core, &done);
        free_batch(&done);
        return false;
    }
    if (core->waiting_count == core->waiting_capacity) {
        core->waiting_capacity = core->waiting_capacity ? 2 * core->waiting_capacity : 16;
        core->waiting =
            mz_xrealloc(core->waiting, (size_t)core->waiting_capacity, sizeof(*core->waiting));
    }
    core->turn.number = ++core->number;
    core->waiting[core->waiting_count++] = core->turn;
    core->turn = (struct core_batch){ .arena = mz_arena_create() };
    core->ops.commit(core->context, core->number, core->records, core->record_count);
    core->record_count = 0;
    return true;
}

void mz_core_probe(struct mz_core *core)
{
    struct mz_record record = { .kind = MZ_RECORD_META, .meta = { .name = "probe", .value = "" } };

    mz_core_add_record(core, &record);
}

static void forget_keys(struct mz_core *core, int64_t number)
{
    int32_t kept = 0;

    for (int32_t k = 0; k < core->key_count; k++) {
        if (core->keys[k].batch > number) {
            core->keys[kept++] = core->keys[k];
            continue;
        }
        free(core->keys[k].key);
        free(core->keys[k].hash);
    }
    core->key_count = kept;
}

void mz_core_durable(struct mz_core *core, int64_t number)
{
    int32_t done = 0;

    forget_keys(core, number);
    while (done < core->waiting_count && core->waiting[done].number <= number) {
        struct core_batch batch = core->waiting[done++];

        run_effects(core, &batch); /* may add to the turn, never to `waiting` */
        free_batch(&batch);
    }
    core->waiting_count -= done;
    if (done > 0)
        memmove(core->waiting, core->waiting + done,
            (size_t)core->waiting_count * sizeof(*core->waiting));
}

void mz_core_wake_by(struct mz_core *core, int64_t mono_us)
{
    if (mono_us < core->wake_us)
        core->wake_us = mono_us;
}

int64_t mz_core_wake_us(const struct mz_core *core)
{
    return core->wake_us;
}

void mz_core_write(struct mz_core *core, const struct mz_caller *caller,
    const struct mz_record *record, const char *event, const char *text, void *ticket)
{
    mz_core_add_record(core, record);
    mz_core_event(core, NULL, event, "", caller->actor, "%s", text);
    mz_core_answer(core, ticket, &(struct mz_core_answer){ .result = MZ_CORE_OK });
}
