/// How deep the handler of the current task is that calls by way of its module's context, which knows of no call. Only set
/// inside of handlers that others called: what a client sends costs nothing here.
enum CallDepth {
    @TaskLocal static var current = 0
}
