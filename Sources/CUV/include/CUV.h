#ifndef GATEHOUSE_CUV_H
#define GATEHOUSE_CUV_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/// The event loop that runs on this thread, or null. Set once by each loop's own thread.
extern _Thread_local void *gatehouse_current_loop;

static inline void *gatehouse_current_loop_load(void) { return gatehouse_current_loop; }
static inline void gatehouse_current_loop_store(void *loop) { gatehouse_current_loop = loop; }

/// What a loop's phases call; `owner` is the object given at `gatehouse_loop_create`.
typedef void (*gatehouse_phase)(void *owner);

/// One libuv loop with the handles every loop of ours has, and its shared read buffer.
typedef struct gatehouse_loop {
    uv_loop_t loop;
    uv_async_t wake;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_idle_t spin;
    uv_timer_t timer;
    void *owner;
    gatehouse_phase before_wait;
    gatehouse_phase after_poll;
    gatehouse_phase timer_due;
    char *read_buffer;
    size_t read_buffer_bytes;
} gatehouse_loop;

/// Null, with a negative libuv code in `error`, when the system refuses.
gatehouse_loop *gatehouse_loop_create(
    void *owner, size_t read_buffer_bytes, gatehouse_phase before_wait, gatehouse_phase after_poll,
    gatehouse_phase timer_due, int *error);
/// Runs until every handle is closed.
void gatehouse_loop_run(gatehouse_loop *loop);
/// Makes the loop turn once more; the only call for other threads.
void gatehouse_loop_wake(gatehouse_loop *loop);
/// While on, the loop polls without waiting.
void gatehouse_loop_spin(gatehouse_loop *loop, int on);
/// Fires `timer_due` once the loop's clock shows `milliseconds`; an earlier setting is replaced.
void gatehouse_loop_arm(gatehouse_loop *loop, uint64_t milliseconds);
/// Closes the loop's own handles, and hands the `data` of each other open handle to `visit`.
void gatehouse_loop_close_handles(gatehouse_loop *loop, void (*visit)(void *data));
/// Frees a loop whose run has returned. UV_EBUSY when a handle was not closed; then nothing is freed.
int gatehouse_loop_destroy(gatehouse_loop *loop);

/// A TCP handle around the connected or fresh socket `fd`, which it owns from now on; null with a code in `error`
/// (then `fd` is still the caller's).
uv_tcp_t *gatehouse_tcp_create(gatehouse_loop *loop, int fd, void *owner, int *error);
/// Reads into the loop's shared buffer.
int gatehouse_tcp_read_start(uv_tcp_t *tcp, uv_read_cb read);
void gatehouse_tcp_read_stop(uv_tcp_t *tcp);
/// Bytes taken by the system, or a negative code.
int gatehouse_tcp_try_write(uv_tcp_t *tcp, const void *bytes, size_t count);
/// The same for two pieces, one behind the other; the first may be empty.
int gatehouse_tcp_try_write_two(uv_tcp_t *tcp, const void *first, size_t first_count, const void *second,
                                size_t second_count);
/// Sends `bytes`, which stay put until `done`; `owner` is the request's data. `done` frees the request.
int gatehouse_tcp_write(uv_tcp_t *tcp, const void *bytes, size_t count, void *owner, uv_write_cb done);
size_t gatehouse_tcp_pending(const uv_tcp_t *tcp);
/// End-of-file to the peer after all writes; `done` frees the request.
int gatehouse_tcp_shutdown(uv_tcp_t *tcp, void *owner, uv_shutdown_cb done);
int gatehouse_tcp_connect(uv_tcp_t *tcp, const struct sockaddr *address, void *owner, uv_connect_cb done);
void gatehouse_tcp_close(uv_tcp_t *tcp, uv_close_cb closed);

/// Watches a listening socket, which stays the caller's.
uv_poll_t *gatehouse_poll_create(gatehouse_loop *loop, int fd, void *owner, int *error);
int gatehouse_poll_start(uv_poll_t *poll, uv_poll_cb readable);
void gatehouse_poll_stop(uv_poll_t *poll);
void gatehouse_poll_close(uv_poll_t *poll, uv_close_cb closed);

/// A UDP handle bound to `address`; null with a code in `error`.
uv_udp_t *gatehouse_udp_create(gatehouse_loop *loop, const struct sockaddr *address, void *owner, int *error);
/// Receives into the loop's shared buffer.
int gatehouse_udp_receive_start(uv_udp_t *udp, uv_udp_recv_cb received);
/// Bytes taken by the system, or a negative code.
int gatehouse_udp_try_send(uv_udp_t *udp, const void *bytes, size_t count, const struct sockaddr *address);
void gatehouse_udp_close(uv_udp_t *udp, uv_close_cb closed);

/// Looks at the socket `fd` of somebody else, who closes it after `gatehouse_watch_close`.
uv_poll_t *gatehouse_watch_create(gatehouse_loop *loop, int fd, void *owner, int *error);
/// Tells of these events (UV_READABLE, UV_WRITABLE) from now on.
int gatehouse_watch_start(uv_poll_t *poll, int events, uv_poll_cb ready);
void gatehouse_watch_close(uv_poll_t *poll, uv_close_cb closed);

uv_signal_t *gatehouse_signal_create(gatehouse_loop *loop, int number, void *owner, uv_signal_cb raised, int *error);
void gatehouse_signal_close(uv_signal_t *handle, uv_close_cb closed);

/// A non-blocking, close-on-exec TCP socket accepted from `fd` with its peer's address, or a negative errno.
int gatehouse_accept(int fd, struct sockaddr_storage *peer);
/// Writing to a closed socket is an error value, never a signal. Process-wide.
void gatehouse_ignore_sigpipe(void);
/// Gives large blocks back to the system as soon as they are free, so that a peak does not stay. Process-wide.
void gatehouse_give_memory_back(int block_bytes, int top_bytes);
void gatehouse_name_thread(const char *name);

#endif
