#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CUV.h"

#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

_Thread_local void *gatehouse_current_loop = NULL;

static void on_wake(uv_async_t *handle) { (void)handle; }

static void on_spin(uv_idle_t *handle) { (void)handle; }

static void on_prepare(uv_prepare_t *handle) {
    gatehouse_loop *loop = handle->data;
    loop->before_wait(loop->owner);
}

static void on_check(uv_check_t *handle) {
    gatehouse_loop *loop = handle->data;
    loop->after_poll(loop->owner);
}

static void on_timer(uv_timer_t *handle) {
    gatehouse_loop *loop = handle->data;
    loop->timer_due(loop->owner);
}

gatehouse_loop *gatehouse_loop_create(
    void *owner, size_t read_buffer_bytes, gatehouse_phase before_wait, gatehouse_phase after_poll,
    gatehouse_phase timer_due, int *error) {
    *error = UV_ENOMEM;
    gatehouse_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) return NULL;
    loop->read_buffer = malloc(read_buffer_bytes);
    if (loop->read_buffer == NULL) {
        free(loop);
        return NULL;
    }
    loop->read_buffer_bytes = read_buffer_bytes;
    loop->owner = owner;
    loop->before_wait = before_wait;
    loop->after_poll = after_poll;
    loop->timer_due = timer_due;
    *error = uv_loop_init(&loop->loop);
    if (*error == 0) {
        loop->loop.data = loop;
        *error = uv_async_init(&loop->loop, &loop->wake, on_wake);
        if (*error != 0) uv_loop_close(&loop->loop);
    }
    if (*error != 0) {
        free(loop->read_buffer);
        free(loop);
        return NULL;
    }
    /* The rest cannot fail: these handles hold no system resource. */
    uv_prepare_init(&loop->loop, &loop->prepare);
    uv_check_init(&loop->loop, &loop->check);
    uv_idle_init(&loop->loop, &loop->spin);
    uv_timer_init(&loop->loop, &loop->timer);
    loop->prepare.data = loop;
    loop->check.data = loop;
    loop->timer.data = loop;
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_check_start(&loop->check, on_check);
    return loop;
}

void gatehouse_loop_run(gatehouse_loop *loop) { uv_run(&loop->loop, UV_RUN_DEFAULT); }

void gatehouse_loop_wake(gatehouse_loop *loop) { uv_async_send(&loop->wake); }

void gatehouse_loop_spin(gatehouse_loop *loop, int on) {
    if (on) {
        uv_idle_start(&loop->spin, on_spin);
    } else {
        uv_idle_stop(&loop->spin);
    }
}

void gatehouse_loop_arm(gatehouse_loop *loop, uint64_t milliseconds) {
    uint64_t now = uv_now(&loop->loop);
    uv_timer_start(&loop->timer, on_timer, milliseconds > now ? milliseconds - now : 0, 0);
}

static void visit_handle(uv_handle_t *handle, void *argument) {
    void (*visit)(void *) = *(void (**)(void *))argument;
    gatehouse_loop *loop = handle->loop->data;
    if (uv_is_closing(handle)) return;
    if (handle == (uv_handle_t *)&loop->wake || handle == (uv_handle_t *)&loop->prepare
        || handle == (uv_handle_t *)&loop->check || handle == (uv_handle_t *)&loop->spin
        || handle == (uv_handle_t *)&loop->timer) {
        uv_close(handle, NULL);
    } else {
        visit(handle->data);
    }
}

void gatehouse_loop_close_handles(gatehouse_loop *loop, void (*visit)(void *data)) {
    uv_walk(&loop->loop, visit_handle, &visit);
}

int gatehouse_loop_destroy(gatehouse_loop *loop) {
    int error = uv_loop_close(&loop->loop);
    /* A handle that is still there points into this memory: lost memory is better than used memory. */
    if (error != 0) return error;
    free(loop->read_buffer);
    free(loop);
    return 0;
}

static void free_handle(uv_handle_t *handle) { free(handle); }

