/// What bounds an envelope that comes from another node. Above, it is dropped as a whole.
package enum EnvelopeLimits {
    /// Bytes of an envelope: 16 MiB.
    package static let envelopeBytesMax = 16_777_216
    /// Bytes of a node's announcement: 64 KiB, which is room for some 1 500 handlers.
    package static let announcementBytesMax = 65_536
    /// Bytes of a name: of a node, module, handler, user, key, inbox.
    package static let nameBytesMax = 1_024
    /// Bytes of a text: a setting's value, a fault's text.
    package static let textBytesMax = 65_536
    /// Values inside values.
    package static let valueDepthMax = 32
    /// Elements of one array or map, values in one value.
    package static let valuesMax = 65_536
    /// Settings of a session, labels of a node.
    package static let settingsMax = 4_096
    /// Modules of a node, names of a module, handlers of a module.
    package static let modulesMax = 1_024
    /// Sessions named in one message.
    package static let sessionIDsMax = 65_536
}

/// Why bytes are no envelope.
package enum EnvelopeError: Error, Hashable, Sendable {
    /// They end inside a field.
    case truncated
    /// An integer of more than ten bytes, or above 64 bits.
    case integerTooLong
    /// A field number 0, or a kind of field that proto3 does not have.
    case invalidTag(UInt64)
    /// A version that is not ours.
    case unsupportedVersion(UInt64)
    /// Longer than a limit.
    case tooLong(bytes: Int, limit: Int)
    /// More entries than a limit.
    case tooMany(limit: Int)
    /// Values inside values inside values.
    case tooDeep(limit: Int)
    /// A text that is not UTF-8.
    case invalidText
    /// A number that its field cannot be; the field's number.
    case invalidNumber(field: Int)
    /// Something that must be there is not.
    case missing(field: Int)
}
