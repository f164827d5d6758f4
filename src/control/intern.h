/* intern.h - one copy of each string that many things name: partners, teams, owners
 *
 * A string stays until the table is freed: for names of which there are few. The empty string and
 * NULL are "". */
#ifndef MZ_CONTROL_INTERN_H
#define MZ_CONTROL_INTERN_H

struct mz_intern;

struct mz_intern *mz_intern_create(void);
void mz_intern_free(struct mz_intern *intern); /* NULL is fine */
const char *mz_intern_text(struct mz_intern *intern, const char *text);

#endif
