/* record.c - the fields of each kind of record, in the order of their columns
 * Offsets are into struct mz_record: every member of its union begins at the same place. */
#include "state/record.h"

#include <assert.h>
#include <string.h>

#define FIELD(member, name, type)                                                                  \
    {                                                                                              \
#name, type, offsetof(struct mz_record, member.name)                                       \
    }
#define SHAPE(table, fields, key_count)                                                            \
    {                                                                                              \
        table, fields, (int32_t)(sizeof(fields) / sizeof((fields)[0])), key_count                  \
    }

static const struct mz_field spec_fields[] = {
    FIELD(spec, id, MZ_FIELD_INT64),
    FIELD(spec, json, MZ_FIELD_TEXT),
};

static const struct mz_field job_fields[] = {
    FIELD(job, id, MZ_FIELD_INT64),
    FIELD(job, spec, MZ_FIELD_INT64),
    FIELD(job, array_job, MZ_FIELD_INT64),
    FIELD(job, array_index, MZ_FIELD_INT32),
    FIELD(job, state, MZ_FIELD_RUN_STATE),
    FIELD(job, cancel_wanted, MZ_FIELD_BOOL),
    FIELD(job, owner_uid, MZ_FIELD_UINT32),
    FIELD(job, owner, MZ_FIELD_TEXT),
    FIELD(job, name, MZ_FIELD_TEXT),
    FIELD(job, team, MZ_FIELD_TEXT),
    FIELD(job, priority, MZ_FIELD_INT32),
    FIELD(job, chips, MZ_FIELD_INT32),
    FIELD(job, attempt_count, MZ_FIELD_INT32),
    FIELD(job, restart_count, MZ_FIELD_INT32),
    FIELD(job, exit_code, MZ_FIELD_INT32),
    FIELD(job, submitted_us, MZ_FIELD_INT64),
    FIELD(job, started_us, MZ_FIELD_INT64),
    FIELD(job, ended_us, MZ_FIELD_INT64),
    FIELD(job, partner, MZ_FIELD_TEXT),
    FIELD(job, avoid, MZ_FIELD_TEXT),
    FIELD(job, want, MZ_FIELD_TEXT),
    FIELD(job, note, MZ_FIELD_TEXT),
};

static const struct mz_field attempt_fields[] = {
    FIELD(attempt, job, MZ_FIELD_INT64),
    FIELD(attempt, n, MZ_FIELD_INT32),
    FIELD(attempt, state, MZ_FIELD_ATTEMPT_STATE),
    FIELD(attempt, reason, MZ_FIELD_END_REASON),
    FIELD(attempt, partner, MZ_FIELD_TEXT),
    FIELD(attempt, site, MZ_FIELD_TEXT),
    FIELD(attempt, nodes, MZ_FIELD_TEXT),
    FIELD(attempt, node_count, MZ_FIELD_INT32),
    FIELD(attempt, chips_per_node, MZ_FIELD_INT32),
    FIELD(attempt, chips, MZ_FIELD_INT32),
    FIELD(attempt, parts, MZ_FIELD_TEXT),
    FIELD(attempt, chip, MZ_FIELD_TEXT),
    FIELD(attempt, remote_id, MZ_FIELD_TEXT),
    FIELD(attempt, remote_submit_s, MZ_FIELD_INT64),
    FIELD(attempt, contract, MZ_FIELD_TEXT),
    FIELD(attempt, price_micro_per_chip_hour, MZ_FIELD_INT64),
    FIELD(attempt, created_us, MZ_FIELD_INT64),
    FIELD(attempt, started_us, MZ_FIELD_INT64),
    FIELD(attempt, ended_us, MZ_FIELD_INT64),
    FIELD(attempt, exit_code, MZ_FIELD_INT32),
    FIELD(attempt, checkpoint, MZ_FIELD_TEXT),
};

static const struct mz_field permit_fields[] = {
    FIELD(permit, job, MZ_FIELD_INT64),
    FIELD(permit, n, MZ_FIELD_INT32),
    FIELD(permit, rank, MZ_FIELD_INT32),
    FIELD(permit, nonce, MZ_FIELD_TEXT),
    FIELD(permit, node, MZ_FIELD_TEXT),
    FIELD(permit, boot_id, MZ_FIELD_TEXT),
    FIELD(permit, granted_us, MZ_FIELD_INT64),
    FIELD(permit, exit_code, MZ_FIELD_INT32),
    FIELD(permit, ended_us, MZ_FIELD_INT64),
};

static const struct mz_field partner_fields[] = {
    FIELD(partner, name, MZ_FIELD_TEXT),
    FIELD(partner, is_drained, MZ_FIELD_BOOL),
    FIELD(partner, is_reachable, MZ_FIELD_BOOL),
    FIELD(partner, lost_us, MZ_FIELD_INT64),
    FIELD(partner, drained_by, MZ_FIELD_TEXT),
};

static const struct mz_field event_fields[] = {
    FIELD(event, seq, MZ_FIELD_INT64),
    FIELD(event, at_us, MZ_FIELD_INT64),
    FIELD(event, job, MZ_FIELD_INT64),
    FIELD(event, attempt, MZ_FIELD_INT32),
    FIELD(event, kind, MZ_FIELD_TEXT),
    FIELD(event, partner, MZ_FIELD_TEXT),
    FIELD(event, actor, MZ_FIELD_TEXT),
    FIELD(event, text, MZ_FIELD_TEXT),
};

