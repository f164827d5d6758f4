/* model.c - a neural n-gram model with exact gradients, Adam, and the text it reads
 *
 * Eight characters before a place predict the one there: h = tanh(bias + sum of a row for each),
 * logits = out h + out bias. Parameters in this order, rows contiguous, H hidden, V symbols:
 *   in [8][V][H], bias [H], out [V][H], out bias [V]
 * Packed, words of 8 bytes in the machine's order: magic, seed, hidden, param_count, step, rng,
 * two powers, parameters, first and second moments, checksum of all before it. */
#include "tiny.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { V = 30, CONTEXT = 8, TEXT_BYTES = 32 * 1024, HEAD_WORDS = 8 };
static const char alphabet[V + 1] = "abcdefghijklmnopqrstuvwxyz ,.\n";
static const uint64_t pack_magic = 0x0a31796e69747a6dU; /* "mztiny1\n", little-endian */

bool tiny_fail(struct tiny_error *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    return false;
}

uint64_t tiny_hash(const void *bytes, size_t size) /* FNV-1a */
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3U;
    return hash;
}

static uint64_t draw(uint64_t *rng) /* splitmix64 */
{
    uint64_t x = *rng += 0x9e3779b97f4a7c15U;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

/* exp of libm differs in the last bit between libraries. (log is only printed, sqrt is exact.) */
static double exp_of(double x)
{
    static const double inverse[] = { 1, 1.0 / 2, 1.0 / 3, 1.0 / 4, 1.0 / 5, 1.0 / 6, 1.0 / 7,
        1.0 / 8, 1.0 / 9, 1.0 / 10, 1.0 / 11, 1.0 / 12, 1.0 / 13 };
    double clipped = x < -700 ? -700 : x > 700 ? 700 : x;
    int64_t k = (int64_t)(clipped * 1.4426950408889634 + (clipped < 0 ? -0.5 : 0.5));
    double r = clipped - (double)k * 6.93147180369123816490e-01; /* ln 2 in two parts */
    double sum = 1, power;
    uint64_t bits = (uint64_t)(k + 1023) << 52; /* 2^k */

    r -= (double)k * 1.90821492927058770002e-10;
    for (int i = 12; i >= 0; i--)
        sum = 1 + sum * r * inverse[i];
    memcpy(&power, &bits, sizeof(power));
    return sum * power;
}

static double dot(size_t count, const double *a, const double *b)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add_scaled(size_t count, double factor, const double *from, double *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] += factor * from[i];
}

static const char *const words[][8] = {
    { "the ", "a ", "this ", "every ", "one ", "that ", "the ", "the " },
    { "old ", "quick ", "red ", "small ", "", "", "", "" },
    { "fox", "judge", "river", "pilot", "wizard", "clerk", "horse", "baker" },
    { " sees ", " follows ", " helps ", " greets ", " avoids ", " expects ", " likes ", " pays " },
    { ".\n", ".\n", ", and ", " near the sea.\n", " at night.\n", ", but ", ".\n", " again.\n" },
};

static void text_make(uint64_t seed, uint8_t *ret_text)
{
    static const uint8_t sentence[] = { 0, 1, 2, 3, 0, 1, 2, 4 }; /* rows of words */
    uint64_t rng = ~seed;
    size_t size = 0;

    for (size_t slot = 0; size < TEXT_BYTES; slot++)
        for (const char *at = words[sentence[slot % 8]][draw(&rng) % 8]; *at && size < TEXT_BYTES;
             at++)
            ret_text[size++] = (uint8_t)(strchr(alphabet, *at) - alphabet);
}

bool tiny_model_init(struct tiny_model *model, uint64_t seed, uint64_t hidden)
{
    size_t count = (CONTEXT * V + 1 + V) * hidden + V;

    *model = (struct tiny_model){
        .seed = seed, .hidden = hidden, .rng = seed, .beta_power = { 1, 1 }, .param_count = count
    };
    model->param = calloc(3 * count, sizeof(double));
    model->text = malloc(TEXT_BYTES);
    if (!model->param || !model->text)
        return false;
    model->moment[0] = model->param + count;
    model->moment[1] = model->param + 2 * count;
    text_make(seed, model->text);
    for (size_t i = 0; i < count; i++)
        model->param[i] = ((double)(draw(&model->rng) >> 11) * 0x1p-52 - 1) * 0.1;
    return true;
}

void tiny_model_finish(struct tiny_model *model)
{
    free(model->param);
    free(model->text);
    *model = (struct tiny_model){ 0 };
}

void tiny_model_draw(struct tiny_model *model, uint32_t ret_place[TINY_BATCH_CHARS])
{
    for (size_t i = 0; i < TINY_BATCH_CHARS; i++)
        ret_place[i] = CONTEXT + (uint32_t)(draw(&model->rng) % (TEXT_BYTES - CONTEXT));
}