uv_tcp_t *gatehouse_tcp_create(gatehouse_loop *loop, int fd, void *owner, int *error) {
    uv_tcp_t *tcp = malloc(sizeof *tcp);
    if (tcp == NULL) {
        *error = UV_ENOMEM;
        return NULL;
    }
    *error = uv_tcp_init(&loop->loop, tcp);
    if (*error != 0) {
        free(tcp);
        return NULL;
    }
    tcp->data = owner;
    *error = uv_tcp_open(tcp, fd);
    if (*error != 0) {
        uv_close((uv_handle_t *)tcp, free_handle);
        return NULL;
    }
    return tcp;
}

static void lend_read_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)suggested;
    gatehouse_loop *loop = handle->loop->data;
    buffer->base = loop->read_buffer;
    buffer->len = loop->read_buffer_bytes;
}

int gatehouse_tcp_read_start(uv_tcp_t *tcp, uv_read_cb read) {
    return uv_read_start((uv_stream_t *)tcp, lend_read_buffer, read);
}

void gatehouse_tcp_read_stop(uv_tcp_t *tcp) { uv_read_stop((uv_stream_t *)tcp); }

int gatehouse_tcp_try_write(uv_tcp_t *tcp, const void *bytes, size_t count) {
    uv_buf_t buffer = {.base = (char *)bytes, .len = count};
    return uv_try_write((uv_stream_t *)tcp, &buffer, 1);
}

int gatehouse_tcp_try_write_two(uv_tcp_t *tcp, const void *first, size_t first_count, const void *second,
                                size_t second_count) {
    uv_buf_t buffers[2] = {{.base = (char *)first, .len = first_count}, {.base = (char *)second, .len = second_count}};
    return first_count > 0 ? uv_try_write((uv_stream_t *)tcp, buffers, 2)
                           : uv_try_write((uv_stream_t *)tcp, buffers + 1, 1);
}

int gatehouse_tcp_write(uv_tcp_t *tcp, const void *bytes, size_t count, void *owner, uv_write_cb done) {
    uv_write_t *request = malloc(sizeof *request);
    if (request == NULL) return UV_ENOMEM;
    request->data = owner;
    uv_buf_t buffer = {.base = (char *)bytes, .len = count};
    int error = uv_write(request, (uv_stream_t *)tcp, &buffer, 1, done);
    if (error != 0) free(request);
    return error;
}

size_t gatehouse_tcp_pending(const uv_tcp_t *tcp) {
    return uv_stream_get_write_queue_size((const uv_stream_t *)tcp);
}

int gatehouse_tcp_shutdown(uv_tcp_t *tcp, void *owner, uv_shutdown_cb done) {
    uv_shutdown_t *request = malloc(sizeof *request);
    if (request == NULL) return UV_ENOMEM;
    request->data = owner;
    int error = uv_shutdown(request, (uv_stream_t *)tcp, done);
    if (error != 0) free(request);
    return error;
}

int gatehouse_tcp_connect(uv_tcp_t *tcp, const struct sockaddr *address, void *owner, uv_connect_cb done) {
    uv_connect_t *request = malloc(sizeof *request);
    if (request == NULL) return UV_ENOMEM;
    request->data = owner;
    int error = uv_tcp_connect(request, tcp, address, done);
    if (error != 0) free(request);
    return error;
}

void gatehouse_tcp_close(uv_tcp_t *tcp, uv_close_cb closed) { uv_close((uv_handle_t *)tcp, closed); }

uv_poll_t *gatehouse_poll_create(gatehouse_loop *loop, int fd, void *owner, int *error) {
    uv_poll_t *poll = malloc(sizeof *poll);
    if (poll == NULL) {
        *error = UV_ENOMEM;
        return NULL;
    }
    *error = uv_poll_init(&loop->loop, poll, fd);
    if (*error != 0) {
        free(poll);
        return NULL;
    }
    poll->data = owner;
    return poll;
}

int gatehouse_poll_start(uv_poll_t *poll, uv_poll_cb readable) { return uv_poll_start(poll, UV_READABLE, readable); }

void gatehouse_poll_stop(uv_poll_t *poll) { uv_poll_stop(poll); }

void gatehouse_poll_close(uv_poll_t *poll, uv_close_cb closed) { uv_close((uv_handle_t *)poll, closed); }

