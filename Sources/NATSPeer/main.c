/* The references of the cluster bench, made of cnats alone.
 *
 * nats-peer responder URL SUBJECT               answers each message with its own bytes; prints {"ready":true}
 * nats-peer requester URL SUBJECT BYTES COUNT   requests one after another; prints {"median":microseconds,"mean":…}
 * nats-peer gateway   URL SUBJECT               hands what a TCP client sends over and back; prints {"port":N}
 */
#include <stdio.h>
#ifdef GATEHOUSE_NATS
#include <arpa/inet.h>
#include <errno.h>
#include <nats/nats.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE_BYTES_MAX = 65536, TIMEOUT_MS = 5000 };

static void fail(const char *what, natsStatus status) {
    fprintf(stderr, "nats-peer: %s: %s\n", what, natsStatus_GetText(status));
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void answer(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure) {
    (void)subscription;
    (void)closure;
    natsConnection_Publish(
        connection, natsMsg_GetReply(message), natsMsg_GetData(message), natsMsg_GetDataLength(message));
    natsMsg_Destroy(message);
}

static int ascending(const void *one, const void *other) {
    double left = *(const double *)one, right = *(const double *)other;
    return left < right ? -1 : left > right;
}

static void request(natsConnection *connection, const char *subject, int bytes, int count) {
    char *body = calloc(1, (size_t)bytes + 1);
    double *times = calloc((size_t)count, sizeof *times), sum = 0;
    /* The first tenth warms up. */
    for (int index = -count / 10; index < count; index++) {
        natsMsg *reply = NULL;
        double start = now();
        natsStatus status = natsConnection_Request(&reply, connection, subject, body, bytes, TIMEOUT_MS);
        if (status != NATS_OK) fail("request", status);
        if (index >= 0) {
            times[index] = now() - start;
            sum += times[index];
        }
        natsMsg_Destroy(reply);
    }
    qsort(times, (size_t)count, sizeof *times, ascending);
    printf("{\"median\":%.3f,\"mean\":%.3f}\n", times[count / 2], sum / count);
    fflush(stdout);
}

/* One client at a time, one message for each read. */
static void serve(natsConnection *connection, const char *subject) {
    static char bytes[MESSAGE_BYTES_MAX];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 8) != 0) exit(1);
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("{\"port\":%d}\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int client;
        do client = accept(listener, NULL, NULL); while (client < 0 && errno == EINTR);
        if (client < 0) exit(1);
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ssize_t count;
        while ((count = read(client, bytes, sizeof bytes)) > 0 || (count < 0 && errno == EINTR)) {
            if (count < 0) continue;
            natsMsg *reply = NULL;
            natsStatus status = natsConnection_Request(&reply, connection, subject, bytes, (int)count, TIMEOUT_MS);
            if (status != NATS_OK) break;
            ssize_t sent;
            do sent = write(client, natsMsg_GetData(reply), (size_t)natsMsg_GetDataLength(reply));
            while (sent < 0 && errno == EINTR);
            natsMsg_Destroy(reply);
            if (sent != count) break;
        }
        close(client);
    }
}

int main(int count, char **words) {
    if (count < 4) return 64;
    natsOptions *options = NULL;
    natsConnection *connection = NULL;
    natsOptions_Create(&options);
    natsOptions_SetURL(options, words[2]);
    natsOptions_SetSendAsap(options, true);
    natsStatus status = natsConnection_Connect(&connection, options);
    if (status != NATS_OK) fail(words[2], status);
    if (strcmp(words[1], "responder") == 0) {
        natsSubscription *subscription = NULL;
        status = natsConnection_Subscribe(&subscription, connection, words[3], answer, NULL);
        if (status == NATS_OK) status = natsConnection_Flush(connection);
        if (status != NATS_OK) fail("subscribe", status);
        printf("{\"ready\":true}\n");
        fflush(stdout);
        for (;;) pause();
    }
    if (strcmp(words[1], "requester") == 0 && count == 6) {
        request(connection, words[3], atoi(words[4]), atoi(words[5]));
        return 0;
    }
    if (strcmp(words[1], "gateway") == 0) serve(connection, words[3]);
    return 64;
}
#else
int main(void) {
    fprintf(stderr, "nats-peer: built without the trait NATS\n");
    return 69;
}
#endif
