/* sha256.c - SHA-256 after FIPS 180-4; the round constants are computed, as the standard defines
 * them: the first 32 bits of the fractions of the cube roots of the first 64 primes. */
#include "report/sha256.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint32_t rotated(uint32_t value, int count)
{
    return value >> count | value << (32 - count);
}

static uint32_t root_fraction(uint32_t prime, int root)
{
    long double value = root == 2 ? sqrtl(prime) : cbrtl(prime);

    return (uint32_t)((value - floorl(value)) * 4294967296.0L);
}

static void fill_constants(uint32_t first[8], uint32_t rounds[64])
{
    int count = 0;

    for (uint32_t n = 2; count < 64; n++) {
        int is_prime = 1;

        for (uint32_t d = 2; d * d <= n; d++)
            is_prime = is_prime && n % d != 0;
        if (!is_prime)
            continue;
        if (count < 8)
            first[count] = root_fraction(n, 2);
        rounds[count++] = root_fraction(n, 3);
    }
}

static void add_block(uint32_t hash[8], const uint32_t rounds[64], const unsigned char *block)
{
    uint32_t w[64];
    uint32_t v[8];

    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
            (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] +
            (rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ w[i - 15] >> 3) +
            (rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(v, hash, sizeof(v));
    for (int i = 0; i < 64; i++) {
        uint32_t a = v[7] + (rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25)) +
            ((v[4] & v[5]) ^ (~v[4] & v[6])) + rounds[i] + w[i];
        uint32_t b = (rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22)) +
            ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] += a;
        v[0] = a + b;
    }
    for (int i = 0; i < 8; i++)
        hash[i] += v[i];
}

void sha256_base64(const char *bytes, size_t length, char out[SHA256_BASE64_MAX])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t padded = (length + 9 + 63) / 64 * 64;
    unsigned char *message = calloc(padded, 1);
    unsigned char digest[33] = { 0 };
    uint32_t hash[8];
    uint32_t rounds[64];

    if (!message)
        abort();
    memcpy(message, bytes, length);
    message[length] = 0x80;
    for (size_t i = 0; i < 8; i++)
        message[padded - 1 - i] = (unsigned char)((uint64_t)length * 8 >> (8 * i));
    fill_constants(hash, rounds);
    for (size_t at = 0; at < padded; at += 64)
        add_block(hash, rounds, message + at);
    free(message);
    for (int i = 0; i < 32; i++)
        digest[i] = (unsigned char)(hash[i / 4] >> (24 - 8 * (i % 4)));
    for (int i = 0; i < 44; i++) {
        int bit = i * 6;
        unsigned pair = (unsigned)digest[bit / 8] << 8 | (bit / 8 < 31 ? digest[bit / 8 + 1] : 0u);

        out[i] = i == 43 ? '=' : letters[pair >> (10 - bit % 8) & 63];
    }
    out[44] = '\0';
}
