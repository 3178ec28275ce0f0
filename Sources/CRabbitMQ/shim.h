#include <sys/eventfd.h>
#include <sys/time.h>
#include <string.h>

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

// Of OpenSSL, below librabbitmq; 1 when the system's certificates are trusted from now on.
extern int SSL_CTX_set_default_verify_paths(void *context);

// amqp_login is variadic, which Swift does not import. Asks the server to say when it blocks the connection, and when a
// queue is gone that is consumed.
static inline amqp_rpc_reply_t gatehouse_amqp_login(amqp_connection_state_t state, const char *vhost, int channels,
                                                    int frame_max, int heartbeat, const char *name, const char *user,
                                                    const char *password) {
    amqp_table_entry_t capabilities[2];
    amqp_table_entry_t entries[2];
    amqp_table_t properties;
    memset(capabilities, 0, sizeof capabilities);
    memset(entries, 0, sizeof entries);
    capabilities[0].key = amqp_cstring_bytes("connection.blocked");
    capabilities[1].key = amqp_cstring_bytes("consumer_cancel_notify");
    for (int i = 0; i < 2; i++) {
        capabilities[i].value.kind = AMQP_FIELD_KIND_BOOLEAN;
        capabilities[i].value.value.boolean = 1;
    }
    entries[0].key = amqp_cstring_bytes("capabilities");
    entries[0].value.kind = AMQP_FIELD_KIND_TABLE;
    entries[0].value.value.table.num_entries = 2;
    entries[0].value.value.table.entries = capabilities;
    entries[1].key = amqp_cstring_bytes("connection_name");
    entries[1].value.kind = AMQP_FIELD_KIND_UTF8;
    entries[1].value.value.bytes = amqp_cstring_bytes(name);
    properties.num_entries = 2;
    properties.entries = entries;
    return amqp_login_with_properties(state, vhost, channels, frame_max, heartbeat, &properties, AMQP_SASL_METHOD_PLAIN,
                                      user, password);
}

// Opens both channels, makes the queue of this connection and begins to read it; answers as the first step that fails.
// The queue holds at most `bytes_max` bytes, the oldest dropped first, each message for `milliseconds`.
static inline amqp_rpc_reply_t gatehouse_amqp_listen(amqp_connection_state_t state, amqp_channel_t outgoing,
                                                     amqp_channel_t incoming, const char *name, const char *nodes,
                                                     int64_t bytes_max, int64_t milliseconds) {
    amqp_bytes_t queue = amqp_cstring_bytes(name);
    amqp_bytes_t exchange = amqp_cstring_bytes(nodes);
    amqp_table_entry_t entries[3];
    amqp_table_t arguments;
    amqp_rpc_reply_t reply;
    memset(entries, 0, sizeof entries);
    entries[0].key = amqp_cstring_bytes("x-max-length-bytes");
    entries[0].value.kind = AMQP_FIELD_KIND_I64;
    entries[0].value.value.i64 = bytes_max;
    entries[1].key = amqp_cstring_bytes("x-message-ttl");
    entries[1].value.kind = AMQP_FIELD_KIND_I64;
    entries[1].value.value.i64 = milliseconds;
    entries[2].key = amqp_cstring_bytes("x-overflow");
    entries[2].value.kind = AMQP_FIELD_KIND_UTF8;
    entries[2].value.value.bytes = amqp_cstring_bytes("drop-head");
    arguments.num_entries = 3;
    arguments.entries = entries;
    amqp_channel_open(state, outgoing);
    reply = amqp_get_rpc_reply(state);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) return reply;
    amqp_channel_open(state, incoming);
    reply = amqp_get_rpc_reply(state);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) return reply;
    // Exclusive and deleted with its reader.
    amqp_queue_declare(state, incoming, queue, 0, 0, 1, 1, arguments);
    reply = amqp_get_rpc_reply(state);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) return reply;
    // Deleted with the last queue.
    amqp_exchange_declare(state, incoming, exchange, amqp_cstring_bytes("fanout"), 0, 0, 1, 0, amqp_empty_table);
    reply = amqp_get_rpc_reply(state);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) return reply;
    amqp_queue_bind(state, incoming, queue, exchange, amqp_empty_bytes, amqp_empty_table);
    reply = amqp_get_rpc_reply(state);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) return reply;
    // Nothing is acknowledged, at most once; so a prefetch count would not count.
    amqp_basic_consume(state, incoming, queue, amqp_empty_bytes, 0, 1, 1, amqp_empty_table);
    return amqp_get_rpc_reply(state);
}

// Publishes a message that does not outlive the server. With `is_mandatory` it comes back when no queue takes it.
static inline int gatehouse_amqp_publish(amqp_connection_state_t state, amqp_channel_t channel, const char *exchange,
                                         const char *key, int is_mandatory, const void *bytes, size_t count) {
    amqp_basic_properties_t properties;
    amqp_bytes_t body;
    memset(&properties, 0, sizeof properties);
    properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties.delivery_mode = AMQP_DELIVERY_NONPERSISTENT;
    body.bytes = (void *)bytes;
    body.len = count;
    return amqp_basic_publish(state, channel, amqp_cstring_bytes(exchange), amqp_cstring_bytes(key), is_mandatory, 0,
                              &properties, body);
}
