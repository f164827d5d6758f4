/* size_serve.h - what the two halves of mizan size share */
#ifndef MZ_CLI_SIZE_SERVE_H
#define MZ_CLI_SIZE_SERVE_H

#include "cli/size_options.h"
#include "size/serve_search.h"

#include <jansson.h>

/* argv[0] is "serve". */
int mz_cmd_size_serve(int argc, char **argv);

/* --validate of a file of serving runs, which mz_serve_validation_recognise said it is. */
int mz_size_validate_serve(struct mz_arena *arena, const struct mz_catalogue *catalogue,
    const struct mz_size_arguments *args, const char *bytes, size_t length);

/* A name of the catalogue or a config.json; ret_text describes it. */
enum mz_status mz_size_load_model(struct mz_arena *arena, const struct mz_catalogue *catalogue,
    const char *name, struct mz_model_shape *ret_shape, const char **ret_text,
    struct mz_error *err);

#endif
