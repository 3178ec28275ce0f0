/* The reference: a plain single-threaded libuv server that echoes raw bytes and knows nothing.
 *
 * raw-echo [--host HOST] [--port PORT]     prints {"port":N} when it listens, exits on SIGTERM and SIGINT
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { READ_BUFFER_BYTES = 65536, BACKLOG = 1024 };

static char read_buffer[READ_BUFFER_BYTES];

/* Bytes that the system did not take at once. */
typedef struct {
    uv_write_t request;
    char bytes[];
} rest_t;

static void fail(const char *what, int error) {
    fprintf(stderr, "raw-echo: %s: %s\n", what, uv_strerror(error));
    exit(1);
}

static void free_handle(uv_handle_t *handle) { free(handle); }

static void close_client(uv_stream_t *client) {
    if (!uv_is_closing((uv_handle_t *)client)) uv_close((uv_handle_t *)client, free_handle);
}

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)handle;
    (void)suggested;
    buffer->base = read_buffer;
    buffer->len = sizeof read_buffer;
}

static void on_read(uv_stream_t *client, ssize_t count, const uv_buf_t *buffer);

static void on_rest_written(uv_write_t *request, int status) {
    uv_stream_t *client = request->handle;
    free(request);
    if (status == UV_ECANCELED) return;
    if (status != 0) {
        close_client(client);
        return;
    }
    uv_read_start(client, lend_buffer, on_read);
}

static void write_rest(uv_stream_t *client, const char *bytes, size_t count) {
    rest_t *rest = malloc(sizeof *rest + count);
    if (rest == NULL) fail("memory", UV_ENOMEM);
    memcpy(rest->bytes, bytes, count);
    uv_buf_t buffer = uv_buf_init(rest->bytes, (unsigned)count);
    int error = uv_write(&rest->request, client, &buffer, 1, on_rest_written);
    if (error != 0) {
        free(rest);
        close_client(client);
        return;
    }
    /* Nothing more is read until the client has taken what it sent: one burst of memory a client. */
    uv_read_stop(client);
}

static void on_read(uv_stream_t *client, ssize_t count, const uv_buf_t *buffer) {
    if (count == 0) return;
    if (count < 0) {
        close_client(client);
        return;
    }
    uv_buf_t echo = uv_buf_init(buffer->base, (unsigned)count);
    int sent = uv_try_write(client, &echo, 1);
    if (sent == UV_EAGAIN) sent = 0;
    if (sent < 0) {
        close_client(client);
    } else if (sent < count) {
        write_rest(client, buffer->base + sent, (size_t)(count - sent));
    }
}

static void on_connection(uv_stream_t *listener, int status) {
    if (status != 0) return;
    uv_tcp_t *client = malloc(sizeof *client);
    if (client == NULL) fail("memory", UV_ENOMEM);
    uv_tcp_init(listener->loop, client);
    if (uv_accept(listener, (uv_stream_t *)client) != 0) {
        close_client((uv_stream_t *)client);
        return;
    }
    uv_tcp_nodelay(client, 1);
    uv_read_start((uv_stream_t *)client, lend_buffer, on_read);
}

static void on_signal(uv_signal_t *handle, int number) {
    (void)number;
    uv_stop(handle->loop);
}

static int read_port(const char *text) {
    char *end;
    long port = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || port < 0 || port > 65535) {
        fprintf(stderr, "raw-echo: not a port: %s\n", text);
        exit(64);
    }
    return (int)port;
}

static int parse_address(const char *host, int port, struct sockaddr_storage *address) {
    int error = uv_ip4_addr(host, port, (struct sockaddr_in *)address);
    return error == 0 ? 0 : uv_ip6_addr(host, port, (struct sockaddr_in6 *)address);
}

static int bound_port(uv_tcp_t *listener) {
    struct sockaddr_storage address;
    int length = sizeof address;
    int error = uv_tcp_getsockname(listener, (struct sockaddr *)&address, &length);
    if (error != 0) fail("getsockname", error);
    uint16_t port = address.ss_family == AF_INET ? ((struct sockaddr_in *)&address)->sin_port
                                                 : ((struct sockaddr_in6 *)&address)->sin6_port;
    return ntohs(port);
}

int main(int argc, char **argv) {
    const char *host = "127.0.0.1";
    int port = 0;
    for (int index = 1; index < argc; index += 2) {
        if (index + 1 < argc && strcmp(argv[index], "--host") == 0) {
            host = argv[index + 1];
        } else if (index + 1 < argc && strcmp(argv[index], "--port") == 0) {
            port = read_port(argv[index + 1]);
        } else {
            fprintf(stderr, "usage: raw-echo [--host HOST] [--port PORT]\n");
            return 64;
        }
    }
    signal(SIGPIPE, SIG_IGN);

    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t listener;
    struct sockaddr_storage address;
    int error = parse_address(host, port, &address);
    if (error != 0) fail(host, error);
    uv_tcp_init(loop, &listener);
    error = uv_tcp_bind(&listener, (struct sockaddr *)&address, 0);
    if (error == 0) error = uv_listen((uv_stream_t *)&listener, BACKLOG, on_connection);
    if (error != 0) fail(host, error);

    uv_signal_t terminate, interrupt;
    uv_signal_init(loop, &terminate);
    uv_signal_init(loop, &interrupt);
    uv_signal_start(&terminate, on_signal, SIGTERM);
    uv_signal_start(&interrupt, on_signal, SIGINT);

    printf("{\"port\":%d}\n", bound_port(&listener));
    fflush(stdout);
    uv_run(loop, UV_RUN_DEFAULT);
    return 0;
}
