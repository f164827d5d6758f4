/* cpu.h - CPU time, for figures about speed and never for decisions */
#ifndef MZ_BASE_CPU_H
#define MZ_BASE_CPU_H

/* Seconds of CPU that this process has used. */
double mz_cpu_seconds(void);

#endif
