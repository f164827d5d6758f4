/* fuzz_quantity.c - any text as any kind of quantity: an answer or a sentence, never a crash; what is
 * accepted is finite and within bounds. The first byte chooses the kind. */
#include "base/month.h"
#include "base/quantity.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[256];
    struct mz_error err;
    double value = 0;
    int32_t month;

    if (size < 1 || size >= sizeof(text))
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (mz_quantity_parse(text, (enum mz_quantity)(data[0] % MZ_Q_KIND_COUNT), &value, &err) ==
        MZ_OK)
        assert(isfinite(value) && fabs(value) <= MZ_QUANTITY_MAX * 1e6);
    else
        assert(strlen(err.text) > 0);
    if (mz_month_parse(text, data[0] & 1, &month))
        assert(month >= MZ_MONTH_MIN && month <= MZ_MONTH_MAX);
    return 0;
}
