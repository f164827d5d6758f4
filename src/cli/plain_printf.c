/* plain_printf.c - the C library's printf stays on its quick path
 *
 * The solver's libraries bring libquadmath, which registers a type of number with printf when it is
 * loaded; from then on every printf of the process parses its format twice, at three times the
 * cost. The program prints no such number: its own function of that name is found first, and says
 * that there is no room for more types.
 */
#include <printf.h>

__attribute__((used, visibility("default"))) int register_printf_type(printf_va_arg_function *type)
{
    (void)type;
    return -1;
}
