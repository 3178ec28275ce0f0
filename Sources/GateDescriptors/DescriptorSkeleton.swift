/// The file that somebody with a new protocol begins with.
public enum DescriptorSkeleton {
    /// A commented descriptor that loads and whose vectors pass, for a protocol of that name.
    public static func text(_ name: String) -> String {
        """
        // \(name): what a frame looks like on the wire.
        //
        //   01 | 00 07 | 00 01 | 68 65 6c 6c 6f
        //   op | size  | id    | payload
        //
        // Change the fields until they are those of your protocol, and the vectors until they are bytes that your
        // clients really send. `gatehouse protocol explain` draws what you wrote, `check` runs the vectors.
        {
          summary: "one line for lists",

          // The byte order of all integers: be (highest byte first) or le.
          order: "be",

          // Bytes of a whole frame, the length included. A client that announces more is closed.
          limits: {max_frame: 65535},

          // The fields in the order of their bytes. One of them has to tell how far the frame goes: `counts: "after"`
          // counts all bytes behind the field, `counts: "frame"` all bytes of the frame.
          // Names with a meaning: route, code, id, payload, error. All others are yours.
          frame: [
            {name: "op", type: "u8", enum: {request: 1, notify: 2, response: 3, error: 4, push: 5, heartbeat: 6}},
            {name: "size", type: "u16", counts: "after"},
            // Comes back in the answer. Without an id answers go out in the order of the requests.
            {name: "id", type: "u16"},
            // A field such as {name: "route", type: "str", len: "u8"} would carry what is called, as in Chat/HD_Say.
            // Without it the listener says so: --listen "\(name)://127.0.0.1:4000?route=Echo/HD_Raw"
            {name: "payload", type: "bytes", len: "rest"},
          ],

          // What tells the kinds apart when frames are read, and what is filled in when they are written.
          kinds: {
            // From clients: with an answer, without one, and a sign of life that comes back as it is.
            request: {op: "request"},
            notify: {op: "notify"},
            heartbeat: {op: "heartbeat"},
            // From the gateway. An error's payload is {"Error":"text"}, as there is no field named error; the key `fault`
            // says another one, with {fault_code: 500} where a handler's code goes. Where clients cannot tell an error
            // from a result, errors: "nothing", "close" or "frame:NAME" says what they get.
            response: {op: "response"},
            error: {op: "error"},
            push: {op: "push"},
          },

          // Who a client is: login: {user: "name", password: "secret"} names the fields, and the action `login` of a
          // state, as in states: {new: {hello: ["login", "goto open"]}, open: {request: "deliver"}}, the frame.

          // A client that says nothing for so long is closed.
          timers: {idle: "60s"},

          // Examples: what a client sends (in), what it means (events), what modules do then (send), and every byte that
          // the client gets (out).
          vectors: [
            {
              note: "a request and its answer",
              in: "01 0007 0001 68656c6c6f", events: [{kind: "request", payload: "hello"}],
              send: [{kind: "response", payload: "hi"}], out: "03 0004 0001 6869",
            },
            {
              note: "a heartbeat comes back",
              in: "06 0002 0000", out: "06 0002 0000",
            },
            {
              note: "no such op: the connection is closed",
              in: "09 0002 0000", close: "unknown_kind",
            },
          ],
        }

        """
    }
}
