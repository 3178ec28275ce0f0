/// How much a descriptor may ask for, and how much state one of its connections may hold.
enum DescriptorLimits {
    /// Bytes of a descriptor file.
    static let fileBytesMax = 1 << 20
    /// Arrays and objects inside each other in a file.
    static let nestingMax = 32
    /// Values in a file, vectors included.
    static let fileValuesMax = 100_000
    /// Fields of a frame.
    static let fieldsMax = 256
    /// Fields of a frame whose value is needed after it was read, see ``FrameValues``.
    static let valuesMax = 32
    /// Lengths that may be open at once while a frame is written.
    static let scopesMax = 8
    /// Names in one `enum`.
    static let enumNamesMax = 1024
    /// Conditions of one field, those of the groups around it included.
    static let conditionsMax = 8
    /// Entries of `kinds`, of `replies` and of `states`, each.
    static let kindsMax = 64
    /// Values of all parameters multiplied: each combination is compiled once at load.
    static let variantsMax = 64
    /// Problems reported of one file; what comes after them is most often their consequence.
    static let problemsMax = 100
    /// Bytes of a whole frame when a descriptor does not say `max_frame`.
    static let frameBytesDefault = 65_535
    /// The largest `max_frame` that a descriptor may ask for.
    static let frameBytesCeiling = 1 << 28

    /// Bytes of what a compressed or packed part becomes when a descriptor does not say `max_inflated`.
    static let inflatedBytesDefault = 512 << 10
    /// The largest `max_inflated` that a descriptor may ask for.
    static let inflatedBytesCeiling = 1 << 26

    /// Requests of one client whose answers are outstanding, where order or a ticket has to be kept for each.
    static let outstandingMax = 1024
    /// Values of a request or of a frame that is answered which answers and replies repeat.
    static let copiesMax = 64
    /// Bytes of the requests of one client that are kept for their answers to repeat: `$in` values and long ids.
    static let keptBytesMax = 1 << 20
    /// Bytes that a descriptor writes by itself, all its kinds and replies together.
    static let literalBytesMax = 1 << 26
    /// Bytes of answers that wait for the answer to an earlier request.
    static let heldBytesMax = 4 << 20
    /// Bytes of a request id that is kept as text (strings, fractions, large numbers).
    static let identifierBytesMax = 256
    /// Bytes of what is looked for in a field.
    static let markerBytesMax = 32
}
