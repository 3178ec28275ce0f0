package import GateBytes

/// What a loop may hold and do; each number is a bound, not a setting for speed.
package struct LoopLimits: Sendable {
    /// By how much a loop's timers are late before it counts as having stood still, and how long it waits at most while
    /// it has timers, so that this is noticed; 1 second by default. See ``EventLoop/standstill``.
    package var standstillTime = TimeSpan.seconds(1)
    /// Jobs that wait in a loop's mailbox before ``UVEventLoop/post(_:)`` refuses one more; 65 536 by default.
    package var mailboxJobsMax = 65_536
    /// Parts of tasks that run in one turn before sockets are looked at again; 4 096 by default.
    package var executorJobsPerTurnMax = 4_096
    /// Connections accepted in one turn before other sockets are looked at again; 64 by default.
    package var acceptsPerTurnMax = 64
    /// How long a loop does not accept after the system refused a connection for want of file descriptors or memory;
    /// 100 milliseconds by default. The clients wait in the backlog meanwhile.
    package var acceptPauseMilliseconds = 100
    /// How long that may last until the clients that wait are closed unheard, so that they learn of it and try elsewhere;
    /// 1 second by default.
    package var shortageTime = TimeSpan.seconds(1)
    /// Connections that the system keeps for a loop until it accepts them; 1 024 by default.
    package var backlog: Int32 = 1_024
    /// How many streams more than the loop with the fewest a loop may have and still keep what it accepts; 4 by default.
    /// Above that the new stream goes to the loop with the fewest.
    package var streamImbalanceMax = 4
    /// Bytes of the read buffer that all streams of a loop share, and so of the longest burst; 65 536 by default.
    package var readBufferBytes = 65_536

    /// The defaults.
    package init() {}
}
