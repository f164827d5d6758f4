/* test_http_listen.c - addresses, and socket files that are in the way */
#include "net/net_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static enum mz_status listen_unix(struct stage *stage, uint32_t mode, struct mz_error *err)
{
    char address[160];

    (void)snprintf(address, sizeof(address), "unix:%s", stage->socket_path);
    return mz_http_server_listen(stage->server, address, mode, err);
}

static mode_t mode_of(const char *path)
{
    struct stat info;

    assert_int_equal(lstat(path, &info), 0);
    return info.st_mode & 07777;
}

static int bound_socket(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)strcpy(address.sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void a_stale_socket_is_replaced(void **state)
{
    struct mz_error err = { 0 };
    struct stage stage;
    struct wire wire;

    (void)state;
    stage_open_quiet(&stage, NULL);
    (void)close(bound_socket(stage.socket_path));
    assert_int_equal(listen_unix(&stage, 0600, &err), MZ_OK);
    wire = wire_unix(&stage);
    wire_send(&wire, "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    wire_wait_for(&wire, "hello");
    wire_close(&wire);
    stage_close(&stage);
}

static void a_socket_that_is_in_use_stays(void **state)
{
    struct mz_error err = { 0 };
    struct stage stage;
    int fd;

    (void)state;
    stage_open_quiet(&stage, NULL);
    fd = bound_socket(stage.socket_path);
    assert_int_equal(listen(fd, 0), 0);
    for (int i = 0; i < 3; i++) { /* also when its queue is full */
        assert_int_equal(listen_unix(&stage, 0600, &err), MZ_E_IO);
        assert_non_null(strstr(err.text, "another process listens on it"));
    }
    (void)close(fd);
    assert_int_equal(unlink(stage.socket_path), 0);
    fd = open(stage.socket_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(listen_unix(&stage, 0600, &err), MZ_E_IO);
    assert_non_null(strstr(err.text, "another kind"));
    (void)close(fd);
    assert_int_equal(unlink(stage.socket_path), 0);
    stage_close(&stage);
}

static void the_mode_of_a_socket_does_not_depend_on_the_umask(void **state)
{
    static const mode_t masks[] = { 0, 022, 077, 0777 };
    struct mz_error err = { 0 };
    struct stage stage;

    (void)state;
    for (size_t i = 0; i < COUNT(masks); i++) {
        mode_t before = umask(masks[i]);

        for (int j = 0; j < 2; j++) {
            stage_open_quiet(&stage, NULL);
            (void)chmod(stage.folder, 0700);
            assert_int_equal(listen_unix(&stage, j ? 0666 : 0600, &err), MZ_OK);
            assert_int_equal(mode_of(stage.socket_path), j ? 0666 : 0600);
            stage_close(&stage);
        }
        (void)umask(before);
    }
}

static void a_socket_of_someone_else_is_not_removed_at_the_end(void **state)
{
    struct mz_error err = { 0 };
    struct stage stage;
    int fd;

    (void)state;
    stage_open_quiet(&stage, NULL);
    assert_int_equal(listen_unix(&stage, 0600, &err), MZ_OK);
    assert_int_equal(unlink(stage.socket_path), 0);
    fd = bound_socket(stage.socket_path);
    mz_http_server_free(stage.server);
    stage.server = NULL;
    stage_turn_for(&stage, 5);
    assert_int_equal(access(stage.socket_path, F_OK), 0);
    (void)close(fd);
    assert_int_equal(unlink(stage.socket_path), 0);
    stage_close(&stage);
}

static void addresses_that_are_none_are_refused_with_a_sentence(void **state)
{
    static const char *const cases[] = { "", "8730", ":8730", "127.0.0.1",
        "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80x", "256.0.0.1:80", "::1:80",
        "[::1]", "[::1:80", "[::1]80", "localhost:80", "[127.0.0.1]:80",
        "unix:", "127.0.0.1:99999999999999999999999", "unix:/no/such/folder/s",
        "unix:/"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "192.0.2.1:8730" };
    struct stage stage;

    (void)state;
    stage_open_quiet(&stage, NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mz_error err = { 0 };

        if (mz_http_server_listen(stage.server, cases[i], 0600, &err) != MZ_E_IO)
            fail_msg("'%s' was taken", cases[i]);
        assert_true(strlen(err.text) > 10);
    }
    assert_int_equal(mz_http_server_port(stage.server), 0);
    stage_close(&stage);
}

static void ports_are_chosen_and_told_also_for_version_6(void **state)
{
    struct mz_error err = { 0 };
    struct stage stage;
    int32_t port;

    (void)state;
    stage_open_quiet(&stage, NULL);
    assert_int_equal(mz_http_server_listen(stage.server, "127.0.0.1:0", 0, &err), MZ_OK);
    port = mz_http_server_port(stage.server);
    assert_true(port > 0);
    if (mz_http_server_listen(stage.server, "[::1]:0", 0, &err) == MZ_OK)
        assert_true(mz_http_server_port(stage.server) > 0);
    else
        print_message("no IPv6 here: %s\n", err.text);
    stage_close(&stage);
}

static void a_port_that_is_taken_is_an_error(void **state)
{
    struct mz_error err = { 0 };
    struct stage stage;
    char address[64];

    (void)state;
    stage_open(&stage, NULL);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%d", mz_http_server_port(stage.server));
    assert_int_equal(mz_http_server_listen(stage.server, address, 0, &err), MZ_E_IO);
    assert_non_null(strstr(err.text, "in use"));
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stale_socket_is_replaced),
        cmocka_unit_test(a_socket_that_is_in_use_stays),
        cmocka_unit_test(the_mode_of_a_socket_does_not_depend_on_the_umask),
        cmocka_unit_test(a_socket_of_someone_else_is_not_removed_at_the_end),
        cmocka_unit_test(addresses_that_are_none_are_refused_with_a_sentence),
        cmocka_unit_test(ports_are_chosen_and_told_also_for_version_6),
        cmocka_unit_test(a_port_that_is_taken_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
