/* sha256.h - SHA-256 (FIPS 180-4) in base64, for the content security policy's hash */
#ifndef MZ_TESTS_REPORT_SHA256_H
#define MZ_TESTS_REPORT_SHA256_H

#include <stddef.h>

enum { SHA256_BASE64_MAX = 45 };

void sha256_base64(const char *bytes, size_t length, char out[SHA256_BASE64_MAX]);

#endif