/* Probabilities of the next symbol from h; returns the loss if it is target. */
static double guess(size_t n, const double *out, const double *h, size_t target, double ret_p[V])
{
    double max = -HUGE_VAL, sum = 0, wanted;

    for (size_t v = 0; v < V; v++) {
        ret_p[v] = out[V * n + v] + dot(n, out + v * n, h);
        max = ret_p[v] > max ? ret_p[v] : max;
    }
    wanted = ret_p[target] - max;
    for (size_t v = 0; v < V; v++)
        sum += ret_p[v] = exp_of(ret_p[v] - max);
    for (size_t v = 0; v < V; v++)
        ret_p[v] /= sum;
    return log(sum) - wanted;
}

void tiny_model_gradient(
    const struct tiny_model *model, const uint32_t place[TINY_SHARE_CHARS], double *ret_grad)
{
    size_t n = model->hidden, at_bias = CONTEXT * V * n, at_out = at_bias + n;
    double h[TINY_HIDDEN_MAX], dh[TINY_HIDDEN_MAX], p[V], loss = 0;

    memset(ret_grad, 0, (model->param_count + 1) * sizeof(double));
    for (size_t s = 0; s < TINY_SHARE_CHARS; s++) {
        const uint8_t *before = model->text + place[s] - CONTEXT, *target = before + CONTEXT;

        memcpy(h, model->param + at_bias, n * sizeof(double));
        for (size_t c = 0; c < CONTEXT; c++)
            add_scaled(n, 1, model->param + (c * V + before[c]) * n, h);
        for (size_t i = 0; i < n; i++)
            h[i] = 1 - 2 / (1 + exp_of(2 * h[i])); /* tanh */
        loss += guess(n, model->param + at_out, h, *target, p);

        p[*target] -= 1; /* the loss' gradient in the logits */
        memset(dh, 0, n * sizeof(double));
        for (size_t v = 0; v < V; v++) {
            double d = p[v] / TINY_BATCH_CHARS;
            add_scaled(n, d, model->param + at_out + v * n, dh);
            add_scaled(n, d, h, ret_grad + at_out + v * n);
            ret_grad[at_out + V * n + v] += d;
        }
        for (size_t i = 0; i < n; i++)
            dh[i] *= 1 - h[i] * h[i];
        add_scaled(n, 1, dh, ret_grad + at_bias);
        for (size_t c = 0; c < CONTEXT; c++)
            add_scaled(n, 1, dh, ret_grad + (c * V + before[c]) * n);
    }
    ret_grad[model->param_count] = loss / TINY_BATCH_CHARS;
}

void tiny_model_update(struct tiny_model *model, const double *grad)
{
    static const double rate = 0.01, beta[2] = { 0.9, 0.99 };

    for (size_t k = 0; k < 2; k++)
        model->beta_power[k] *= beta[k];
    for (size_t i = 0; i < model->param_count; i++) {
        double m = beta[0] * model->moment[0][i] + (1 - beta[0]) * grad[i];
        double v = beta[1] * model->moment[1][i] + (1 - beta[1]) * grad[i] * grad[i];
        model->moment[0][i] = m;
        model->moment[1][i] = v;
        model->param[i] -=
            rate * (m / (1 - model->beta_power[0])) / (sqrt(v / (1 - model->beta_power[1])) + 1e-8);
    }
    model->step++;
}

size_t tiny_model_packed_bytes(const struct tiny_model *model)
{
    return (HEAD_WORDS + 3 * model->param_count + 1) * 8;
}

void tiny_model_pack(const struct tiny_model *model, uint8_t *ret_bytes)
{
    uint64_t head[HEAD_WORDS] = { pack_magic, model->seed, model->hidden, model->param_count,
        model->step, model->rng },
             sum;
    size_t body = 3 * model->param_count * sizeof(double);

    memcpy(head + 6, model->beta_power, sizeof(model->beta_power));
    memcpy(ret_bytes, head, sizeof(head));
    memcpy(ret_bytes + sizeof(head), model->param, body);
    sum = tiny_hash(ret_bytes, sizeof(head) + body);
    memcpy(ret_bytes + sizeof(head) + body, &sum, sizeof(sum));
}

bool tiny_model_unpack(
    struct tiny_model *model, const uint8_t *bytes, size_t size, struct tiny_error *err)
{
    uint64_t head[HEAD_WORDS], sum;

    if (size >= 8 && memcmp(bytes, &pack_magic, 8) != 0)
        return tiny_fail(err, "not a checkpoint of train-tiny");
    if (size < sizeof(head) + sizeof(sum))
        return tiny_fail(err, "truncated after %zu bytes", size);
    memcpy(head, bytes, sizeof(head));
    if (head[1] != model->seed || head[2] != model->hidden)
        return tiny_fail(err, "of seed %ju and hidden %ju, not of %ju and %ju", (uintmax_t)head[1],
            (uintmax_t)head[2], (uintmax_t)model->seed, (uintmax_t)model->hidden);
    memcpy(&sum, bytes + size - sizeof(sum), sizeof(sum));
    if (size != tiny_model_packed_bytes(model) || sum != tiny_hash(bytes, size - sizeof(sum)))
        return tiny_fail(err, "damaged or truncated: wrong checksum over %zu bytes", size);
    model->step = head[4];
    model->rng = head[5];
    memcpy(model->beta_power, head + 6, sizeof(model->beta_power));
    memcpy(model->param, bytes + sizeof(head), 3 * model->param_count * sizeof(double));
    return true;
}