static const struct mz_field key_fields[] = {
    FIELD(key, key, MZ_FIELD_TEXT),
    FIELD(key, hash, MZ_FIELD_TEXT),
    FIELD(key, job, MZ_FIELD_INT64),
    FIELD(key, job_count, MZ_FIELD_INT32),
    FIELD(key, created_us, MZ_FIELD_INT64),
};

static const struct mz_field token_fields[] = {
    FIELD(token, name, MZ_FIELD_TEXT),
    FIELD(token, hash, MZ_FIELD_TEXT),
    FIELD(token, role, MZ_FIELD_TEXT),
    FIELD(token, created_us, MZ_FIELD_INT64),
};

/* A token that goes: its name alone. */
static const struct mz_field token_gone_fields[] = {
    FIELD(token, name, MZ_FIELD_TEXT),
};

static const struct mz_field meta_fields[] = {
    FIELD(meta, name, MZ_FIELD_TEXT),
    FIELD(meta, value, MZ_FIELD_TEXT),
};

static const struct mz_record_shape shapes[MZ_RECORD_KIND_COUNT] = {
    [MZ_RECORD_SPEC] = SHAPE("spec", spec_fields, 1),
    [MZ_RECORD_JOB] = SHAPE("job", job_fields, 1),
    [MZ_RECORD_ATTEMPT] = SHAPE("attempt", attempt_fields, 2),
    [MZ_RECORD_PERMIT] = SHAPE("permit", permit_fields, 3),
    [MZ_RECORD_PARTNER] = SHAPE("partner", partner_fields, 1),
    [MZ_RECORD_EVENT] = SHAPE("event", event_fields, 1),
    [MZ_RECORD_KEY] = SHAPE("idempotency_key", key_fields, 1),
    [MZ_RECORD_TOKEN] = SHAPE("token", token_fields, 1),
    [MZ_RECORD_TOKEN_GONE] = SHAPE("token", token_gone_fields, 1),
    [MZ_RECORD_META] = SHAPE("meta", meta_fields, 1),
};

const struct mz_record_shape *mz_record_shape(enum mz_record_kind kind)
{
    assert((int)kind >= 0 && (int)kind < MZ_RECORD_KIND_COUNT);
    return &shapes[kind];
}

const void *mz_record_field(const struct mz_record *record, const struct mz_field *field)
{
    return (const char *)record + field->offset;
}

void *mz_record_field_mutable(struct mz_record *record, const struct mz_field *field)
{
    return (char *)record + field->offset;
}

static const char *text_of(const struct mz_record *record, const struct mz_field *field)
{
    const char *text = *(const char *const *)mz_record_field(record, field);

    assert(text); /* "" means none, never NULL */
    return text;
}

static int compare_field(
    const struct mz_record *a, const struct mz_record *b, const struct mz_field *field)
{
    const void *x = mz_record_field(a, field);
    const void *y = mz_record_field(b, field);
    int64_t p;
    int64_t q;

    if (field->type == MZ_FIELD_TEXT)
        return strcmp(text_of(a, field), text_of(b, field));
    assert(field->type == MZ_FIELD_INT64 || field->type == MZ_FIELD_INT32);
    p = field->type == MZ_FIELD_INT64 ? *(const int64_t *)x : *(const int32_t *)x;
    q = field->type == MZ_FIELD_INT64 ? *(const int64_t *)y : *(const int32_t *)y;
    return (p > q) - (p < q);
}

int mz_record_compare(const struct mz_record *a, const struct mz_record *b, int32_t key_count)
{
    const struct mz_record_shape *shape = mz_record_shape(a->kind);

    assert(strcmp(shape->table, mz_record_shape(b->kind)->table) == 0);
    assert(key_count <= shape->key_count);
    for (int32_t f = 0; f < key_count; f++) {
        int order = compare_field(a, b, &shape->fields[f]);

        if (order != 0)
            return order;
    }
    return 0;
}

size_t mz_record_text_bytes(const struct mz_record *record)
{
    const struct mz_record_shape *shape = mz_record_shape(record->kind);
    size_t bytes = 0;

    for (int32_t f = 0; f < shape->field_count; f++) {
        if (shape->fields[f].type == MZ_FIELD_TEXT)
            bytes += strlen(text_of(record, &shape->fields[f])) + 1;
    }
    return bytes;
}

void mz_record_copy(struct mz_record *to, const struct mz_record *from, char *room)
{
    const struct mz_record_shape *shape = mz_record_shape(from->kind);

    *to = *from;
    for (int32_t f = 0; f < shape->field_count; f++) {
        const struct mz_field *field = &shape->fields[f];
        size_t bytes;

        if (field->type != MZ_FIELD_TEXT)
            continue;
        bytes = strlen(text_of(from, field)) + 1;
        memcpy(room, text_of(from, field), bytes);
        *(const char **)mz_record_field_mutable(to, field) = room;
        room += bytes;
    }
}
