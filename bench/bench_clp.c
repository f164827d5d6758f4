/* bench_clp.c - bench_clp [--read] FILE.mps: CLP alone on a matrix
 * Dual simplex with perturbation 50 and CLP's own defaults for all else; integers count as parts.
 * --read: reads and does not solve. It knows nothing of the library it is compared with. */
#include <coin/Clp_C_Interface.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static double cpu_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    bool only_read = argc == 3 && strcmp(argv[1], "--read") == 0;
    Clp_Simplex *model = Clp_newModel();
    double begin = cpu_seconds();
    double read;
    double solved;

    Clp_setLogLevel(model, 0);
    if (argc != 2 + only_read || Clp_readMps(model, argv[argc - 1], 1, 0) != 0) {
        (void)fprintf(stderr, "bench_clp [--read] FILE.mps\n");
        return 1;
    }
    read = cpu_seconds();
    Clp_setPerturbation(model, 50);
    if (!only_read)
        Clp_dual(model, 0);
    solved = cpu_seconds();
    printf("{\"columns\": %d, \"rows\": %d, \"status\": %d, \"objective\": %.12g, "
           "\"iterations\": %d, \"read_s\": %.6f, \"solve_s\": %.6f}\n",
        Clp_numberColumns(model), Clp_numberRows(model), Clp_status(model),
        Clp_objectiveValue(model), Clp_numberIterations(model), read - begin, solved - read);
    Clp_deleteModel(model);
    return 0;
}