uv_udp_t *gatehouse_udp_create(gatehouse_loop *loop, const struct sockaddr *address, void *owner, int *error) {
    uv_udp_t *udp = malloc(sizeof *udp);
    if (udp == NULL) {
        *error = UV_ENOMEM;
        return NULL;
    }
    *error = uv_udp_init(&loop->loop, udp);
    if (*error != 0) {
        free(udp);
        return NULL;
    }
    udp->data = owner;
    *error = uv_udp_bind(udp, address, 0);
    if (*error != 0) {
        /* The walk over open handles must not meet it while it closes. */
        udp->data = NULL;
        uv_close((uv_handle_t *)udp, free_handle);
        return NULL;
    }
    /* As much as the system allows: a burst of datagrams waits here while a turn runs. */
    int bytes = 4194304;
    uv_recv_buffer_size((uv_handle_t *)udp, &bytes);
    return udp;
}

int gatehouse_udp_receive_start(uv_udp_t *udp, uv_udp_recv_cb received) {
    return uv_udp_recv_start(udp, lend_read_buffer, received);
}

int gatehouse_udp_try_send(uv_udp_t *udp, const void *bytes, size_t count, const struct sockaddr *address) {
    uv_buf_t buffer = {.base = (char *)bytes, .len = count};
    return uv_udp_try_send(udp, &buffer, 1, address);
}

void gatehouse_udp_close(uv_udp_t *udp, uv_close_cb closed) { uv_close((uv_handle_t *)udp, closed); }

uv_poll_t *gatehouse_watch_create(gatehouse_loop *loop, int fd, void *owner, int *error) {
    uv_poll_t *poll = malloc(sizeof *poll);
    if (poll == NULL) {
        *error = UV_ENOMEM;
        return NULL;
    }
    *error = uv_poll_init(&loop->loop, poll, fd);
    if (*error != 0) {
        free(poll);
        return NULL;
    }
    poll->data = owner;
    return poll;
}

int gatehouse_watch_start(uv_poll_t *poll, int events, uv_poll_cb ready) { return uv_poll_start(poll, events, ready); }

/* Stops at once, so that the descriptor may be closed before `closed` is called. */
void gatehouse_watch_close(uv_poll_t *poll, uv_close_cb closed) {
    uv_poll_stop(poll);
    uv_close((uv_handle_t *)poll, closed);
}

uv_signal_t *gatehouse_signal_create(gatehouse_loop *loop, int number, void *owner, uv_signal_cb raised, int *error) {
    uv_signal_t *handle = malloc(sizeof *handle);
    if (handle == NULL) {
        *error = UV_ENOMEM;
        return NULL;
    }
    *error = uv_signal_init(&loop->loop, handle);
    if (*error != 0) {
        free(handle);
        return NULL;
    }
    handle->data = owner;
    *error = uv_signal_start(handle, raised, number);
    if (*error != 0) {
        uv_close((uv_handle_t *)handle, free_handle);
        return NULL;
    }
    return handle;
}

void gatehouse_signal_close(uv_signal_t *handle, uv_close_cb closed) { uv_close((uv_handle_t *)handle, closed); }

/* Errors of a connection that the system has taken off the queue already; accept(2) says to go on. */
static int concerns_one_connection(int error) {
    switch (error) {
    case EINTR: case ECONNABORTED: case EPERM: case EPROTO: case ENOPROTOOPT: case ENETDOWN: case ENETUNREACH:
    case EHOSTDOWN: case EHOSTUNREACH: case ENONET: case EOPNOTSUPP: case ETIMEDOUT: return 1;
    default: return 0;
    }
}

int gatehouse_accept(int fd, struct sockaddr_storage *peer) {
    for (;;) {
        socklen_t length = sizeof *peer;
        int accepted = accept4(fd, (struct sockaddr *)peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted >= 0) return accepted;
        if (!concerns_one_connection(errno)) return -errno;
    }
}

void gatehouse_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

void gatehouse_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

void gatehouse_give_memory_back(int block_bytes, int top_bytes) {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, block_bytes);
    mallopt(M_TRIM_THRESHOLD, top_bytes);
#else
    (void)block_bytes;
    (void)top_bytes;
#endif
}
