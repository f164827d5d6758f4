/* tiny.h - a language model of characters that trains in seconds, and its life as a job
 *
 * Same bits everywhere: double arithmetic in a fixed order, an exp of our own. The state after
 * a step depends on seed, hidden size and step alone: not on compiler, interruption or rank count.
 * Functions that return false have filled err with a sentence. */
#ifndef TINY_H
#define TINY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TINY_SHARE_COUNT = 8,  /* a batch's parts, dealt to the ranks and summed in order */
    TINY_SHARE_CHARS = 16, /* characters to guess in one share */
    TINY_BATCH_CHARS = TINY_SHARE_COUNT * TINY_SHARE_CHARS,
    TINY_HIDDEN_MAX = 1024,
    TINY_RANK_COUNT_MAX = 256,
    TINY_KEEP_COUNT = 3, /* checkpoints of a directory that are not removed */
    TINY_DIR_BYTES_MAX = 440,
    TINY_PATH_BYTES = 512
};

struct tiny_error {
    char text[TINY_PATH_BYTES + 256];
};
__attribute__((format(printf, 2, 3))) bool tiny_fail(
    struct tiny_error *err, const char *format, ...);

/* model.c */
struct tiny_model {
    uint64_t seed, hidden;
    uint64_t step;        /* steps done */
    uint64_t rng;         /* what the next batch is drawn from */
    double beta_power[2]; /* Adam: beta1^step, beta2^step */
    size_t param_count;   /* a gradient has one element more: the loss */
    double *param;        /* one block with the two moments behind it */
    double *moment[2];
    uint8_t *text; /* follows from the seed */
};
/* A model at step 0. False: no memory. */
bool tiny_model_init(struct tiny_model *model, uint64_t seed, uint64_t hidden);
void tiny_model_finish(struct tiny_model *model);
/* Where in the text the next batch's characters are. */
void tiny_model_draw(struct tiny_model *model, uint32_t ret_place[TINY_BATCH_CHARS]);
/* One share's part of the batch's mean loss: gradient, then the loss itself. */
void tiny_model_gradient(
    const struct tiny_model *model, const uint32_t place[TINY_SHARE_CHARS], double *ret_grad);
void tiny_model_update(struct tiny_model *model, const double *grad);
/* A model as bytes with a checksum: a checkpoint, and what rank 0 tells the others. */
size_t tiny_model_packed_bytes(const struct tiny_model *model);
void tiny_model_pack(const struct tiny_model *model, uint8_t *ret_bytes);
bool tiny_model_unpack(
    struct tiny_model *model, const uint8_t *bytes, size_t size, struct tiny_error *err);
uint64_t tiny_hash(const void *bytes, size_t size);

/* save.c */
/* Writes DIR/step-N.ckpt, durable and whole or not at all; ret_path has TINY_PATH_BYTES. */
bool tiny_save_write(const char *dir, const char *attempt, const struct tiny_model *model,
    char *ret_path, struct tiny_error *err);
/* Removes checkpoints before step but for the newest ones. */
void tiny_save_prune(const char *dir, uint64_t step);
/* Takes the state from `first` (NULL: none), else from the newest good checkpoint of dir; says on
 * stderr what is wrong with others. ret_path: "" when there is none. False: all are bad. */
bool tiny_save_restore(const char *dir, const char *first, struct tiny_model *model, char *ret_path,
    struct tiny_error *err);
/* Tells the shim that path is the checkpoint to restart from. False: its reason. */
bool tiny_save_publish(
    const char *socket_path, const char *path, int timeout_s, struct tiny_error *err);
/* Opens a loss file for appending, cut behind the line of step; its last step may be an earlier
 * one. Returns a file descriptor, -1 on errors. */
int tiny_save_losses(const char *path, uint64_t step, uint64_t *ret_last, struct tiny_error *err);

/* gang.c */
struct tiny_gang {
    int rank, rank_count, timeout_s;
    int fd[TINY_RANK_COUNT_MAX]; /* rank 0: every other rank's; else: [0] alone */
};
/* Waits until all ranks with the same key are there, and gives them rank 0's state. */
bool tiny_gang_join(struct tiny_gang *gang, const char *host, const char *port, uint64_t key,
    struct tiny_model *model, struct tiny_error *err);
/* grad: TINY_SHARE_COUNT gradients, of which share s is set on rank s mod rank_count. Afterwards
 * the first is the sum of all, and *save is true when it was on any rank. */
bool tiny_gang_sum(struct tiny_gang *gang, const struct tiny_model *model, double *grad, bool *save,
    struct tiny_error *err);

#endif
