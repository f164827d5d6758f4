/* embedded.h - the bytes of catalogue/ as the build put them into the binary (tools/embed.py) */
#ifndef MZ_CATALOGUE_EMBEDDED_H
#define MZ_CATALOGUE_EMBEDDED_H

#include <stddef.h>

struct mz_embedded_file {
    const char *name; /* "chips" */
    const char *bytes;
    size_t length;
};

extern const struct mz_embedded_file mz_embedded_files[];
extern const size_t mz_embedded_file_count;

#endif
